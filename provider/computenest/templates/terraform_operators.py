"""Operators of Terraform, as far as their sides are sure: what conditions and counts are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

from computenest.templates.hcl import Expression
from computenest.templates.hcl_tokens import Item
from computenest.templates.terraform_heads import Head, Open, Place, Scalar, Way, computed, open_at, truth

_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"))
_LOOSEST = {sign: level for level, signs in enumerate(_LEVELS) for sign in signs}
_COMPARED = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def sides_of(value: Expression, items: list[Item]) -> tuple[Expression, Expression, Expression] | None:
    """Condition and both values of `condition ? a : b`, which may hold others."""
    signs = [(number, value.text(item)) for number, item in enumerate(items) if item.kind == "operator"]
    question = next((number for number, sign in signs if sign == "?"), None)
    if question is None:
        return None
    depth = 0
    for number, sign in signs:
        depth += (sign == "?") - (sign == ":")
        if sign == ":" and depth == 0:
            return (
                value.part(value.start, items[question].start),
                value.part(items[question].end, items[number].start),
                value.part(items[number].end, value.end),
            )
    return None


def operation(
    value: Expression, items: list[Item], place: Place, way: Way, evaluate: Callable[[Expression], Iterator[Head]]
) -> Iterator[Head]:
    """`a == b`, `!a`, `a && b`, `a + 1`: a truth value or a number where both sides are sure."""
    result = _result(value, items, evaluate)
    if result is None:
        yield open_at(place, "expression", "an operation: computed at deployment", way)
        return
    kind = "bool" if result in ("true", "false") else "number"
    yield computed(result, place, way, kind)


def _result(value: Expression, items: list[Item], evaluate: Callable[[Expression], Iterator[Head]]) -> str | None:
    binary = [
        (number, sign)
        for number, item in enumerate(items)
        if item.kind == "operator" and number and items[number - 1].kind != "operator"
        for sign in (value.text(item),)
    ]
    if any(sign not in _LOOSEST for _, sign in binary):
        return None
    if not binary:
        sign, rest = value.text(items[0]), value.part(items[0].end, value.end)
        if sign == "!":
            return _written(None if (holds := truth(evaluate(rest))) is None else not holds)
        numbers = _numbers(evaluate(rest)) if sign == "-" else None
        return str(-numbers[0]) if numbers is not None and len(numbers) == 1 else None
    level = min(_LOOSEST[sign] for _, sign in binary)
    at, sign = next((number, sign) for number, sign in reversed(binary) if _LOOSEST[sign] == level)
    left, right = value.part(value.start, items[at].start), value.part(items[at].end, value.end)
    if sign in ("&&", "||"):
        sides = {truth(evaluate(left)), truth(evaluate(right))}
        decides = sign == "||"
        return _written(decides if decides in sides else None if None in sides else not decides)
    if sign in ("==", "!="):
        is_equal = _equal(list(evaluate(left)), list(evaluate(right)))
        return _written(None if is_equal is None else is_equal == (sign == "=="))
    return _arithmetic(sign, _numbers(evaluate(left)), _numbers(evaluate(right)))


def _written(holds: bool | None) -> str | None:  # noqa: FBT001 - the value itself
    return None if holds is None else "true" if holds else "false"


def _equal(left: list[Head], right: list[Head]) -> bool | None:
    found = {_same(a, b) for a, b in product(left, right)}
    return found.pop() if len(found) == 1 else None


def _same(a: Head, b: Head) -> bool | None:
    if not (a.way.is_sure and b.way.is_sure):
        return None
    if isinstance(a, Open) or isinstance(b, Open):
        if not all(head.is_null for head in (a, b) if isinstance(head, Open)):
            return None
        return isinstance(a, Open) and isinstance(b, Open)
    if not isinstance(a, Scalar) or not isinstance(b, Scalar):
        return None
    return (a.kind, a.text) == (b.kind, b.text)


def _numbers(heads: Iterator[Head]) -> list[int] | None:
    numbers: list[int] = []
    for head in heads:
        if not isinstance(head, Scalar) or not head.way.is_sure or not head.text.removeprefix("-").isdecimal():
            return None
        numbers.append(int(head.text[:18]))
    return numbers


def _arithmetic(sign: str, left: list[int] | None, right: list[int] | None) -> str | None:
    if left is None or right is None or len(left) != 1 or len(right) != 1:
        return None
    a, b = left[0], right[0]
    if sign in _COMPARED:
        return _written(_COMPARED[sign](a, b))
    if sign in "/%":
        if b <= 0 or a < 0 or (sign == "/" and a % b):
            return None
        return str(a % b if sign == "%" else a // b)
    return str(a + b if sign == "+" else a - b if sign == "-" else a * b)
