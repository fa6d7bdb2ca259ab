"""What a variable's type makes of its value: defaults of `optional(…)`, attributes left out, sets.

Source: Terraform's documentation of type constraints, "Optional Object Type Attributes": the default is taken where the
attribute is absent or null; attributes that the type does not name are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from computenest.templates.embedded import EmbeddedSource
from computenest.templates.hcl import Expression
from computenest.templates.leaves import Leaf
from computenest.templates.nodes import ScalarNode
from computenest.templates.terraform_calls import as_set
from computenest.templates.terraform_collections import split
from computenest.templates.terraform_folder import TreeValue, Value
from computenest.templates.terraform_heads import Head, Items, Lazy, Open, Way
from computenest.templates.terraform_scope import Scope

Evaluate: TypeAlias = "Callable[[Value, Scope, Way], Iterator[Head]]"


def converted(value: Lazy, written: Value | None, scope: Scope, evaluate: Evaluate) -> Lazy:
    """`value` as the type that is written makes it."""
    if isinstance(written, TreeValue):
        node = written.node
        if not isinstance(node, ScalarNode) or "(" not in node.value:
            return value
        source = EmbeddedSource(written.source, node, name=written.source.name)
        return _as(value, Expression(source, 0, len(source.text), "("), scope, evaluate)
    return value if written is None else _as(value, written, scope, evaluate)


def _as(value: Lazy, written: Expression, scope: Scope, evaluate: Evaluate) -> Lazy:
    items = scope.world.items(written)
    if len(items) != 2 or items[0].kind != "name" or items[1].kind != "(":
        return value
    return partial(_heads, value, written.text(items[0]), written.content(items[1]), scope, evaluate)


def _heads(value: Lazy, name: str, content: Expression, scope: Scope, evaluate: Evaluate, way: Way) -> Iterator[Head]:
    for head in value(way):
        if not isinstance(head, Items):
            yield head
        elif name == "object":
            yield _object(head, content, scope, evaluate)
        elif name in ("map", "list", "set"):
            members = tuple((key, _as(member, content, scope, evaluate)) for key, member in head.members)
            inner = replace(head, members=members)
            yield as_set(inner) if name == "set" else inner
        else:
            yield head


def _object(head: Items, content: Expression, scope: Scope, evaluate: Evaluate) -> Items:
    braces = scope.world.items(content)
    if len(braces) != 1 or braces[0].kind != "{":
        return head
    known = dict(head.members)
    members: list[tuple[str, Lazy]] = []
    for part, _ in split(content.content(braces[0]), scope):
        tokens = scope.world.items(part)
        sign = next((token for token in tokens if token.kind == "operator" and part.text(token) in ("=", ":")), None)
        if sign is None:
            continue
        key = part.text(tokens[0]).strip('"')
        wanted = part.part(sign.end, part.end)
        inner = scope.world.items(wanted)
        is_optional = len(inner) == 2 and wanted.text(inner[0]) == "optional"
        arguments = [argument for argument, _ in split(wanted.content(inner[1]), scope)] if is_optional else [wanted]
        given = known.get(key)
        if given is None and not is_optional:
            continue
        absent = partial(_null, head) if given is None else given
        if is_optional and len(arguments) > 1:
            absent = partial(_or_default, absent, partial(evaluate, arguments[1], scope))
        members.append((key, _as(absent, arguments[0], scope, evaluate) if arguments else absent))
    return replace(head, members=tuple(members))


def _null(head: Items, way: Way) -> Iterator[Head]:
    leaf = Leaf("null", head.place.source, head.place.at, reason="null: the attribute is optional", label=way.label)
    yield Open(leaf, way, is_null=True)


def _or_default(value: Lazy, default: Lazy, way: Way) -> Iterator[Head]:
    for head in value(way):
        if isinstance(head, Open) and head.is_null:
            yield from default(way.through("variable", "optional", is_sure=head.way.is_sure))
        else:
            yield head
