"""What a Terraform argument can be: its literal leaves, found without applying anything.

A variable is its default, a local its expression, a conditional either side, an indexed map any leaf that its key
can reach. Data sources, modules, other resources and function calls are decided at deployment and say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from computenest.domain.template.embedded import EmbeddedSource
from computenest.domain.template.hcl import Expression, decoded, parse_interpolation
from computenest.domain.template.hcl_tokens import Item
from computenest.domain.template.leaves import Leaf
from computenest.domain.template.model import TemplateRefused
from computenest.domain.template.nodes import MappingNode, ScalarNode, SequenceNode
from computenest.domain.template.nodes import Node as TreeNode
from computenest.domain.template.resolve import Budget
from computenest.domain.template.source import Source
from computenest.domain.template.spans import literal_span

__all__ = ["Module", "TreeValue", "Value", "values_of"]

_MAX_DEPTH = 24
_MAX_EXPRESSION = 20_000  # characters of an argument
_MAX_COLLECTION = 60_000  # characters of a map that it indexes; 30 regions have 2,000
_MAX_REFERENCE = 1_000  # characters of something that only names a variable or local
_CHOOSING = frozenset({"coalesce", "try", "one", "tostring", "trimspace", "lower"})
_STATIC = "resolved statically; the cloud documents literals only"


@dataclass(frozen=True, slots=True)
class TreeValue:
    """A value of `.tf.json`: a node of the JSON tree."""

    node: TreeNode
    source: Source

    @property
    def at(self) -> int:
        """Where it begins, in characters of the source."""
        return self.node.start


Value: TypeAlias = "Expression | TreeValue"


@dataclass(frozen=True, slots=True)
class Module:
    """The declarations of one folder: variables (with their default, or None) and locals. `overrides` are the
    parameters of a ROS template of Terraform type, which set the variables of the same name."""

    variables: Mapping[str, Value | None]
    local_values: Mapping[str, Value]
    budget: Budget
    overrides: frozenset[str] = frozenset()
    is_whole: bool = False  # whether every file of the folder was read
    members: dict[tuple[int, int], list[tuple[str, Value]]] = field(default_factory=dict)  # taken apart so far


@dataclass(frozen=True, slots=True)
class _Way:
    """How a value was come to."""

    form: str = "literal"
    label: str = ""
    reason: str | None = None
    depth: int = 0

    def through(self, form: str, step: str, reason: str | None = _STATIC) -> _Way:
        """One step further."""
        return _Way(form, ".".join(part for part in (self.label, step) if part), reason, self.depth + 1)


def values_of(value: Value, module: Module, way: _Way | None = None) -> Iterator[Leaf]:
    """Every literal that `value` can be, and a leaf with a reason for everything it can be besides."""
    way = way or _Way()
    module.budget.spend(value.source, value.at)
    if way.depth > _MAX_DEPTH:
        yield _open(value, "expression", "expressions refer to each other too deep", way)
    elif isinstance(value, TreeValue):
        yield from _tree_value(value, module, way)
    else:
        yield from _expression(value, module, way)


def _open(value: Value, form: str, reason: str, way: _Way) -> Leaf:
    return Leaf(form, value.source, value.at, reason=reason, label=way.label)


def _tree_value(value: TreeValue, module: Module, way: _Way) -> Iterator[Leaf]:
    node, source = value.node, value.source
    if not isinstance(node, ScalarNode):
        yield _open(value, "expression", "a list or a mapping, not an image id", way)
    elif "${" in node.value or "%{" in node.value:
        inner = _interpolated(EmbeddedSource(source, node, name=source.name))
        if inner is None:
            yield _open(value, "expression", "text with interpolations", way)
        else:
            yield from values_of(inner, module, way)
    else:
        span = literal_span(source, node)
        if isinstance(span, str):
            yield Leaf(way.form, source, node.start, value=node.value or None, reason=span, label=way.label)
        else:
            yield Leaf(way.form, source, node.start, *span, node.value, way.reason, label=way.label)


def _interpolated(source: Source) -> Expression | None:
    try:
        return parse_interpolation(source)
    except TemplateRefused:
        return None


def _expression(value: Expression, module: Module, way: _Way) -> Iterator[Leaf]:
    if value.end - value.start > _MAX_EXPRESSION:
        yield _open(value, "expression", f"more than {_MAX_EXPRESSION:,} characters: not taken apart", way)
        return
    items = value.items()
    first = items[0] if items else None
    if first is None:
        yield _open(value, "expression", "an empty expression", way)
        return
    sides = _sides(value, items)
    if sides is not None:
        for name, side in zip(("true", "false"), sides, strict=True):
            yield from values_of(side, module, way.through("conditional", name))
    elif len(items) == 1:
        yield from _single(value, first, module, way)
    elif first.kind == "name" and len(items) == 2 and items[1].kind == "(":
        yield from _call(value, value.text(first), value.content(items[1]), module, way)
    elif first.kind == "name" and all(item.kind in ("postfix", "[") for item in items[1:]):
        yield from _traversal(value, items, module, way)
    else:
        yield _open(value, "expression", "an operation: computed at deployment", way)


def _sides(value: Expression, items: list[Item]) -> tuple[Expression, Expression] | None:
    """Both values of `condition ? a : b`, which may hold others."""
    signs = [(number, value.text(item)) for number, item in enumerate(items) if item.kind == "operator"]
    question = next((number for number, sign in signs if sign == "?"), None)
    if question is None:
        return None
    depth = 0
    for number, sign in signs:
        depth += (sign == "?") - (sign == ":")
        if sign == ":" and depth == 0:
            return (
                value.part(items[question].end, items[number].start),
                value.part(items[number].end, value.end),
            )
    return None


def _single(value: Expression, item: Item, module: Module, way: _Way) -> Iterator[Leaf]:
    """A string, a bracket, a name or a number."""
    source, text = value.source, value.text(item)
    if item.kind == "string":
        span = (item.start + 1, item.end - 1)
        yield Leaf(way.form, source, item.start, *span, decoded(text[1:-1]), way.reason, label=way.label)
    elif item.kind == "(":
        yield from values_of(value.content(item), module, way)
    elif item.kind == "template":
        inner = Expression(source, item.start + 3, item.end - 2, "(")
        if text.startswith('"${') and text.endswith('}"') and _is_whole(inner):
            yield from values_of(inner, module, way)
        else:
            yield _open(value, "expression", "text with interpolations", way)
    elif item.kind == "heredoc":
        yield _open(value, "heredoc", "a heredoc ends with a line break; write the id in quotes", way)
    elif text == "null":
        yield _open(value, "null", "null: as if the argument were not there", way)
    elif item.kind in ("[", "{"):
        yield _open(value, "expression", "a list or an object, not an image id", way)
    else:
        yield _open(value, way.form, "not a string", way)


def _is_whole(inner: Expression) -> bool:
    """Whether the text between `"${` and `}"` is one expression, and not the middle of two."""
    try:
        inner.items()
    except TemplateRefused:
        return False
    return True


def _traversal(value: Expression, items: list[Item], module: Module, way: _Way) -> Iterator[Leaf]:
    """`var.x`, `local.x[…]`, `data.…`, `module.…` and whatever else has dots and brackets."""
    root, name, steps = value.text(items[0]), _attribute_name(value, items[1]), items[2:]
    written = value.source.text[value.start : value.end].strip()[:120]
    if root == "var" and name is not None:
        yield from _variable(value, name, steps, module, way)
    elif root == "local" and name is not None:
        local = module.local_values.get(name)
        if local is None:
            yield _open(value, "local", _undeclared("local", name, module), way)
        else:
            yield from _indexed(local, value, steps, module, way.through("local", f"local.{name}"))
    elif root == "data":
        yield _open(value, "data", f"data source `{written}`: chosen at deployment", way)
    elif root == "module":
        yield _open(value, "module", f"output of a module, `{written}`: known at deployment", way)
    elif root in ("each", "count", "self", "path", "terraform"):
        yield _open(value, "expression", f"`{written}` is known at deployment", way)
    else:
        yield _open(value, "resource", f"attribute of a resource, `{written}`: known at deployment", way)


def _variable(value: Expression, name: str, steps: list[Item], module: Module, way: _Way) -> Iterator[Leaf]:
    if name not in module.variables:
        yield _open(value, "variable", _undeclared("variable", name, module), way)
        return
    default = module.variables[name]
    if default is None:
        yield _open(value, "variable", f"variable `{name}` has no default: its value comes at deployment", way)
        return
    who = "a parameter of the template sets it" if name in module.overrides else "whoever applies may set another"
    reason = f"the default of variable `{name}`: {who}"
    yield from _indexed(default, value, steps, module, way.through("variable", f"variable.{name}.default", reason))


def _undeclared(kind: str, name: str, module: Module) -> str:
    where = "in this folder" if module.is_whole else "in this file"
    return f"{kind} `{name[:80]}` is not declared {where}"


def _attribute_name(value: Expression, item: Item) -> str | None:
    text = value.text(item)
    return text.lstrip(". \t") if item.kind == "postfix" and text.startswith(".") and "*" not in text else None


def _call(value: Expression, name: str, arguments: Expression, module: Module, way: _Way) -> Iterator[Leaf]:
    given = _split(arguments)
    if name == "lookup" and len(given) >= 2:
        yield from _chosen(given[0], value, _string_of(given[1]), [], module, way)
        for default in given[2:3]:
            yield from values_of(default, module, way.through("expression", "lookup"))
    elif name == "element" and given:
        yield from _chosen(given[0], value, None, [], module, way.through("expression", "element"))
    elif name in _CHOOSING and given:
        for number, argument in enumerate(given):
            yield from values_of(argument, module, way.through("expression", f"{name}[{number}]"))
    else:
        yield _open(value, "expression", f"function {name[:60]}() is computed at deployment", way)


def _split(content: Expression) -> list[Expression]:
    """What stands between the commas of a bracket."""
    parts: list[Expression] = []
    begun: Item | None = None
    last: Item | None = None
    for item in content.items():
        if item.kind == "comma":
            if begun is not None and last is not None:
                parts.append(content.part(begun.start, last.end))
            begun = last = None
        elif item.kind != "ellipsis":
            begun = begun or item
            last = item
    if begun is not None and last is not None:
        parts.append(content.part(begun.start, last.end))
    return parts


def _string_of(value: Expression) -> str | None:
    """The text of an expression that is a plain quoted string, or a number."""
    items = value.items()
    if len(items) != 1 or items[0].kind not in ("string", "number"):
        return None
    text = value.text(items[0])
    return decoded(text[1:-1]) if items[0].kind == "string" else text


def _indexed(target: Value, value: Expression, steps: list[Item], module: Module, way: _Way) -> Iterator[Leaf]:
    """`target` itself, or what `.name` and `[key]` choose in it."""
    if not steps:
        yield from values_of(target, module, way)
        return
    step = steps[0]
    key = _string_of(value.content(step)) if step.kind == "[" else _attribute_name(value, step)
    yield from _chosen(target, value, key, steps[1:], module, way)


def _chosen(
    target: Value, value: Expression, key: str | None, steps: list[Item], module: Module, way: _Way
) -> Iterator[Leaf]:
    """The members of a written object or list that `key` can choose; all of them when it is not known."""
    module.budget.spend(target.source, target.at)
    if way.depth > _MAX_DEPTH:
        yield _open(value, "expression", "expressions refer to each other too deep", way)
        return
    followed = _followed(target, module) if isinstance(target, Expression) else None
    if followed is not None:
        yield from _chosen(followed, value, key, steps, module, way.through("map", ""))
        return
    is_found = False
    for name, member in _members(target, module):
        if key is None or key == name:
            is_found = True
            yield from _indexed(member, value, steps, module, way.through("map", name[:80]))
    if not is_found:
        yield _open(value, "expression", "an index into something that is computed at deployment", way)


def _followed(target: Expression, module: Module) -> Value | None:
    """What `var.x` or `local.x` stands for, where it is declared with a value."""
    if target.end - target.start > _MAX_REFERENCE:
        return None
    items = target.items()
    if len(items) == 1 and items[0].kind == "(":
        return target.content(items[0])
    if len(items) != 2 or items[0].kind != "name":
        return None
    name, root = _attribute_name(target, items[1]) or "", target.text(items[0])
    return module.variables.get(name) if root == "var" else module.local_values.get(name) if root == "local" else None


def _members(target: Value, module: Module) -> list[tuple[str, Value]]:
    """The written members of an object or a list, taken apart once a module."""
    key = (id(target.source), target.at)
    known = module.members.get(key)
    if known is None:
        known = module.members[key] = list(
            _tree_members(target) if isinstance(target, TreeValue) else _collection_members(target)
        )
    module.budget.spend(target.source, target.at, steps=len(known))
    return known


def _tree_members(target: TreeValue) -> Iterator[tuple[str, Value]]:
    if isinstance(target.node, MappingNode):
        for key, entry in target.node.entries.items():
            yield key, TreeValue(entry.value, target.source)
    elif isinstance(target.node, SequenceNode):
        for number, element in enumerate(target.node.items):
            yield str(number), TreeValue(element, target.source)


def _collection_members(target: Expression) -> Iterator[tuple[str, Value]]:
    if target.end - target.start > _MAX_COLLECTION:
        return
    items = target.items()
    if len(items) != 1 or items[0].kind not in ("[", "{"):
        return
    for number, part in enumerate(_split(target.content(items[0]))):
        if items[0].kind == "[":
            yield str(number), part
            continue
        tokens = part.items()
        sign = next((token for token in tokens if token.kind == "operator" and part.text(token) in ("=", ":")), None)
        if sign is not None and tokens[0].kind != "loop":
            key = part.part(part.start, sign.start)
            name = _string_of(key)
            yield key.source.text[key.start : key.end].strip() if name is None else name, part.part(sign.end, part.end)
