"""Template functions that need nothing but their arguments. fact: ros-002"""

import ast
import base64
import binascii
import contextlib
import ipaddress
import itertools
import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from computenest_cloud.services.ros.errors import error
from computenest_cloud.services.ros.patterns import is_match
from computenest_cloud.wire.values import finite, parse_json, whole_number

CIDR_LIMIT = 1000
EXPRESSION_CHARS = 2000


def truth(value: Any) -> bool:
    return value.lower() == "true" if isinstance(value, str) else bool(value)


def text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def _join(parts: list[Any]) -> str:
    items = parts[1] if len(parts) > 1 and isinstance(parts[1], list) else parts[1:]
    return text(parts[0]).join(text(item) for item in items)


def _select(parts: list[Any]) -> Any:  # fact: ros-024
    if len(parts) < 2:
        raise error("StackValidationFailed", "Fn::Select takes an index and a list.")
    values = parts[1]
    default = parts[2] if len(parts) > 2 else ""
    if isinstance(values, dict):
        return values.get(text(parts[0]), default)
    if not isinstance(values, list):
        return values
    number = text(parts[0])
    if re.fullmatch(r"-?[0-9]{0,9}:-?[0-9]{0,9}(:-?[0-9]{0,9})?", number):
        bounds = [int(bound) if bound.strip("-") else None for bound in number.split(":")]
        return values[slice(*bounds)] if bounds[2:] != [0] else default
    at = whole_number(number.removeprefix("-"))
    if at is not None:
        at = -at if number.startswith("-") else at
        return values[at] if -len(values) <= at < len(values) else default
    return default


def _equals(parts: list[Any]) -> bool:
    return len(parts) > 1 and text(parts[0]) == text(parts[1])


def _base64(parts: list[Any]) -> str:
    return base64.b64encode(text(parts[0]).encode()).decode()


def _split(parts: list[Any]) -> list[Any]:
    return list(text(parts[1]).split(text(parts[0]))) if len(parts) > 1 and text(parts[0]) else parts


def _replace(parts: list[Any]) -> str:
    found = text(parts[-1])
    for old, new in parts[0].items() if isinstance(parts[0], dict) else ():
        found = found.replace(old, text(new))
    return found


