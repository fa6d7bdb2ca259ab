"""What a ROS value can be: its literal leaves, found without deploying anything.

`Fn::If` takes either branch, `Fn::FindInMap` any leaf that its keys can reach, a `Local` what it is set to; each
literal becomes one leaf. A `Ref` to a parameter is reported with its default, because the cloud associates literals
only. Everything else says why it stays open. Aliases may make the tree a graph, even one with cycles: depth and
the number of leaves are bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from math import prod

from computenest.domain.template.leaves import MAX_POSITIONS, Leaf
from computenest.domain.template.nodes import MappingNode, Node, ScalarNode, SequenceNode
from computenest.domain.template.source import Source
from computenest.domain.template.spans import anchor_of, literal_span

__all__ = ["Budget", "RosTemplate", "function_of", "leaves_of"]

_MAX_FUNCTION_DEPTH = 24
_MAX_COMBINATIONS = 1_000
_MAX_ALLOWED = 200
_MAX_NAME = 1_000  # characters of a name put together by Fn::Join
_PSEUDO = "ALIYUN::"
_LITERALS_ONLY = "the cloud documents literals only; resolved statically"


@dataclass(slots=True)
class Budget:
    """How many steps resolving may still take in one file; shared by nested templates."""

    steps: int = 4 * MAX_POSITIONS

    def spend(self, source: Source, char: int, *, steps: int = 1) -> None:
        """Some steps less.

        Raises:
            TemplateRefused: when nothing is left.
        """
        self.steps -= steps
        if self.steps < 0:
            raise source.refusal_at("the image properties take too many values to list (aliases?)", char)


@dataclass(frozen=True, slots=True)
class RosTemplate:
    """What resolving needs of a template. `bindings` are the values that a parent gives a nested stack's
    parameters, with the parent that they are written in."""

    source: Source
    parameters: Mapping[str, Node]
    mappings: Mapping[str, Node]
    variables: Mapping[str, Node]  # section `Locals`
    resources: Mapping[str, Node]
    budget: Budget
    bindings: Mapping[str, tuple[Node, RosTemplate]] = field(default_factory=dict)


def function_of(node: Node) -> tuple[str, Node] | None:
    """The function that a node calls, long (`Fn::If`) whatever way it is written, and its argument."""
    tag = node.tag
    if tag.startswith("!") and len(tag) > 1:
        name = tag[1:]
        return (name if name in ("Ref", "Condition") else f"Fn::{name}"), node
    if isinstance(node, MappingNode) and len(node.entries) == 1:
        entry = next(iter(node.entries.values()))
        if entry.key == "Ref" or entry.key.startswith("Fn::"):
            return entry.key, entry.value
    return None


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
        yield _plain_leaf(node, source, form=form, label=label)
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
        kind = {"Fn::GetAtt": "get_att", "Fn::Sub": "sub", "Fn::MarketplaceImage": "marketplace"}.get(
            name, "expression"
        )
        yield Leaf(kind, source, node.start, reason=f"{name[:60]} is computed at deployment", label=label)


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
        inner = ".".join(part for part in (label, f"Parameters.{name}") if part)
        yield from leaves_of(value, parent, form="stack_parameter", label=inner, depth=depth + 1)
    elif name in template.variables:
        value = template.variables[name]
        variable = value.get("Value") if isinstance(value, MappingNode) else value
        if variable is None:
            yield Leaf("local", source, at, reason=f"Local `{name}` has no Value", label=label)
        else:
            yield from leaves_of(variable, template, form="local", label=f"Locals.{name}", depth=depth + 1)
    elif name in template.parameters:
        default, allowed = _parameter(template.parameters[name])
        yield Leaf(
            "ref",
            source,
            at,
            reason=f"Ref to parameter `{name}`: its value comes at deployment, only a literal can be associated",
            default=default,
            allowed_values=allowed,
            label=label,
        )
    elif name in template.resources:
        yield Leaf("ref", source, at, reason=f"Ref to resource `{name}`: known at deployment", label=label)
    elif name.startswith(_PSEUDO):
        yield Leaf("ref", source, at, reason=f"Ref to pseudo parameter `{name[:80]}`", label=label)
    else:
        yield Leaf("ref", source, at, reason=f"Ref to `{name[:80]}`, which is declared nowhere", label=label)


def _parameter(node: Node) -> tuple[str | None, tuple[str, ...]]:
    """A parameter's Default and AllowedValues, as texts."""
    if not isinstance(node, MappingNode):
        return None, ()
    default, allowed = node.get("Default"), node.get("AllowedValues")
    values = allowed.items if isinstance(allowed, SequenceNode) else ()
    return (
        default.value if isinstance(default, ScalarNode) else None,
        tuple(value.value for value in islice(values, _MAX_ALLOWED) if isinstance(value, ScalarNode)),
    )


def _if(node: Node, argument: Node, template: RosTemplate, *, label: str, depth: int) -> Iterator[Leaf]:
    branches = argument.items if isinstance(argument, SequenceNode) else ()
    if len(branches) != 3:
        yield Leaf("if", template.source, node.start, reason="Fn::If without condition and two values", label=label)
        return
    for number in (1, 2):
        inner = f"{label}.Fn::If[{number}]" if label else f"Fn::If[{number}]"
        yield from leaves_of(branches[number], template, form="if", label=inner, depth=depth + 1)


def _select(node: Node, argument: Node, template: RosTemplate, *, label: str, depth: int) -> Iterator[Leaf]:
    """One item of a written list, or any of them when the index is not known."""
    parts = argument.items if isinstance(argument, SequenceNode) else ()
    choices = parts[1] if len(parts) >= 2 else None
    if not isinstance(choices, SequenceNode) or function_of(choices):
        yield Leaf("select", template.source, node.start, reason="Fn::Select from a list known later", label=label)
        return
    index = parts[0].value if isinstance(parts[0], ScalarNode) and not function_of(parts[0]) else None
    for number, choice in enumerate(choices.items):
        if index is None or index == str(number):
            inner = f"{label}.Fn::Select[{number}]" if label else f"Fn::Select[{number}]"
            yield from leaves_of(choice, template, form="select", label=inner, depth=depth + 1)


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
                yield from leaves_of(leaf, template, form="find_in_map", label=where, depth=depth + 1)
    if not is_found:
        listed = ", ".join(name[:60] for name in names[:5])
        yield Leaf(
            "find_in_map", source, at, reason=f"Mappings holds nothing for `{listed}` and these keys", label=label
        )


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
        return (node.value,) if isinstance(node, ScalarNode) else None
    name, argument = called
    if name == "Ref" and isinstance(argument, ScalarNode):
        return _ref_texts(argument.value, template, depth=depth)
    if name in ("Fn::If", "Fn::FindInMap", "Fn::Select"):
        values = [leaf.value for leaf in leaves_of(node, template, depth=depth + 1)]
        known = tuple(dict.fromkeys(value for value in values if value is not None))
        return known if len(known) == len(set(values)) else None
    if name == "Fn::Join" and isinstance(argument, SequenceNode) and len(argument.items) == 2:
        return _join_texts(argument, template, depth=depth)
    return None


def _ref_texts(name: str, template: RosTemplate, *, depth: int) -> tuple[str, ...] | None:
    if name in template.bindings:
        value, parent = template.bindings[name]
        return _texts(value, parent, depth=depth + 1)
    if name in template.variables:
        value = template.variables[name]
        inner = value.get("Value") if isinstance(value, MappingNode) else value
        return None if inner is None else _texts(inner, template, depth=depth + 1)
    if name in template.parameters:
        return _parameter(template.parameters[name])[1] or None
    return None


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
