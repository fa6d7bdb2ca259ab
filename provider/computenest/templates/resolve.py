"""What a ROS value can be: its literal leaves, found without deploying anything.

`Fn::If` takes either branch, `Fn::FindInMap` any leaf that its keys can reach, a `Local` what it is set to; each
literal becomes one leaf. A `Ref` to a parameter is reported with its default, because the cloud associates literals
only. Everything else says why it stays open. Aliases may make the tree a graph, even one with cycles: depth and
the number of leaves are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, product
from math import prod

from computenest.templates.conditions import condition_of
from computenest.templates.leaves import Leaf
from computenest.templates.looks import items_of, text_of, value_at
from computenest.templates.nodes import MappingNode, Node, ScalarNode, SequenceNode
from computenest.templates.remarks import (
    gaps_of,
    remark_attribute,
    remark_condition,
    remark_fixed,
    remark_foreign,
    remark_nothing,
    remark_pseudo,
    remark_regional,
    remark_substitution,
    remark_undeclared,
)
from computenest.templates.ros_template import Budget, RosTemplate, function_of
from computenest.templates.source import Source
from computenest.templates.spans import anchor_of, literal_span

__all__ = ["Budget", "RosTemplate", "function_of", "holds", "leaves_of", "parameter_values", "taken"]

_MAX_FUNCTION_DEPTH = 24
_MAX_COMBINATIONS = 1_000
_MAX_ALLOWED = 200
_MAX_NAME = 1_000  # characters of a name put together by Fn::Join
_PSEUDO = "ALIYUN::"
_MAX_GAPS = 50
_INDEX = re.compile(r"[+-]?[0-9]{1,6}")
_LITERALS_ONLY = "the cloud documents literals only; resolved statically"


def leaves_of(
    node: Node, template: RosTemplate, *, form: str = "literal", label: str = "", depth: int = 0
) -> Iterator[Leaf]:
    """Every literal that `node` can be, and a leaf with a reason for everything it can be besides."""
    source = template.source
    template.budget.spend(source, node.start)
    if depth > _MAX_FUNCTION_DEPTH:
        yield Leaf("expression", source, node.start, reason="functions nested too deep", label=label)
        return
    called = function_of(node)
    if called is None:
        outside = _outside(node, template)
        if outside is None:
            yield _plain_leaf(node, source, form=form, label=label)
        for leaf in outside or ():
            yield replace(leaf, label=".".join(part for part in (label, leaf.label) if part))
        return
    name, argument = called
    if name == "Ref":
        yield from _ref(node, argument, template, label=label, depth=depth)
    elif name == "Fn::If":
        yield from _if(node, argument, template, label=label, depth=depth)
    elif name == "Fn::FindInMap":
        yield from _find_in_map(node, argument, template, label=label, depth=depth)
    elif name == "Fn::Select":
        yield from _select(node, argument, template, label=label, depth=depth)
    else:
        if name == "Fn::GetAtt":
            remark_attribute(argument, node.start, template)
        elif name == "Fn::Sub":
            remark_substitution(argument, node.start, template)
        kind = {"Fn::GetAtt": "get_att", "Fn::Sub": "sub", "Fn::MarketplaceImage": "marketplace"}.get(
            name, "expression"
        )
        yield Leaf(kind, source, node.start, reason=f"{name[:60]} is computed at deployment", label=label)


def _outside(node: Node, template: RosTemplate) -> Sequence[Leaf] | None:
    if template.outside is None or not isinstance(node, ScalarNode):
        return None
    return template.outside(node, template.source)


def _plain_leaf(node: Node, source: Source, *, form: str, label: str) -> Leaf:
    if not isinstance(node, ScalarNode):
        kind = "mapping" if isinstance(node, MappingNode) else "list"
        return Leaf("expression", source, node.start, reason=f"a {kind}, not an image id", label=label)
    value = node.value if node.is_string or node.value else None
    reason = None if form == "literal" else _LITERALS_ONLY
    if form == "literal" and "{{" in node.value and "resolve:" in node.value:
        form = "resolve_oos"
    span = literal_span(source, node)
    if isinstance(span, str):
        return Leaf(form, source, node.start, value=value, reason=span, label=label)
    anchor = anchor_of(source, node)
    if anchor is not None and f"*{anchor}" in source.text:
        shared = f"anchored as `&{anchor[:40]}`: a substitution also reaches every `*{anchor[:40]}`"
        reason = f"{reason}; {shared}" if reason else shared
    return Leaf(form, source, node.start, start=span[0], end=span[1], value=value, reason=reason, label=label)


def _ref(node: Node, argument: Node, template: RosTemplate, *, label: str, depth: int) -> Iterator[Leaf]:
    source, at = template.source, node.start
    name = argument.value if isinstance(argument, ScalarNode) else None
    if name is None:
        yield Leaf("ref", source, at, reason="Ref to something that is no name", label=label)
    elif name in template.bindings:
        value, parent = template.bindings[name]
        step = f"Parameters.{name}.Default" if parent is template else f"Parameters.{name}"
        inner = ".".join(part for part in (label, step) if part)
        yield from leaves_of(value, parent, form="stack_parameter", label=inner, depth=depth + 1)
    elif name in template.variables:
        value = template.variables[name]
        variable = value.get("Value") if isinstance(value, MappingNode) else value
        if variable is None:
            yield Leaf("local", source, at, reason=f"Local `{name}` has no Value", label=label)
        else:
            yield from leaves_of(variable, template, form="local", label=f"Locals.{name}", depth=depth + 1)
    elif name in template.parameters:
        default, allowed = parameter_values(template.parameters[name])
        remark_regional(name, template)
        yield Leaf(
            "ref",
            source,
            at,
            value=template.given.text(name, default) if template.given else None,
            reason=f"Ref to parameter `{name}`: its value comes at deployment, only a literal can be associated",
            default=default,
            allowed_values=allowed,
            label=label,
        )
    elif name in template.resources:
        yield Leaf("ref", source, at, reason=f"Ref to resource `{name}`: known at deployment", label=label)
    elif name.startswith(_PSEUDO):
        remark_pseudo(name, at, template)
        yield Leaf("ref", source, at, reason=f"Ref to pseudo parameter `{name[:80]}`", label=label)
    else:
        remark_undeclared(name, at, template)
        yield Leaf("ref", source, at, reason=f"Ref to `{name[:80]}`, which is declared nowhere", label=label)


def parameter_values(node: Node) -> tuple[str | None, tuple[str, ...]]:
    """A parameter's Default and AllowedValues, as texts."""
    values = islice(items_of(value_at(node, "AllowedValues")), _MAX_ALLOWED)
    allowed = tuple(value.value for value in values if isinstance(value, ScalarNode))
    return text_of(value_at(node, "Default")), allowed


