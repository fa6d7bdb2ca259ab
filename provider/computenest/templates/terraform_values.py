"""What a Terraform argument can be: its literal leaves, found without applying anything.

A variable is what the module call gives it, or its default; a local its expression; a conditional the side that its
condition takes, either side where nobody knows; an indexed collection whatever its key can reach. Data sources,
resources and functions of the outside world are decided at deployment and say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from computenest.templates.embedded import EmbeddedSource
from computenest.templates.hcl import Expression, decoded, parse_interpolation
from computenest.templates.hcl_tokens import Item
from computenest.templates.leaves import Leaf
from computenest.templates.model import TemplateRefused
from computenest.templates.nodes import NOT_A_STRING, MappingNode, ScalarNode
from computenest.templates.remarks import remark_regional
from computenest.templates.resolve import leaves_of, parameter_values
from computenest.templates.source import Source
from computenest.templates.spans import literal_span
from computenest.templates.terraform_calls import call
from computenest.templates.terraform_collections import indexed, loop_members, split, written_members
from computenest.templates.terraform_folder import TreeValue, Value
from computenest.templates.terraform_heads import Head, Items, Lazy, Open, Place, Scalar, Way, computed, open_at, truth
from computenest.templates.terraform_operators import operation, sides_of
from computenest.templates.terraform_scope import Scope
from computenest.templates.terraform_types import converted

_MAX_DEPTH = 40
_MAX_EXPRESSION = 60_000  # characters that are taken apart; a map of 30 regions has 2,000
_KEYWORDS = frozenset({"true", "false"})


def leaves_of_value(value: Value, scope: Scope) -> Iterator[Leaf]:
    """Every literal that `value` can be, and a leaf with a reason for everything it can be besides."""
    seen: set[tuple[int, int | None, int, str | None]] = set()
    labels: dict[str, int] = {}
    for head in heads_of(value, scope, Way()):
        leaf = _leaf(head)
        key = (id(leaf.source), leaf.start, leaf.at, leaf.reason)
        if key in seen:
            continue
        seen.add(key)
        known = labels[leaf.label] = labels.get(leaf.label, 0) + 1
        yield leaf if known == 1 else replace(leaf, label=f"{leaf.label}#{known}")  # no two of one address


def _leaf(head: Head) -> Leaf:
    if isinstance(head, Items):
        leaf = open_at(head.place, "expression", "a list or an object, not an image id", head.way).leaf
    elif isinstance(head, Scalar) and head.kind != "string":
        place = Place(head.leaf.source, head.leaf.at)
        leaf = open_at(place, head.way.form, "not a string", head.way).leaf
    else:
        leaf = head.leaf
    return leaf


def heads_of(value: Value, scope: Scope, way: Way) -> Iterator[Head]:
    """Everything that `value` can come to."""
    place = Place(value.source, value.at)
    scope.world.budget.spend(place.source, place.at)
    if way.depth > _MAX_DEPTH:
        yield open_at(place, "expression", "expressions refer to each other too deep", way)
    elif isinstance(value, TreeValue):
        yield from _tree_value(value, scope, way)
    elif value.end - value.start > _MAX_EXPRESSION:
        yield open_at(place, "expression", f"more than {_MAX_EXPRESSION:,} characters: not taken apart", way)
    else:
        yield from _expression(value, place, scope, way)


def _lazy(value: Value, scope: Scope) -> Lazy:
    return partial(heads_of, value, scope)


def _tree_value(value: TreeValue, scope: Scope, way: Way) -> Iterator[Head]:
    node, source, place = value.node, value.source, Place(value.source, value.at)
    if isinstance(node, MappingNode):
        entries = node.entries.items()
        members = [(k, _lazy(TreeValue(e.value, source, value.is_plain), scope)) for k, e in entries if k != "//"]
        yield Items("object", tuple(members), way, place)
    elif not isinstance(node, ScalarNode):
        nodes = enumerate(node.items)
        elements = [(str(number), _lazy(TreeValue(n, source, value.is_plain), scope)) for number, n in nodes]
        yield Items("list", tuple(elements), way, place)
    elif not value.is_plain and ("${" in node.value or "%{" in node.value):
        inner = _interpolated(EmbeddedSource(source, node, name=source.name))
        if inner is None:
            yield open_at(place, "expression", "text with interpolations", way)
        else:
            yield from heads_of(inner, scope, way)
    elif node.tag == NOT_A_STRING and node.value == "null":
        yield _null(place, way)
    else:
        yield _tree_scalar(node, source, way)


def _tree_scalar(node: ScalarNode, source: Source, way: Way) -> Scalar:
    span = literal_span(source, node)
    if not isinstance(span, str):
        return Scalar(
            node.value, Leaf(way.form, source, node.start, *span, node.value, way.reason, label=way.label), way
        )
    leaf = Leaf(way.form, source, node.start, value=node.value or None, reason=span, label=way.label)
    kind = "string" if node.tag != NOT_A_STRING else "bool" if node.value in _KEYWORDS else "number"
    return Scalar(node.value, leaf, way, kind)


def _null(place: Place, way: Way) -> Open:
    leaf = Leaf("null", place.source, place.at, reason="null: as if the argument were not there", label=way.label)
    return Open(leaf, way, is_null=True)


def _interpolated(source: Source) -> Expression | None:
    try:
        return parse_interpolation(source)
    except TemplateRefused:
        return None


def _expression(value: Expression, place: Place, scope: Scope, way: Way) -> Iterator[Head]:
    items = scope.world.items(value)
    if not items:
        yield open_at(place, "expression", "an empty expression", way)
        return
    if any(item.kind == "operator" for item in items):
        yield from _operation(value, items, place, scope, way)
        return
    first, is_call = items[0], items[0].kind == "name" and len(items) > 1 and items[1].kind == "("
    steps = items[2:] if is_call else items[1:]
    if not is_call and first.kind == "name" and steps:
        yield from _traversal(value, items, place, scope, way)
    elif all(item.kind in ("postfix", "[") for item in steps):
        primary = (
            _call(value, value.text(first), value.content(items[1]), scope, way)
            if is_call
            else _single(value, first, scope, way)
        )
        yield from _indexed(primary, value, steps, scope)
    else:
        yield open_at(place, "expression", "an operation: computed at deployment", way)


def _operation(value: Expression, items: list[Item], place: Place, scope: Scope, way: Way) -> Iterator[Head]:
    sides = sides_of(value, items)
    if sides is None:
        yield from operation(value, items, place, way, lambda part: heads_of(part, scope, Way(depth=way.depth + 1)))
        return
    condition, *branches = sides
    holds = truth(heads_of(condition, scope, Way(depth=way.depth + 1)))
    for name, side in zip(("true", "false"), branches, strict=True):
        if holds is None or holds == (name == "true"):
            yield from heads_of(side, scope, way.through("conditional", name))


def _single(value: Expression, item: Item, scope: Scope, way: Way) -> Iterator[Head]:
    """A string, a bracket, a name or a number."""
    source, text, place = value.source, value.text(item), Place(value.source, value.at)
    if item.kind == "string":
        span = (item.start + 1, item.end - 1)
        plain = decoded(text[1:-1])
        yield Scalar(plain, Leaf(way.form, source, item.start, *span, plain, way.reason, label=way.label), way)
    elif item.kind == "(":
        yield from heads_of(
            value.content(item), scope, Way(way.form, way.label, way.reason, way.depth + 1, way.is_sure)
        )
    elif item.kind == "template":
        yield from _template(value, item, scope, way)
    elif item.kind == "heredoc":
        yield open_at(place, "heredoc", "a heredoc ends with a line break; write the id in quotes", way)
    elif text == "null":
        yield _null(place, way)
    elif item.kind in ("[", "{"):
        inner = value.content(item)
        loops = loop_members(inner, item.kind, place, scope, way, heads_of)
        yield from loops or (written_members(inner, item.kind, place, scope, way, heads_of),)
    elif text in scope.names:
        yield from scope.names[text](way)
    elif item.kind == "number" or text in _KEYWORDS:
        leaf = Leaf(way.form, source, item.start, reason=way.reason, label=way.label)
        yield Scalar(text, leaf, way, "bool" if text in _KEYWORDS else "number")
    else:
        yield open_at(place, way.form, "not a string", way)


def _template(value: Expression, item: Item, scope: Scope, way: Way) -> Iterator[Head]:
    """A text with interpolations: the value of one that is all of it, otherwise no literal, but perhaps a known key."""
    text, place = value.text(item), Place(value.source, value.at)
    inner = Expression(value.source, item.start + 3, item.end - 2, "(")
    if text.startswith('"${') and text.endswith('}"') and _is_whole(inner, scope):
        yield from heads_of(inner, scope, way)
        return
    known = _known_text(value.source, item, scope, way)
    reason = "text with interpolations"
    if known is None:
        yield open_at(place, "expression", reason, way)
    else:
        yield computed(known, place, way, reason=reason)


def _is_whole(inner: Expression, scope: Scope) -> bool:
    """Whether the text between `"${` and `}"` is one expression, and not the middle of two."""
    try:
        scope.world.items(inner)
    except TemplateRefused:
        return False
    return True


def _known_text(source: Source, item: Item, scope: Scope, way: Way) -> str | None:
    """The text that simple interpolations make, where each has one sure value."""
    text, at, end = source.text, item.start + 1, item.end - 1
    pieces: list[str] = []
    while at < end:
        begin = text.find("${", at, end)
        stop = end if begin < 0 else begin
        piece = text[at:stop]
        if "%{" in piece or piece.endswith("$"):
            return None
        pieces.append(decoded(piece))
        if begin < 0:
            break
        close = text.find("}", begin, end)
        inner = text[begin + 2 : close] if close > 0 else "{"
        if any(sign in inner for sign in '{"~'):
            return None
        heads = list(heads_of(Expression(source, begin + 2, close, "("), scope, Way(depth=way.depth + 1)))
        if len(heads) != 1 or not isinstance(heads[0], Scalar) or not heads[0].way.is_sure:
            return None
        pieces.append(heads[0].text)
        at = close + 1
    return "".join(pieces)


def _traversal(value: Expression, items: list[Item], place: Place, scope: Scope, way: Way) -> Iterator[Head]:
    """`var.x`, `local.x[…]`, `each.value`, `data.…`, `module.…` and whatever else has dots and brackets."""
    root, name, steps = value.text(items[0]), attribute_name(value, items[1]), items[2:]
    written = value.source.text[value.start : value.end].strip()[:120]
    if root in scope.names:
        yield from _indexed(scope.names[root](way), value, items[1:], scope)
    elif root == "var" and name is not None:
        yield from _indexed(_variable(place, name, scope, way), value, steps, scope)
    elif root == "local" and name is not None:
        local = scope.folder.local_values.get(name)
        if local is None:
            yield open_at(place, "local", _undeclared("local", name, scope), way)
        else:
            inner = Scope(scope.world, scope.folder, scope.address, scope.given, {}, scope.depth, scope.calls)
            yield from _indexed(heads_of(local, inner, way.through("local", f"local.{name}")), value, steps, scope)
    elif root == "data":
        yield open_at(place, "data", f"data source `{written}`: chosen at deployment", way)
    elif root == "module" and name is not None:
        yield from _indexed(scope.world.outputs(scope, name, place, way), value, steps, scope)
    elif root in ("each", "count", "self", "path", "terraform"):
        yield open_at(place, "expression", f"`{written}` is known at deployment", way)
    else:
        yield open_at(place, "resource", f"attribute of a resource, `{written}`: known at deployment", way)


def _variable(place: Place, name: str, scope: Scope, way: Way) -> Iterator[Head]:
    """What a variable can be: the argument of the call; of the outermost folder what a ROS parameter, a tfvars file or
    its default say, in this order."""
    bodies = scope.folder.variables.get(name)
    if bodies is None:
        yield open_at(place, "variable", _undeclared("variable", name, scope), way)
        return
    declared = {key: value for body in bodies for key, value in body.arguments()}
    default, template = declared.get("default"), scope.world.template
    if scope.given is not None and name in scope.given:
        given: Lazy | None = scope.given[name]
        inner = way.through("variable", f"variable.{name}")
    elif scope.given is None and template is not None and name in template.bindings:
        value, parent = template.bindings[name]
        label = ".".join(part for part in (way.label, f"Parameters.{name}") if part)
        for leaf in leaves_of(value, parent, form="stack_parameter", label=label, depth=way.depth):
            inner = Way(leaf.form, leaf.label, leaf.reason, way.depth + 1, is_sure=False)
            yield Open(leaf, inner) if leaf.value is None else Scalar(leaf.value, leaf, inner)
        return
    elif scope.given is None and template is not None and name in template.parameters:
        yield _parameter(place, name, scope, way)
        return
    elif scope.given is None and name in scope.folder.tfvars:
        set_to, file = scope.folder.tfvars[name]
        reason = f"the value of variable `{name}` in {file}: whoever applies may set another"
        given = _lazy(set_to, scope)
        inner = way.through("variable", f"variable.{name}.tfvars", reason, is_sure=False)
    else:
        is_called = scope.given is not None
        reason = f"the default of variable `{name}`: " + (
            f"{scope.address} gives none" if is_called else "whoever applies may set another"
        )
        given = None if default is None else _lazy(default, scope)
        inner = way.through("variable", f"variable.{name}.default", reason, is_sure=is_called)
    if given is None:
        who = f"{scope.address} gives none" if scope.given is not None else "its value comes at deployment"
        yield open_at(place, "variable", f"variable `{name}` has no default: {who}", way)
        return
    for head in converted(given, declared.get("type"), scope, heads_of)(inner):
        if isinstance(head, Open) and head.is_null and _is_not_nullable(declared.get("nullable")) and default:
            yield from converted(_lazy(default, scope), declared.get("type"), scope, heads_of)(inner)
        else:
            yield head


def _is_not_nullable(value: Value | None) -> bool:
    return value is not None and _written(value) == "false"


def _written(value: Value) -> str:
    return value.text if isinstance(value, TreeValue) else value.source.text[value.start : value.end].strip()


def _parameter(place: Place, name: str, scope: Scope, way: Way) -> Open:
    """A variable that a parameter of the ROS template sets."""
    template = scope.world.template
    if template is None:
        raise ValueError(name)
    default, allowed = parameter_values(template.parameters[name])
    remark_regional(name, template)
    leaf = Leaf(
        "ref",
        place.source,
        place.at,
        value=template.given.text(name, default) if template.given else None,
        reason=f"parameter `{name}` of the template sets the variable of this name: its value comes at deployment, "
        "only a literal can be associated",
        default=default,
        allowed_values=allowed,
        label=".".join(part for part in (way.label, f"Parameters.{name}") if part),
    )
    return Open(leaf, way)


def _undeclared(kind: str, name: str, scope: Scope) -> str:
    where = "in this folder" if scope.folder.is_whole else "in this file"
    return f"{kind} `{name[:80]}` is not declared {where}"


def attribute_name(value: Expression, item: Item) -> str | None:
    """`x` of `.x`."""
    text = value.text(item)
    return text.lstrip(". \t") if item.kind == "postfix" and text.startswith(".") and "*" not in text else None


def _indexed(heads: Iterator[Head], value: Expression, steps: list[Item], scope: Scope) -> Iterator[Head]:
    """What `.name`, `[key]` and `[*]` choose, one step after the other."""
    for number, step in enumerate(steps):
        place = Place(value.source, value.at)
        if step.kind == "[":
            keys = list(heads_of(value.content(step), scope, Way(depth=1)))
        else:
            name = attribute_name(value, step)
            if name is None:  # a splat: the rest of the steps for each member
                rest = partial(_indexed, value=value, steps=steps[number + 1 :], scope=scope)
                yield from _splat(heads, rest)
                return
            keys = [Scalar(name, Leaf("literal", value.source, value.at), Way())]
        heads = indexed(heads, keys, place)
    yield from heads


def _splat(heads: Iterator[Head], rest: Callable[[Iterator[Head]], Iterator[Head]]) -> Iterator[Head]:
    for head in heads:
        if isinstance(head, Items):
            members = tuple((key, partial(_each, member, rest)) for key, member in head.in_order())
            yield Items("list", members, head.way, head.place, head.rest, is_sorted=head.is_sorted)
        else:
            yield head


def _each(member: Lazy, rest: Callable[[Iterator[Head]], Iterator[Head]], way: Way) -> Iterator[Head]:
    return rest(member(way))


def _call(value: Expression, name: str, arguments: Expression, scope: Scope, way: Way) -> Iterator[Head]:
    given: list[Lazy] = []
    for part, is_spread in split(arguments, scope):
        if is_spread:
            for head in heads_of(part, scope, Way(depth=way.depth + 1)):
                if not isinstance(head, Items) or head.rest is not None:
                    place = Place(value.source, value.at)
                    yield open_at(place, "expression", "a list of arguments that is known at deployment", way)
                    return
                given += [member for _, member in head.in_order()]
        else:
            given.append(_lazy(part, scope))
    yield from call(name, given, Place(value.source, value.at), way)