def _decode(parts: list[Any]) -> str:
    try:
        return base64.b64decode(text(parts[0]), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as failure:
        raise error("StackValidationFailed", f"Fn::Base64Decode: {failure}.") from failure


def _index(parts: list[Any]) -> Any:
    values = parts[1] if len(parts) > 1 and isinstance(parts[1], list) else []
    return next((number for number, value in enumerate(values) if text(value) == text(parts[0])), None)


def _lists(parts: Iterable[Any]) -> list[Any]:
    return [entry for part in parts for entry in (part if isinstance(part, list) else [part])]


def _json_value(parts: list[Any]) -> Any:
    held = parts[1] if len(parts) > 1 else {}
    if isinstance(held, str):
        with contextlib.suppress(ValueError):  # what a script will print is not known here
            held = parse_json(held)
    return held.get(text(parts[0]), "") if isinstance(held, dict) else f"<Fn::GetJsonValue {text(parts[0])}>"


def _merge_maps(parts: list[Any]) -> list[dict[str, Any]]:
    """One map for each position of the lists; a single value is repeated."""
    columns = {key: value for part in parts if isinstance(part, dict) for key, value in part.items()}
    height = max((len(value) for value in columns.values() if isinstance(value, list)), default=0)
    found: list[dict[str, Any]] = []
    for number in range(height):
        row = {}
        for key, value in columns.items():
            entries = value if isinstance(value, list) else [value]
            if number < len(entries) or len(entries) == 1:
                row[key] = entries[min(number, len(entries) - 1)]
        found.append(row)
    return found


def _select_maps(parts: list[Any]) -> list[Any]:
    maps = parts[1] if len(parts) > 1 and isinstance(parts[1], list) else []
    return [entry[text(parts[0])] for entry in maps if isinstance(entry, dict) and text(parts[0]) in entry]


def number(value: Any) -> int | float:
    try:
        return finite(text(value))
    except ValueError as failure:
        raise error("StackValidationFailed", f"{text(value)[:200]!r} is not a number.") from failure


def _add(parts: list[Any]) -> Any:
    if all(isinstance(part, dict) for part in parts):
        return {key: value for part in parts for key, value in part.items()}
    if any(isinstance(part, list) for part in parts):
        return _lists(parts)
    return number(sum(map(number, parts)))


def _average(parts: list[Any]) -> int | float:
    values = [number(value) for value in _lists(parts[1:])]
    return number(round(sum(values) / len(values), int(number(parts[0])))) if values else 0


_OPERATORS: Mapping[type[ast.AST], Callable[..., int | float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
}


def _arithmetic(node: ast.AST) -> int | float:
    match node:
        case ast.Expression(body=body):
            return _arithmetic(body)
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_arithmetic(left), _arithmetic(right))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_arithmetic(operand)
    raise ValueError(ast.dump(node))


def _calculate(parts: list[Any]) -> int | float:
    """Expression, digits and, for `{0}`, a list of numbers."""
    values = [number(value) for value in _lists(parts[2:])]
    given = text(parts[0])
    try:
        expression = re.sub(r"\{([0-9]{1,9})\}", lambda match: str(values[int(match[1])]), given[:EXPRESSION_CHARS])
        found = _arithmetic(ast.parse(expression, mode="eval"))
    except (SyntaxError, ValueError, ArithmeticError, IndexError, RecursionError, MemoryError) as failure:
        raise error("StackValidationFailed", f"Fn::Calculate cannot compute {given[:200]!r}.") from failure
    return number(round(found, int(number(parts[1])) if len(parts) > 1 else 0))


def _cidr(parts: list[Any]) -> list[str]:
    """Block, how many, and how many bits of each are its hosts'."""
    try:
        network = ipaddress.ip_network(text(parts[0]))
        blocks = network.subnets(new_prefix=network.max_prefixlen - int(number(parts[2])))
        return list(map(str, itertools.islice(blocks, min(int(number(parts[1])), CIDR_LIMIT))))
    except (ValueError, IndexError) as failure:
        raise error("StackValidationFailed", f"Fn::Cidr: {failure}.") from failure


def _matches(parts: list[Any]) -> bool:
    try:
        found = is_match(text(parts[0]), text(parts[1])) if len(parts) > 1 else False
    except re.error as failure:
        raise error("StackValidationFailed", f"Fn::MatchPattern: {failure}.") from failure
    if found is None:
        raise error("StackValidationFailed", f"Fn::MatchPattern: {text(parts[0])} takes too long.")
    return found


def _contains(parts: list[Any]) -> bool:
    return len(parts) > 1 and text(parts[1]) in map(text, _lists([parts[0]]))


def _each_member_in(parts: list[Any]) -> bool:
    return len(parts) > 1 and set(map(text, _lists([parts[0]]))) <= set(map(text, _lists([parts[1]])))


FUNCTIONS: Mapping[str, Callable[[list[Any]], Any]] = {
    "Add": _add,
    "Any": lambda parts: any(map(truth, _lists(parts))),
    "Avg": _average,
    "Base64": _base64,
    "Base64Decode": _decode,
    "Base64Encode": _base64,
    "Calculate": _calculate,
    "Cidr": _cidr,
    "Contains": _contains,
    "EachMemberIn": _each_member_in,
    "Equals": _equals,
    "GetJsonValue": _json_value,
    "Index": _index,
    "Join": _join,
    "Length": len,
    "ListMerge": _lists,
    "MarketplaceImage": lambda parts: f"marketplace:{text(parts[0])}",
    "MatchPattern": _matches,
    "Max": lambda parts: max(map(number, _lists(parts)), default=0),
    "MergeMapToList": _merge_maps,
    "Min": lambda parts: min(map(number, _lists(parts)), default=0),
    "Replace": _replace,
    "Select": _select,
    "SelectMapList": _select_maps,
    "Split": _split,
    "Str": lambda parts: text(parts[0]),
}
