"""Terraform's collections: what is written in brackets, `for` expressions, and what an index chooses.

A collection that is known in part keeps what is known; `rest` says why there may be more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from computenest.templates.hcl import Expression
from computenest.templates.hcl_tokens import Item
from computenest.templates.terraform_heads import (
    Head,
    Items,
    Lazy,
    Open,
    Place,
    Scalar,
    Way,
    computed,
    open_at,
    sure_texts,
    truth,
)
from computenest.templates.terraform_scope import Scope

Evaluate: TypeAlias = "Callable[[Expression, Scope, Way], Iterator[Head]]"

_MAX_LABEL = 80


def bound(items: Items, key: str, member: Lazy) -> Lazy:
    """A member that remembers how its collection was come to, for a loop or another collection that takes it over."""
    before = items.way.through("map", "" if items.is_made else key[:_MAX_LABEL])
    return lambda way: member(way.after(before))


def key_of(items: Items, key: str, member: Lazy) -> Lazy:
    """What a loop calls the key: the element itself of a set."""
    if items.kind == "set":
        return bound(items, key, member)
    place, kind = items.place, "string" if items.kind == "object" else "number"
    reason = "the key of a map, or an index: write the id as a value"

    def heads(way: Way) -> Iterator[Head]:
        inner = way.after(items.way)
        yield computed(key, place, inner, kind, reason)

    return heads


def indexed(heads: Iterator[Head], keys: Sequence[Head], place: Place) -> Iterator[Head]:
    """The members that `keys` can choose; all of them where nobody knows."""
    texts = sure_texts(iter(keys))
    for head in heads:
        if isinstance(head, Open):
            if head.is_null:
                yield open_at(place, "expression", "an index into null", head.way, is_error=True)
            else:
                yield head
            continue
        if isinstance(head, Scalar):
            yield open_at(place, "expression", "an index into something that is no collection", head.way, is_error=True)
            continue
        is_any = texts is None or head.is_sorted or (head.rest is not None and head.kind != "object")
        members = dict(head.members)
        for key in members if texts is None or is_any else texts:
            if key in members:
                label = "" if head.is_made else key[:_MAX_LABEL]
                yield from members[key](head.way.through("map", label, is_sure=not is_any))
            elif head.rest is None:
                what = f"an index into something that has no `{key[:60]}`"
                yield open_at(place, "expression", what, head.way, is_error=True)
        if head.rest is not None and (is_any or not set(texts or ()) <= members.keys()):
            yield head.rest
        elif is_any and not members:
            yield open_at(place, "expression", "an index into something that is empty", head.way, is_error=True)


def split(content: Expression, scope: Scope) -> list[tuple[Expression, bool]]:
    """What stands between the commas of a bracket, with whether `...` spreads it."""
    parts: list[tuple[Expression, bool]] = []
    begun: Item | None = None
    last: Item | None = None
    is_spread = False
    for item in (*scope.world.items(content), None):
        if item is None or item.kind == "comma":
            if begun is not None and last is not None:
                parts.append((content.part(begun.start, last.end), is_spread))
            begun, last, is_spread = None, None, False
        elif item.kind == "ellipsis":
            is_spread = True
        else:
            begun, last = begun or item, item
    return parts


def written_members(
    content: Expression, bracket: str, place: Place, scope: Scope, way: Way, evaluate: Evaluate
) -> Items:
    """The members of a written object or list."""
    parts = split(content, scope)
    scope.world.budget.spend(place.source, place.at, steps=len(parts))
    if bracket == "[":
        elements = tuple((str(number), partial(evaluate, part, scope)) for number, (part, _) in enumerate(parts))
        return Items("list", elements, way, place)
    members: dict[str, Lazy] = {}
    rest: Open | None = None
    for part, _ in parts:
        tokens = scope.world.items(part)
        sign = next((token for token in tokens if token.kind == "operator" and part.text(token) in ("=", ":")), None)
        if sign is None:
            continue
        key = _key(part.part(part.start, sign.start), tokens, scope, evaluate)
        if key is None:
            rest = open_at(Place(part.source, part.start), "expression", "a key that is known at deployment", way)
        else:
            members[key] = partial(evaluate, part.part(sign.end, part.end), scope)
    return Items("object", tuple(members.items()), way, place, rest)


def _key(written: Expression, tokens: list[Item], scope: Scope, evaluate: Evaluate) -> str | None:
    first = tokens[0]
    if first.kind == "name" and tokens[1].kind == "operator":
        return written.text(first)
    texts = sure_texts(evaluate(written, scope, Way(depth=1)))
    return texts[0] if texts is not None and len(texts) == 1 else None


@dataclass(frozen=True, slots=True)
class _For:
    """The parts of `for names in collection : key => value... if condition`."""

    names: list[str]
    collection: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    is_grouping: bool


def loop_members(
    content: Expression, bracket: str, place: Place, scope: Scope, way: Way, evaluate: Evaluate
) -> Iterator[Items] | None:
    """What a `for` expression makes, once for each collection that it may go over; None if it is none."""
    tokens = scope.world.items(content)
    if not tokens or tokens[0].kind != "loop":
        return None
    loop = _parsed(content, tokens)
    kind = "list" if bracket == "[" else "object"
    if loop is None or (loop.key is None) != (bracket == "["):
        return iter((Items(kind, (), way, place, open_at(place, "expression", "a loop that is not understood", way)),))
    return _loops(loop, kind, place, scope, way, evaluate)


def _loops(loop: _For, kind: str, place: Place, scope: Scope, way: Way, evaluate: Evaluate) -> Iterator[Items]:
    for over in evaluate(loop.collection, scope, Way(depth=way.depth + 1)):
        if not isinstance(over, Items):
            yield Items(kind, (), way, place, over if isinstance(over, Open) else None)
            continue
        members: dict[str, Lazy] = {}
        groups: dict[str, list[Lazy]] = {}
        rest = over.rest
        for key, member in over.in_order():
            scope.world.budget.spend(place.source, place.at)
            names = dict(zip(reversed(loop.names), (bound(over, key, member), key_of(over, key, member)), strict=False))
            inside = scope.binding(names)
            holds = True if loop.condition is None else truth(evaluate(loop.condition, inside, Way(depth=1)))
            if holds is False:
                continue
            if holds is None:
                rest = open_at(place, "expression", "a condition of a loop that is known at deployment", way)
            name: str | None = str(len(members))
            if loop.key is not None:
                texts = sure_texts(evaluate(loop.key, inside, Way(depth=1))) or []
                name = texts[0] if len(texts) == 1 else None
            if name is None:
                rest = open_at(place, "expression", "a key of a loop that is known at deployment", way)
            elif loop.is_grouping:
                groups.setdefault(name, []).append(partial(evaluate, loop.value, inside))
            else:
                members[name] = partial(evaluate, loop.value, inside)
        for name, values in groups.items():
            listed = Items("list", tuple((str(n), value) for n, value in enumerate(values)), way, place)
            members[name] = partial(_once, listed)
        is_sorted = over.is_sorted and kind == "list"
        yield Items(kind, tuple(members.items()), way, place, rest, is_sorted=is_sorted)


def _once(head: Items, way: Way) -> Iterator[Head]:
    yield Items(head.kind, head.members, way, head.place, head.rest, head.is_made)


def _parsed(content: Expression, tokens: list[Item]) -> _For | None:
    texts = [content.text(token) if token.kind in ("name", "operator") else token.kind for token in tokens]
    if "in" not in texts:
        return None
    at_in = texts.index("in")
    names = [text for text in texts[1:at_in] if text != "comma"]
    depth, colon = 0, None
    for number in range(at_in + 1, len(texts)):
        depth += texts[number] == "?"
        if texts[number] == ":":
            if not depth:
                colon = number
                break
            depth -= 1
    if colon is None or colon + 1 >= len(tokens) or not 1 <= len(names) <= 2:
        return None
    last = len(tokens)
    condition = None
    if "if" in texts[colon + 1 :]:
        last = colon + 1 + texts[colon + 1 :].index("if")
        if last + 1 >= len(tokens):
            return None
        condition = content.part(tokens[last + 1].start, tokens[-1].end)
    is_grouping = texts[last - 1] == "ellipsis"
    last -= is_grouping
    arrow = texts.index("=>", colon, last) if "=>" in texts[colon:last] else None
    first = colon + 1 if arrow is None else arrow + 1
    if first >= last:
        return None
    return _For(
        names,
        content.part(tokens[at_in + 1].start, tokens[colon].start),
        None if arrow is None else content.part(tokens[colon + 1].start, tokens[arrow].start),
        content.part(tokens[first].start, tokens[last - 1].end),
        condition,
        is_grouping,
    )
