"""Python source text of values and calls, laid out as ruff does: one line where it fits, else one an argument."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Call", "Name", "identifier", "written"]

_WIDTH = 120
_STEP = "    "


@dataclass(frozen=True, slots=True)
class Name:
    """A name or a dotted expression, written as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call: positional arguments, then the keywords in their order."""

    function: str
    positional: Sequence[Any]
    keywords: Mapping[str, Any]


def written(value: Any, *, indent: int = 0, before: int = 0) -> str:
    """The source text of `value`.

    Args:
        value: None, bool, number, text, mapping, sequence, Name or Call, at any depth.
        indent: how deep the statement stands, in steps of four columns.
        before: columns that stand before the text on its first line, beyond the indent.
    """
    line = _on_one_line(value)
    if "\n" not in line and len(_STEP) * indent + before + len(line) <= _WIDTH - 1:
        return line
    inner, outer = _STEP * (indent + 1), _STEP * indent
    if isinstance(value, str):
        parts = [json.dumps(part, ensure_ascii=False) for part in value.splitlines(keepends=True)]
        return line if len(parts) < 2 else "(\n" + "".join(f"{inner}{part}\n" for part in parts) + f"{outer})"
    if isinstance(value, Call):
        arguments = [written(item, indent=indent + 1) for item in value.positional]
        arguments += [
            f"{key}={written(item, indent=indent + 1, before=len(key) + 1)}" for key, item in value.keywords.items()
        ]
        return f"{value.function}(\n" + "".join(f"{inner}{argument},\n" for argument in arguments) + f"{outer})"
    if isinstance(value, Mapping):
        entries = []
        for key, item in value.items():
            head = f"{_on_one_line(key)}: "
            entries.append(head + written(item, indent=indent + 1, before=len(head)))
        return "{\n" + "".join(f"{inner}{entry},\n" for entry in entries) + f"{outer}}}"
    if isinstance(value, list | tuple):
        items = [written(item, indent=indent + 1) for item in value]
        return "[\n" + "".join(f"{inner}{item},\n" for item in items) + f"{outer}]"
    return line


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


def _on_one_line(value: Any) -> str:
    if isinstance(value, Name):
        return value.text
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Call):
        arguments = [_on_one_line(item) for item in value.positional]
        arguments += [f"{key}={_on_one_line(item)}" for key, item in value.keywords.items()]
        return f"{value.function}({', '.join(arguments)})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_on_one_line(key)}: {_on_one_line(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_on_one_line(item) for item in value) + "]"
    return repr(value)