def _if(node: Node, argument: Node, template: RosTemplate, *, label: str, depth: int) -> Iterator[Leaf]:
    branches = items_of(argument)
    if len(branches) != 3:
        yield Leaf("if", template.source, node.start, reason="Fn::If without condition and two values", label=label)
        return
    remark_condition(branches[0], template)
    for number in taken(branches[0], template, depth=depth):
        inner = f"{label}.Fn::If[{number}]" if label else f"Fn::If[{number}]"
        yield from leaves_of(branches[number], template, form="if", label=inner, depth=depth + 1)


def _select(node: Node, argument: Node, template: RosTemplate, *, label: str, depth: int) -> Iterator[Leaf]:
    """One item of a written list or dictionary, or any of them when the index is not known."""
    parts = argument.items if isinstance(argument, SequenceNode) else ()
    written = _written(parts[1], template) if len(parts) >= 2 else None
    if written is None:
        yield Leaf("select", template.source, node.start, reason="Fn::Select from a list known later", label=label)
        return
    choices, home = written
    members = (
        [(str(number), element) for number, element in enumerate(choices.items)]
        if isinstance(choices, SequenceNode)
        else [(key, entry.value) for key, entry in choices.entries.items()]
    )
    keys = _texts(parts[0], template, depth=depth + 1)
    if keys is not None and isinstance(choices, SequenceNode):
        keys = _indexes(keys, len(members), is_literal=function_of(parts[0]) is None)
    chosen = [member for member in members if keys is None or member[0] in keys]
    for name, choice in chosen:
        inner = f"{label}.Fn::Select[{name[:80]}]" if label else f"Fn::Select[{name[:80]}]"
        remark_foreign(choice, (name,), "Fn::Select", home)
        yield from leaves_of(choice, home, form="select", label=inner, depth=depth + 1)
    missing = [key for key in keys or () if all(key != name for name, _ in members)]
    is_slice = isinstance(choices, SequenceNode) and any(":" in key for key in missing)  # several items, no default
    if len(parts) > 2 and (keys is None or (missing and not is_slice)):
        inner = f"{label}.Fn::Select[default]" if label else "Fn::Select[default]"
        yield from leaves_of(parts[2], template, form="select", label=inner, depth=depth + 1)
    elif missing:
        shown = ", ".join(f"`{key[:60]}`" for key in missing[:5])
        kind = f"a list of {len(members)}" if isinstance(choices, SequenceNode) else "these keys"
        reason = f"Fn::Select takes {shown} of {kind}: no single image id stands there"
        if not chosen:
            names = [name for name, _ in members] if isinstance(choices, MappingNode) else []
            template.leads_nowhere(node.start, reason, name=missing[0], names=names)
        yield Leaf("select", template.source, node.start, reason=reason, label=label)
    elif not chosen:
        yield Leaf("select", template.source, node.start, reason="Fn::Select from nothing", label=label)


