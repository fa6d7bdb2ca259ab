"""What clients send as text, as values: within bounds that every later step bears, or a `ValueError` that says why.

JSON is what the standard says and what can be answered, stored and walked through again: no lone surrogates, which no
encoding has; no NaN and no infinity; no deeper than the interpreter's stack bears.
"""

import json
import math
import re
from typing import Any

DIGITS_LIMIT = 18  # below 2**63, as in the clients' own types
JSON_DIGITS_LIMIT = 40
DEPTH_LIMIT = 100  # levels of arrays and objects in JSON
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def whole_number(text: str) -> int | None:
    """The number that ASCII digits write; None for anything else (`²` and `٣` are digits to Python)."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_LIMIT else None


def finite(text: str) -> int | float:
    """Raises `ValueError` for what is no number, or a number that is none (`nan`, `inf`, 1e999)."""
    found = _float(text)
    return int(found) if found.is_integer() else found


def _float(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise ValueError(f"the number {text[:20]} is too large")
    return found


def _int(text: str) -> int:
    if len(text) > JSON_DIGITS_LIMIT:
        raise ValueError(f"a number has {len(text)} digits")
    return int(text)


def _constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON value")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEPTH_LIMIT):
        level = [
            entry
            for held in level
            if isinstance(held, dict | list)
            for entry in (held.values() if isinstance(held, dict) else held)
        ]
        if not level:
            return
    raise ValueError(f"it is nested more than {DEPTH_LIMIT} deep")


def parse_json(text: str) -> Any:
    """Raises `ValueError`."""
    try:
        value = json.loads(text, parse_int=_int, parse_float=_float, parse_constant=_constant)
    except RecursionError as error:
        raise ValueError(f"it is nested more than {DEPTH_LIMIT} deep") from error
    if text.count("[") + text.count("{") > DEPTH_LIMIT:
        _check_depth(value)
    if SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError("it holds half of a surrogate pair") from error
    return value
