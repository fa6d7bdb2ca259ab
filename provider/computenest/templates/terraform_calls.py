"""Terraform's functions that choose among values or put collections together, of what is written in the files.

Source: Terraform's documentation of built-in functions. A function that is not here is computed at deployment; so is
one whose arguments are not known. Texts that a function makes are no literals, but may be keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice, product
from typing import TypeAlias

from computenest.templates.leaves import Leaf
from computenest.templates.terraform_collections import bound, indexed, key_of
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
)
from computenest.templates.terraform_texts import text_of

Function: TypeAlias = "Callable[[Sequence[Lazy], Place, Way], Iterator[Head]]"

_MAX_COMBINATIONS = 16
_MAX_RANGE = 100


def call(name: str, given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    """What a call comes to."""
    function = _FUNCTIONS.get(name)
    made = function(given, place, way) if function is not None and given else None
    if made is None:
        text = text_of(name, given, _aside(way))
        if text is None:
            yield open_at(place, "expression", f"function {name[:60]}() is computed at deployment", way)
        else:
            kind = "number" if name == "length" else "bool" if name in ("contains", "can") else "string"
            yield computed(text, place, way, kind, f"what function {name}() makes is no literal")
        return
    yield from made


def _aside(way: Way) -> Way:
    """For what decides and is not the value itself."""
    return Way(depth=way.depth + 1)


def _same(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:  # noqa: ARG001 - one signature for all
    yield from given[0](way.through("expression", ""))


def _lowered(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    for head in given[0](way.through("expression", "")):
        if isinstance(head, Scalar) and head.text != head.text.strip().lower():
            reason = "a text that a function changes: write it as it is wanted"
            yield Scalar(head.text.strip().lower(), Leaf("expression", place.source, place.at, reason=reason), head.way)
        else:
            yield head


def _choices(argument: Lazy, way: Way, step: str) -> Iterator[tuple[Head, bool]]:
    """What an argument can be, each with whether that is sure by itself, however the call is come to."""
    for head in argument(replace(way, is_sure=True).through("expression", step)):
        is_sure = head.way.is_sure
        yield (head if way.is_sure else replace(head, way=replace(head.way, is_sure=False))), is_sure


def _is_nothing(head: Head) -> bool:
    return (isinstance(head, Open) and head.is_null) or (isinstance(head, Scalar) and not head.text)


def _coalesce(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    for number, argument in enumerate(given):
        is_settled = True
        for head, is_sure in _choices(argument, way, f"coalesce[{number}]"):
            is_nothing = _is_nothing(head)
            if not (is_nothing and is_sure):
                yield head
            is_settled &= not is_nothing and is_sure and not isinstance(head, Open)
        if is_settled:
            return
    yield open_at(place, "expression", "coalesce() of nothing", way, is_error=True)


def _try(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    for number, argument in enumerate(given):
        is_settled = True
        for head, is_sure in _choices(argument, way, f"try[{number}]"):
            is_error = isinstance(head, Open) and head.is_error
            if not is_error:
                yield head
            is_settled &= not is_error and is_sure and (not isinstance(head, Open) or head.is_null)
        if is_settled:
            return
    yield open_at(place, "expression", "none of what try() takes is there", way, is_error=True)


def _lookup(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    if len(given) < 2:
        yield from _same(given, place, way)
        return
    keys = list(given[1](_aside(way)))
    is_settled = True
    for head, is_sure in _choices(lambda inner: indexed(given[0](inner), keys, place), way, ""):
        is_error = isinstance(head, Open) and head.is_error
        if not (is_error and len(given) > 2):
            yield head
        is_settled &= not is_error and is_sure and (not isinstance(head, Open) or head.is_null)
    for default in given[2:3] if not is_settled else ():
        yield from default(way.through("expression", "lookup"))


def _element(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    numbers = sure_texts(given[1](_aside(way))) if len(given) > 1 else None
    for head in given[0](way.through("expression", "element")):
        keys: list[Head] = [open_at(place, "expression", "", way)]
        if isinstance(head, Items) and head.members and numbers is not None and all(map(str.isdecimal, numbers)):
            size = len(head.members)
            keys = [computed(str(int(number[:9]) % size), place, way, "number") for number in numbers]
        yield from indexed(iter((head,)), keys, place)


def _one(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    for head in given[0](way.through("expression", "one")):
        if not isinstance(head, Items):
            yield head
            continue
        for key, member in head.members:
            yield from bound(head, key, member)(way)
        if head.rest is not None:
            yield head.rest
        elif not head.members:
            leaf = Leaf("null", place.source, place.at, reason="null: one() of nothing", label=way.label)
            yield Open(leaf, way, is_null=True)


def _put_together(
    given: Sequence[Lazy], place: Place, way: Way, put: Callable[[Sequence[Head]], Items]
) -> Iterator[Head]:
    """For each combination of what the arguments can be."""
    choices = [list(argument(way.through("expression", ""))) for argument in given]
    for number, heads in enumerate(islice(product(*choices), _MAX_COMBINATIONS + 1)):
        if number == _MAX_COMBINATIONS:
            yield open_at(place, "expression", f"more than {_MAX_COMBINATIONS} combinations of collections", way)
            return
        yield put(heads)


def _merge(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    def put(heads: Sequence[Head]) -> Items:
        members: dict[str, Lazy] = {}
        rest: Open | None = None
        for head in heads:
            if isinstance(head, Open) and head.is_null:
                continue
            unknown = head if isinstance(head, Open) else head.rest if isinstance(head, Items) else None
            if unknown is not None:
                rest = unknown
                members = {key: partial(_or_else, member, unknown) for key, member in members.items()}
            if isinstance(head, Items):
                members |= {key: bound(head, key, member) for key, member in head.members}
        return Items("object", tuple(members.items()), way, place, rest, is_made=True)

    return _put_together(given, place, way, put)


def _or_else(member: Lazy, other: Open, way: Way) -> Iterator[Head]:
    yield from member(way)
    yield other


def _concat(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    return _put_together(given, place, way, lambda heads: _joined(heads, place, way))


def _joined(heads: Sequence[Head], place: Place, way: Way) -> Items:
    members: list[Lazy] = []
    rest: Open | None = None
    is_sorted = False
    for head in heads:
        if isinstance(head, Items):
            members += [bound(head, key, member) for key, member in head.in_order()]
            is_sorted |= head.is_sorted
        rest = head if isinstance(head, Open) else head.rest if isinstance(head, Items) and head.rest else rest
    return replace(_list(members, place, way, rest), is_sorted=is_sorted)


def _list(members: Sequence[Lazy], place: Place, way: Way, rest: Open | None) -> Items:
    return Items("list", tuple((str(n), member) for n, member in enumerate(members)), way, place, rest, is_made=True)


def _lists(given: Sequence[Lazy], way: Way, of: Callable[[Items], Items]) -> Iterator[Head]:
    """A function of one collection; what its texts put in order stays so."""
    for head in given[0](way.through("expression", "")):
        if isinstance(head, Items):
            made = of(head)
            yield replace(made, is_sorted=made.is_sorted or head.is_sorted)
        else:
            yield head


def _flatten(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    return _lists(given, way, lambda items: _flat(items, place, way, depth=0))


def _flat(items: Items, place: Place, way: Way, *, depth: int) -> Items:
    members: list[Lazy] = []
    rest, is_sorted = items.rest, items.is_sorted
    for key, member in items.in_order():
        taken = bound(items, key, member)
        heads = list(taken(_aside(way)))
        lists = [head for head in heads if isinstance(head, Items) and head.kind != "object"]
        if not lists:
            members.append(taken)
        elif len(heads) == 1 and depth < _MAX_COMBINATIONS:
            inner = _flat(lists[0], place, way, depth=depth + 1)
            members += [member for _, member in inner.members]
            rest = inner.rest or rest
            is_sorted |= inner.is_sorted
        else:
            rest = open_at(place, "expression", "a list that is known at deployment", way)
    return replace(_list(members, place, way, rest), is_sorted=is_sorted)


def _distinct(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    def of(items: Items) -> Items:
        texts, members, unknown = _once_each(items, way)
        rest = items.rest or (
            open_at(place, "expression", "a list that is known at deployment", way) if unknown else None
        )
        return _list([*texts.values(), *members], place, way, rest)

    return _lists(given, way, of)


def _once_each(items: Items, way: Way) -> tuple[dict[str, Lazy], list[Lazy], bool]:
    """The members by text, those without a known text, and whether there are such."""
    texts: dict[str, Lazy] = {}
    others: list[Lazy] = []
    for key, member in items.in_order():
        taken = bound(items, key, member)
        heads = list(taken(_aside(way)))
        if len(heads) == 1 and isinstance(heads[0], Scalar):
            text = heads[0].text
            texts[text] = partial(_both, texts[text], taken) if text in texts else taken
        else:
            others.append(taken)
    return texts, others, bool(others)


def _both(first: Lazy, second: Lazy, way: Way) -> Iterator[Head]:
    """A text that is written twice and counts once: an edit has to reach both."""
    yield from first(way)
    yield from second(way)


def _compact(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    def of(items: Items) -> Items:
        members: list[Lazy] = []
        rest = items.rest
        for key, member in items.in_order():
            taken = bound(items, key, member)
            heads = list(taken(_aside(way)))
            nothing = [head for head in heads if not isinstance(head, Items) and _is_nothing(head)]
            if len(nothing) < len(heads):
                members.append(taken)
            if nothing and not (len(heads) == 1 and nothing[0].way.is_sure):
                leaf = nothing[0].leaf
                reason = leaf.reason or "empty, and left out"
                rest = Open(Leaf(leaf.form, leaf.source, leaf.at, reason=reason, label=leaf.label), nothing[0].way)
        return _list(members, place, way, rest)

    return _lists(given, way, of)


def as_set(items: Items) -> Items:
    """A set of texts: each once, in order."""
    texts, others, _ = _once_each(items, Way(depth=items.way.depth))
    members = [*(texts[text] for text in sorted(texts)), *others]
    numbered = tuple((str(number), member) for number, member in enumerate(members))
    return Items("set", numbered, items.way, items.place, items.rest, is_made=True, is_sorted=True)


def _toset(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:  # noqa: ARG001
    return _lists(given, way, as_set)


def _tolist(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    return _lists(given, way, lambda items: _joined([items], place, way))


def _keys(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    def of(items: Items) -> Items:
        return _list([key_of(items, key, member) for key, member in items.in_order()], place, way, items.rest)

    return _lists(given, way, of)


def _reverse(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    def of(items: Items) -> Items:
        joined = _joined([items], place, way)
        return _list([member for _, member in reversed(joined.members)], place, way, joined.rest)

    return _lists(given, way, of)


def _zipmap(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    def put(heads: Sequence[Head]) -> Items:
        unknown = open_at(place, "expression", "keys that are known at deployment", way)
        names, values, *_ = (*heads, unknown, unknown)
        if not isinstance(names, Items) or not isinstance(values, Items):
            return Items("object", (), way, place, unknown)
        rest = names.rest or values.rest
        members: dict[str, Lazy] = {}
        for (key, name), (number, value) in zip(names.in_order(), values.in_order(), strict=False):
            texts = sure_texts(bound(names, key, name)(_aside(way))) or []
            if len(texts) == 1 and not (names.is_sorted or values.is_sorted):
                members[texts[0]] = bound(values, number, value)
            else:
                rest = unknown
        return Items("object", tuple(members.items()), way, place, rest, is_made=True)

    return _put_together(given, place, way, put)


def _slice(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    numbers = _sure_numbers(given[1:3], way)
    for head in given[0](way.through("expression", "")):
        if not isinstance(head, Items):
            yield head
            continue
        joined = _joined([head], place, way)
        members = [member for _, member in joined.members]
        if len(numbers) == 2 and not joined.is_sorted:
            yield _list(members[numbers[0] : numbers[1]], place, way, joined.rest)
        else:
            rest = open_at(place, "expression", "a slice that is known at deployment", way)
            yield _list(members, place, way, joined.rest or rest)


def _range(given: Sequence[Lazy], place: Place, way: Way) -> Iterator[Head]:
    numbers = _sure_numbers(given, way)
    rest = None
    found = range(*numbers) if len(numbers) == len(given) <= 3 and all(numbers[2:]) else range(0)
    if len(numbers) != len(given) or len(found) > _MAX_RANGE:
        rest, found = open_at(place, "expression", "a range that is known at deployment", way), range(0)
    yield _list([partial(_number, str(number), place) for number in found], place, way, rest)


def _sure_numbers(given: Sequence[Lazy], way: Way) -> list[int]:
    """Those of the arguments that are one sure whole number."""
    texts = [sure_texts(one(_aside(way))) for one in given]
    return [int(one[0][:9]) for one in texts if one is not None and len(one) == 1 and one[0].isdecimal()]


def _number(text: str, place: Place, way: Way) -> Iterator[Head]:
    yield computed(text, place, way, "number")


_FUNCTIONS: Mapping[str, Function] = {
    "coalesce": _coalesce,
    "compact": _compact,
    "concat": _concat,
    "distinct": _distinct,
    "element": _element,
    "flatten": _flatten,
    "keys": _keys,
    "lookup": _lookup,
    "lower": _lowered,
    "merge": _merge,
    "nonsensitive": _same,
    "one": _one,
    "range": _range,
    "reverse": _reverse,
    "sensitive": _same,
    "slice": _slice,
    "tolist": _tolist,
    "tomap": _same,
    "toset": _toset,
    "tostring": _same,
    "trimspace": _lowered,
    "try": _try,
    "values": _tolist,
    "zipmap": _zipmap,
}