def _written(
    node: Node, template: RosTemplate, *, depth: int = 0
) -> tuple[SequenceNode | MappingNode, RosTemplate] | None:
    """The list or dictionary that a node is, or that a Local or a nested stack's parameter stands for."""
    called = function_of(node)
    if called is None:
        return None if isinstance(node, ScalarNode) else (node, template)
    name = called[1].value if called[0] == "Ref" and isinstance(called[1], ScalarNode) else None
    if name is None or depth > _MAX_FUNCTION_DEPTH:
        return None
    if name in template.bindings:
        value, parent = template.bindings[name]
        return _written(value, parent, depth=depth + 1)
    variable = template.variables.get(name)
    inner = variable.get("Value") if isinstance(variable, MappingNode) else variable
    return None if inner is None else _written(inner, template, depth=depth + 1)


def _indexes(keys: tuple[str, ...], length: int, *, is_literal: bool) -> tuple[str, ...] | None:
    """Indexes counted from the front, though negative ones count from the end; what is none stays, to be reported."""
    if not is_literal and not any(_INDEX.fullmatch(key) for key in keys):
        return None  # a parameter whose values are no indexes: what it chooses is not known
    numbers = [(key, int(key) if _INDEX.fullmatch(key) else None) for key in keys]
    return tuple(
        key if number is None else str(number + length if -length <= number < 0 else number) for key, number in numbers
    )


def _find_in_map(node: Node, argument: Node, template: RosTemplate, *, label: str, depth: int) -> Iterator[Leaf]:
    source, at = template.source, node.start
    parts = argument.items if isinstance(argument, SequenceNode) else ()
    if len(parts) < 3:
        yield Leaf("find_in_map", source, at, reason="Fn::FindInMap without a map and two keys", label=label)
        return
    names, firsts, seconds = (_texts(part, template, depth=depth + 1) for part in parts[:3])
    if names is None:
        yield Leaf("find_in_map", source, at, reason="the map's name is computed at deployment", label=label)
        return
    is_found = False
    for name in names:
        mapping = template.mappings.get(name)
        for first, row in _chosen(mapping, firsts):
            for second, leaf in _chosen(row, seconds):
                is_found = True
                where = ".".join(part for part in (label, f"Mappings.{name}.{first}.{second}") if part)
                remark_foreign(leaf, (first, second), f"Mappings.{name}", template)
                remark_fixed(leaf, tuple(parts[1:3]), template)
                yield from leaves_of(leaf, template, form="find_in_map", label=where, depth=depth + 1)
    if not is_found:
        listed = ", ".join(name[:60] for name in names[:5])
        remark_nothing(names, firsts, seconds, at, template)
        yield Leaf(
            "find_in_map", source, at, reason=f"Mappings holds nothing for `{listed}` and these keys", label=label
        )
    elif "Fn::If[" not in label and len(parts) == 3:  # behind an If the gap may be what its condition is for
        for name in dict.fromkeys(names):
            for char, message in islice(gaps_of(name, template.mappings.get(name), firsts, seconds, at), _MAX_GAPS):
                template.remark("missing-image", char, message)


