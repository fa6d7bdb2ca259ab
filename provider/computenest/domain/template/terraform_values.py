"""What a Terraform argument can be: its literal leaves, found without applying anything.

A variable is its default, a local its expression, a conditional either side, an indexed map any leaf that its key
can reach. Data sources, modules, other resources and function calls are decided at deployment and say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from computenest.domain.template.embedded import EmbeddedSource
from computenest.domain.template.hcl import Expression, parse_expression, string_span, text_of
from computenest.domain.template.leaves import Leaf
from computenest.domain.template.nodes import MappingNode, ScalarNode, SequenceNode
from computenest.domain.template.nodes import Node as TreeNode
from computenest.domain.template.resolve import Budget
from computenest.domain.template.source import Source
from computenest.domain.template.spans import literal_span

__all__ = ["Module", "TreeValue", "Value", "values_of"]

_MAX_DEPTH = 24
_CHOOSING = frozenset({"coalesce", "try", "element", "one", "tostring", "trimspace", "lower"})
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


Value = Expression | TreeValue


@dataclass(frozen=True, slots=True)
class Module:
    """The declarations of one folder: variables (with their default, or None) and locals. `overrides` are the
    parameters of a ROS template of Terraform type, which set the variables of the same name."""

    variables: Mapping[str, Value | None]
    local_values: Mapping[str, Value]
    budget: Budget
    overrides: frozenset[str] = frozenset()
    is_whole: bool = False  # whether every file of the folder was read


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
        inner = None
        if node.value.startswith("${") and node.value.endswith("}"):
            inner = parse_expression(EmbeddedSource(source, node, name=source.name))
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


def _expression(value: Expression, module: Module, way: _Way) -> Iterator[Leaf]:
    parts = value.parts
    first = parts[0] if parts else None
    if first is None:
        yield _open(value, "expression", "an empty expression", way)
    elif len(parts) > 1 or first.type == "variable_expr":
        yield from _traversal(value, parts, module, way)
    elif first.type == "expression":
        yield from values_of(value.within(first), module, way)
    elif first.type in ("literal_value", "template_expr"):
        yield from _literal(value, first, module, way)
    elif first.type == "conditional":
        sides = [part for part in first.named_children if part.type == "expression"]
        for name, side in zip(("true", "false"), sides[-2:], strict=False):
            yield from values_of(value.within(side), module, way.through("conditional", name))
    elif first.type == "function_call":
        yield from _call(value, first, module, way)
    else:
        yield _open(value, "expression", f"{first.type.replace('_', ' ')}: computed at deployment", way)


def _literal(value: Expression, node: Node, module: Module, way: _Way) -> Iterator[Leaf]:
    inner = node.named_children[0] if node.named_children else node
    span = string_span(inner, value.source)
    if span is not None:
        start, end, text = span
        yield Leaf(way.form, value.source, start, start, end, text, way.reason, label=way.label)
    elif inner.type == "quoted_template":
        only = [
            part for part in inner.named_children if part.type not in ("quoted_template_start", "quoted_template_end")
        ]
        nested = only[0].named_children if len(only) == 1 and only[0].type == "template_interpolation" else []
        expression = next((part for part in nested if part.type == "expression"), None)
        if expression is None:
            yield _open(value, "expression", "text with interpolations", way)
        else:
            yield from values_of(value.within(expression), module, way)
    elif inner.type == "heredoc_template":
        yield _open(value, "heredoc", "a heredoc ends with a line break; write the id in quotes", way)
    elif inner.type == "null_lit":
        yield _open(value, "null", "null: as if the argument were not there", way)
    else:
        yield _open(value, way.form, "not a string", way)


def _traversal(value: Expression, parts: list[Node], module: Module, way: _Way) -> Iterator[Leaf]:
    """`var.x`, `local.x[…]`, `data.…`, `module.…` and whatever else has dots and brackets."""
    root = text_of(parts[0]) if parts[0].type == "variable_expr" else ""
    name = _attribute_name(parts[1]) if len(parts) > 1 else None
    steps = parts[2:]
    written = text_of(value.node)[:120]
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
    elif root:
        yield _open(value, "resource", f"attribute of a resource, `{written}`: known at deployment", way)
    else:
        yield _open(value, "expression", "computed at deployment", way)


def _variable(value: Expression, name: str, steps: list[Node], module: Module, way: _Way) -> Iterator[Leaf]:
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
    return f"{kind} `{name}` is not declared {where}"


def _attribute_name(node: Node) -> str | None:
    if node.type != "get_attr":
        return None
    return text_of(node).lstrip(".").strip()


def _call(value: Expression, call: Node, module: Module, way: _Way) -> Iterator[Leaf]:
    name = text_of(call.named_children[0])
    arguments = [part for part in _arguments(call) if part.type == "expression"]
    if name == "lookup" and len(arguments) >= 2:
        key = _string_of(value.within(arguments[1]))
        yield from _members(value.within(arguments[0]), value, key, [], module, way)
        for default in arguments[2:3]:
            yield from values_of(value.within(default), module, way.through("expression", "lookup"))
    elif name in _CHOOSING and arguments:
        chosen = arguments[:1] if name == "element" else arguments
        for number, argument in enumerate(chosen):
            step = way.through("expression", f"{name}[{number}]")
            if name == "element":
                yield from _members(value.within(argument), value, None, [], module, step)
            else:
                yield from values_of(value.within(argument), module, step)
    else:
        yield _open(value, "expression", f"function {name[:60]}() is computed at deployment", way)


def _arguments(call: Node) -> list[Node]:
    return next((part.named_children for part in call.named_children if part.type == "function_arguments"), [])


def _string_of(value: Expression) -> str | None:
    """The text of an expression that is a plain quoted string."""
    parts = value.parts
    if len(parts) != 1 or parts[0].type not in ("literal_value", "template_expr") or not parts[0].named_children:
        return None
    span = string_span(parts[0].named_children[0], value.source)
    return None if span is None else span[2]


def _indexed(target: Value, value: Expression, steps: list[Node], module: Module, way: _Way) -> Iterator[Leaf]:
    """`target` itself, or what `.name` and `[key]` choose in it."""
    if not steps:
        yield from values_of(target, module, way)
        return
    step = steps[0]
    key = _attribute_name(step)
    if key is None:
        inner = step.named_children[0] if step.type == "index" and step.named_children else None
        expression = next((p for p in inner.named_children if p.type == "expression"), None) if inner else None
        if expression is None:
            yield _open(value, "expression", "computed at deployment", way)
            return
        written = text_of(expression)
        key = _string_of(value.within(expression)) or (written if written.isdigit() else None)
    yield from _members(target, value, key, steps[1:], module, way)


def _members(
    target: Value, value: Expression, key: str | None, steps: list[Node], module: Module, way: _Way
) -> Iterator[Leaf]:
    """The members of a written object or list that `key` can choose; all of them when it is not known."""
    module.budget.spend(target.source, target.at)
    if way.depth > _MAX_DEPTH:
        yield _open(value, "expression", "expressions refer to each other too deep", way)
        return
    if isinstance(target, Expression):
        followed = _followed(target, module)
        if followed is not None:
            yield from _members(followed, value, key, steps, module, way.through("map", text_of(target.node)[:80]))
            return
    is_found = False
    for name, member in _written_members(target):
        if key is None or key == name:
            is_found = True
            yield from _indexed(member, value, steps, module, way.through("map", name[:80]))
    if not is_found:
        yield _open(value, "expression", "an index into something that is computed at deployment", way)


def _followed(target: Expression, module: Module) -> Value | None:
    """What `var.x` or `local.x` stands for, where it is declared with a value."""
    parts = target.parts
    if len(parts) == 1 and parts[0].type == "expression":
        return target.within(parts[0])
    if len(parts) != 2 or parts[0].type != "variable_expr":
        return None
    name = _attribute_name(parts[1]) or ""
    root = text_of(parts[0])
    return module.variables.get(name) if root == "var" else module.local_values.get(name) if root == "local" else None


def _written_members(target: Value) -> Iterator[tuple[str, Value]]:
    if isinstance(target, TreeValue):
        if isinstance(target.node, MappingNode):
            for key, entry in target.node.entries.items():
                yield key, TreeValue(entry.value, target.source)
        elif isinstance(target.node, SequenceNode):
            for number, element in enumerate(target.node.items):
                yield str(number), TreeValue(element, target.source)
    else:
        yield from _collection_members(target)


def _collection_members(target: Expression) -> Iterator[tuple[str, Value]]:
    parts = target.parts
    if len(parts) != 1 or parts[0].type != "collection_value" or not parts[0].named_children:
        return
    collection = parts[0].named_children[0]
    if collection.type == "tuple":
        items = [part for part in collection.named_children if part.type == "expression"]
        for number, element in enumerate(items):
            yield str(number), target.within(element)
    else:
        for element in collection.named_children:
            pair = [part for part in element.named_children if part.type == "expression"]
            if element.type == "object_elem" and len(pair) == 2:
                key = _string_of(target.within(pair[0]))
                yield (text_of(pair[0]) if key is None else key), target.within(pair[1])
