"""Values and calls as the text of Python, as ruff lays it out: one line, or one an argument.

What has no brackets is written by `ast.unparse`, texts in the quotes that formatters prefer.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_WIDTH = 120
_STEP = "    "


@dataclass(frozen=True, slots=True)
class Name:
    """A name or a dotted expression."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call: positional arguments, then the keywords in their order."""

    function: str
    positional: Sequence[Any]
    keywords: Mapping[str, Any]


def source_of(value: Any, *, indent: int = 0, before: int = 0, after: int = 0) -> str:
    """The text of None, a bool, number, text, mapping, sequence, Name or Call, at any depth.

    Args:
        value: which.
        indent: how deep it stands, in steps of four columns.
        before: columns that stand before the text on its first line, beyond the indent.
        after: columns that follow it on its last line, such as a comma.
    """
    line = _one_line(value)
    if len(_STEP) * indent + before + len(line) + after <= _WIDTH:
        return line
    opening, items, closing = _parts(value)
    if not opening:
        lines = value.splitlines(keepends=True) if isinstance(value, str) else []
        return _broken("(", map(_one_line, lines), ")", indent) if len(lines) > 1 else line
    inner = [f"{head}{source_of(one, indent=indent + 1, before=len(head), after=1)}," for head, one in items]
    return _broken(opening, inner, closing, indent)


def _parts(value: Any) -> tuple[str, list[tuple[str, Any]], str]:
    """The brackets of a value and what is in them, each with what stands before it; "" for what has no brackets."""
    if isinstance(value, Call):
        items = [("", one) for one in value.positional] + [(f"{key}=", one) for key, one in value.keywords.items()]
        return f"{value.function}(", items, ")"
    if isinstance(value, Mapping):
        return "{", [(f"{_one_line(key)}: ", one) for key, one in value.items()], "}"
    return ("[", [("", one) for one in value], "]") if isinstance(value, list | tuple) else ("", [], "")


def _one_line(value: Any) -> str:
    opening, items, closing = _parts(value)
    if opening:
        return opening + ", ".join(head + _one_line(one) for head, one in items) + closing
    if isinstance(value, Name):
        return value.text
    return _quoted(value) if isinstance(value, str) else ast.unparse(ast.Constant(value))


def _broken(opening: str, items: Iterable[str], closing: str, indent: int) -> str:
    inner = "".join(f"{_STEP * (indent + 1)}{item}\n" for item in items)
    return f"{opening}\n{inner}{_STEP * indent}{closing}"


def _quoted(text: str) -> str:
    """In double quotes, or in single ones where the text has double quotes of its own."""
    return repr(text) if '"' in text else '"' + repr("'" + text)[2:]


def identifier(text: str, *, taken: set[str], otherwise: str) -> str:
    """A variable's name like `text`, unlike every name taken, and taken from now on."""
    base = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)).strip("_").lower()
    base = base if base.isascii() and base.isidentifier() and not keyword.iskeyword(base) else otherwise
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    taken.add(name)
    return name