def _chosen(node: Node | None, keys: tuple[str, ...] | None) -> Iterator[tuple[str, Node]]:
    """The entries of a mapping that the keys can choose; all of them when the keys are not known."""
    if not isinstance(node, MappingNode):
        return
    for key in dict.fromkeys(keys) if keys is not None else node.entries:
        value = node.get(key)
        if value is not None:
            yield key, value


def _texts(node: Node, template: RosTemplate, *, depth: int) -> tuple[str, ...] | None:
    """The texts that a name or key can be, None when they are known at deployment only."""
    template.budget.spend(template.source, node.start)
    if depth > _MAX_FUNCTION_DEPTH:
        return None
    called = function_of(node)
    if called is None:
        outside = _outside(node, template)
        if outside is not None:
            known = tuple(leaf.value for leaf in outside if leaf.value is not None)
            return known if len(known) == len(outside) else None
        return (node.value,) if isinstance(node, ScalarNode) else None
    name, argument = called
    if name == "Ref" and isinstance(argument, ScalarNode):
        return _ref_texts(argument.value, template, at=node.start, depth=depth)
    if name in ("Fn::If", "Fn::FindInMap", "Fn::Select"):
        values = [leaf.value for leaf in leaves_of(node, template, depth=depth + 1)]
        known = tuple(dict.fromkeys(value for value in values if value is not None))
        return known if len(known) == len(set(values)) else None
    if name == "Fn::Join" and isinstance(argument, SequenceNode) and len(argument.items) == 2:
        return _join_texts(argument, template, depth=depth)
    return None


def _ref_texts(name: str, template: RosTemplate, *, at: int, depth: int) -> tuple[str, ...] | None:
    if name in template.bindings:
        value, parent = template.bindings[name]
        return _texts(value, parent, depth=depth + 1)
    if name in template.variables:
        value = template.variables[name]
        inner = value.get("Value") if isinstance(value, MappingNode) else value
        return None if inner is None else _texts(inner, template, depth=depth + 1)
    if name in template.parameters:
        default, allowed = parameter_values(template.parameters[name])
        known = template.given.text(name, default) if template.given else None
        return (known,) if known is not None else allowed or None
    if name.startswith(_PSEUDO):
        remark_pseudo(name, at, template)
    elif name not in template.resources:
        remark_undeclared(name, at, template)
    pseudo = template.given.pseudo(name) if template.given else None
    return None if pseudo is None else (pseudo,)


def _join_texts(argument: SequenceNode, template: RosTemplate, *, depth: int) -> tuple[str, ...] | None:
    glue, parts = argument.items
    if not isinstance(glue, ScalarNode) or not isinstance(parts, SequenceNode) or function_of(parts):
        return None
    choices = [_texts(part, template, depth=depth + 1) for part in parts.items]
    known = [choice for choice in choices if choice is not None]
    longest = sum(max(map(len, choice), default=0) + len(glue.value) for choice in known)
    if len(known) < len(choices) or prod(map(len, known)) > _MAX_COMBINATIONS or longest > _MAX_NAME:
        return None
    return tuple(glue.value.join(combination) for combination in product(*known))


def holds(condition: Node, template: RosTemplate, *, depth: int = 0) -> bool | None:
    """Whether a condition holds for what the deployment is given; None where that is not known."""
    if template.given is None:
        return None
    return condition_of(
        condition,
        template.conditions,
        texts=lambda node: _texts(node, template, depth=depth + 1),
        function_of=function_of,
        depth=depth,
    )


def taken(condition: Node, template: RosTemplate, *, depth: int = 0) -> tuple[int, ...]:
    """The branches of an Fn::If that can be taken: 1 where its condition holds, 2 where it does not."""
    return {True: (1,), False: (2,), None: (1, 2)}[holds(condition, template, depth=depth)]
