"""YAML from people, in bounded time and memory: what an alias stands for is counted before anybody unfolds it.

Events of libyaml are folded without recursion into plain values (a value that has aliases exists once, however often
it is referred to), so ten nested lines of aliases cost ten values, and are refused by what they would unfold to.

Two ways to read a plain scalar: `python` as PyYAML's safe loader does (computenest-cli reads its configuration with
it), `go` as the YAML library of helm does: `yes` is true, `1:30` is text, `010` is eight, a date is text.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

MAX_DEPTH = 200
MAX_VALUES = 200_000  # the largest values.yaml of public charts has some 10,000
_MAX_UNFOLDED = 500_000
_MAX_BYTES = 8 << 20  # one token of it, a comment for example, holds every other thread up
_MAX_TAG_DIRECTIVES = 100  # libyaml compares each with all before it
_YAML = "tag:yaml.org,2002:"
_OPEN: Any = object()
_LOADER = yaml.SafeLoader("")

_TRUE = frozenset(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"])
_FALSE = frozenset(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"])
_NULL = frozenset(["", "~", "null", "Null", "NULL"])
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_PREFIXED = {"0x": 16, "0o": 8, "0b": 2}


class Unreadable(ValueError):
    """It is no YAML, or more than is read; `where` is a line (`line 3`), as far as that is known."""

    def __init__(self, what: str, *, where: str = "") -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.what, self.where = what, where


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    value: Any
    is_map: bool
    anchor: str
    size: int = 1
    """Values that it unfolds to."""
    key: Any = _OPEN
    is_merge: bool = False
    own: set[Any] = field(default_factory=set)
    """Keys that no merge brought in."""


@dataclass(slots=True)
class _Reader:
    resolve: Callable[[str, str | None, bool], Any]
    counts_as_go: bool
    known: dict[str, tuple[Any, int]] = field(default_factory=dict)
    count: int = 0
    """What the file holds, and what merges bring in."""
    unfolded: int = 0
    from_aliases: int = 0
    stack: list[_Open] = field(default_factory=list)

    def scalar(self, event: yaml.ScalarEvent) -> None:
        is_plain = bool(event.implicit[0])
        self.count += 1
        at = _line(event)
        if self.count > MAX_VALUES:
            raise Unreadable(f"more than {MAX_VALUES:,} values", where=f"line {at}")
        top = self.stack[-1]
        if top.is_map and top.key is _OPEN and event.value == "<<" and (is_plain or event.tag == f"{_YAML}merge"):
            top.key, top.is_merge, top.size = "<<", True, top.size + 1
            return
        try:
            value = self.resolve(event.value, event.tag, is_plain)
        except ValueError as error:
            raise Unreadable(f"{error}", where=f"line {at}") from error
        if event.anchor:
            self.known[event.anchor] = (value, 1)
        self._add(value, 1, at)

    def alias(self, event: yaml.AliasEvent) -> None:
        at = _line(event)
        value, size = self.known.get(event.anchor or "", (None, -1))
        if size < 0:
            raise Unreadable(f"nothing is named &{event.anchor}", where=f"line {at}")
        if value is _OPEN:
            raise Unreadable(f"what *{event.anchor} stands for contains itself", where=f"line {at}")
        self.unfolded += size
        self.from_aliases += size
        self._add(value, size + 1, at)

    def begin(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        at = _line(event)
        self.count += 1
        if len(self.stack) > MAX_DEPTH or self.count > MAX_VALUES:
            what = f"nested deeper than {MAX_DEPTH} levels" if len(self.stack) > MAX_DEPTH else "too many values"
            raise Unreadable(f"{what}", where=f"line {at}")
        is_map = isinstance(event, yaml.MappingStartEvent)
        if event.anchor:
            self.known[event.anchor] = (_OPEN, 0)
        self.stack.append(_Open({} if is_map else [], is_map, event.anchor or ""))

    def end(self, event: yaml.Event) -> None:
        done = self.stack.pop()
        if done.anchor:
            self.known[done.anchor] = (done.value, done.size)
        self._add(done.value, done.size, _line(event))

    def _add(self, value: Any, size: int, line: int) -> None:
        top = self.stack[-1]
        top.size += size
        self.unfolded += 1
        is_bomb = self.counts_as_go and self.from_aliases > 100 and self.unfolded > 1000  # as helm's library decides it
        if self.unfolded > _MAX_UNFOLDED or (is_bomb and self.from_aliases > 0.99 * self.unfolded):
            raise Unreadable("the aliases unfold to too many values", where=f"line {line}")
        if not top.is_map:
            top.value.append(value)
        elif top.key is _OPEN:
            if isinstance(value, dict | list) or (value is None and self.counts_as_go):
                raise Unreadable("a map, a list or nothing as a key", where=f"line {line}")
            top.key = value
        elif top.is_merge:
            self._merge(top, value, line)
            top.key, top.is_merge = _OPEN, False
        else:
            top.value[top.key] = value
            top.own.add(top.key)
            top.key = _OPEN

    def _merge(self, into: _Open, value: Any, line: int) -> None:
        """Earlier maps of a list win; whether they win over keys that stand before them, the libraries disagree."""
        for one in reversed(value if isinstance(value, list) else [value]):
            if not isinstance(one, dict):
                raise Unreadable("`<<` wants a map", where=f"line {line}")
            self.count += len(one)
            if self.count > MAX_VALUES:
                raise Unreadable("`<<` brings in too many values", where=f"line {line}")
            into.value.update(one if self.counts_as_go else {k: v for k, v in one.items() if k not in into.own})


def read_yaml(data: bytes | str, *, flavor: Literal["go", "python"]) -> Any:
    """The first document's value: maps, lists, text, numbers, truth values, None; what has aliases is shared.

    Raises:
        Unreadable: it is no YAML, nests too deep, or holds or unfolds to too many values.
    """
    raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
    if len(raw) > _MAX_BYTES:
        raise Unreadable(f"it has {len(raw)} bytes, more than {_MAX_BYTES}")
    if raw.count(b"%TAG") > _MAX_TAG_DIRECTIVES:
        raise Unreadable(f"more than {_MAX_TAG_DIRECTIVES} %TAG directives")
    reader = _Reader(_go_value if flavor == "go" else _python_value, flavor == "go")
    root = _Open([], is_map=False, anchor="")
    reader.stack.append(root)
    for event in _events(raw, reads_all=flavor == "python"):
        if isinstance(event, yaml.ScalarEvent):
            reader.scalar(event)
        elif isinstance(event, yaml.AliasEvent):
            reader.alias(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            reader.begin(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            reader.end(event)
    return root.value[0] if root.value else None


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 1


def _events(raw: bytes, *, reads_all: bool) -> Iterator[yaml.Event]:
    parser = yaml.CSafeLoader(raw)
    documents = 0
    try:
        while parser.check_event():
            event = parser.get_event()
            if event is None:
                return
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise Unreadable("a second document", where=f"line {_line(event)}")
            yield event
            if isinstance(event, yaml.DocumentEndEvent) and not reads_all:
                return
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        said = " ".join(part for part in (error.context, error.problem) if part)
        raise Unreadable(said, where=where) from error
    except (yaml.YAMLError, UnicodeError, OverflowError) as error:
        raise Unreadable(" ".join(str(error).split())[:200]) from error
    finally:
        parser.dispose()


def _go_value(text: str, tag: str | None, is_plain: bool) -> Any:  # noqa: FBT001 - a callback's signature
    if tag in (None, "!"):
        return _go_plain(text) if is_plain and tag is None else text
    if not tag.startswith(_YAML):
        return text
    kind = tag.removeprefix(_YAML)
    if kind == "binary":
        try:
            return base64.b64decode(text, validate=False).decode("utf-8", "replace")
        except binascii.Error as error:
            raise ValueError("!!binary holds no base64") from error
    if kind in ("str", "timestamp") or kind not in ("bool", "int", "float", "null"):
        return text
    value = _go_plain(text)
    if kind == "float" and type(value) is int:
        return float(value)
    if {bool: "bool", int: "int", float: "float", type(None): "null"}.get(type(value)) != kind:
        raise ValueError(f"{text[:40]!r} is no !!{kind}")
    return value


def _go_plain(text: str) -> Any:
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if not text[0].isascii() or text[0] not in "+-.0123456789":
        return text
    if _INFINITE.fullmatch(text):
        raise ValueError(f"{text} is no value that JSON has")
    bare = text if text[0] == "." else text.replace("_", "")
    number = None if text[0] == "." else _go_integer(bare)
    if number is not None and -(1 << 63) <= number < (1 << 64):
        return number
    if _FLOAT.fullmatch(bare) and len(bare) < 400 and math.isfinite(found := float(bare)):
        return found
    return text


def _go_integer(text: str) -> int | None:
    sign, body = (text[0], text[1:]) if text[:1] in ("+", "-") else ("", text)
    base = _PREFIXED.get(body[:2].lower(), 0)
    digits = body[2:] if base else body
    if not base:
        base = 8 if len(body) > 1 and body[0] == "0" else 10
    if len(digits) > 70 or not digits.isascii() or not digits.isalnum():
        return None
    try:
        return int(sign + digits, base)
    except ValueError:
        return None


def go_number(value: float) -> str:
    """A number as Go writes it into a text: the shortest form of single precision."""
    if isinstance(value, int):
        return str(value)
    shown = next((text for text in (f"{value:.{n}e}" for n in range(9)) if _single(float(text)) == _single(value)), "")
    mantissa, _, exponent = (shown or f"{value:.8e}").partition("e")
    power = int(exponent)
    if power < -4 or power >= 6:
        return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"
    decimals = len(mantissa.lstrip("-").replace(".", "")) - 1 - power
    return f"{float(f'{mantissa}e{power}'):.{max(0, decimals)}f}"


def _single(value: float) -> bytes:
    try:
        return struct.pack("<f", value)
    except OverflowError:
        return struct.pack("<f", math.inf)


def _python_value(text: str, tag: str | None, is_plain: bool) -> Any:  # noqa: FBT001 - a callback's signature
    known = tag if tag not in (None, "!") else _LOADER.resolve(yaml.ScalarNode, text, (is_plain and tag is None, True))  # type: ignore[no-untyped-call]
    try:
        return _LOADER.construct_object(yaml.ScalarNode(known, text))
    except yaml.YAMLError as error:
        raise ValueError(getattr(error, "problem", None) or str(error)) from error
