"""JSON with exact marks, from the standard library's C scanner.

libyaml reads most JSON, but not tabs as indentation and not surrogate escapes, and both are legal JSON that real
templates hold. Python's scanner gives no marks; it does give the end of each value, so a mapping that is looked into
is read member by member and everything below it is skipped in C. Nothing is parsed here that `json.loads` has not
accepted first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from json.decoder import scanstring  # type: ignore[attr-defined]  # not in the stubs, but json's own seam since 2.6

from computenest.templates.nodes import NOT_A_STRING, Entry, MappingNode, Node, ScalarNode, SequenceNode
from computenest.templates.source import Source

MAX_DEPTH = 200
_SPACE = re.compile(r"[ \t\n\r]*+")
_COLON = re.compile(r"[ \t\n\r]*+:[ \t\n\r]*+")
_NEXT = re.compile(r"[ \t\n\r]*+([,}])[ \t\n\r]*+")
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_scan_once = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


def read_json(source: Source) -> tuple[Node, list[tuple[str, int]]]:
    """The tree of a JSON file and a list that its duplicate keys will be added to, as (key, character).

    Raises:
        TemplateRefused: with the line where it is no JSON.
    """
    text = source.text
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise source.refusal_at(f"not JSON: {error.msg}", error.pos) from error
    except RecursionError as error:
        at = _too_deep_at(text) or 0
        raise source.refusal_at(f"nested deeper than {MAX_DEPTH} levels", at) from error
    except ValueError as error:  # an integer of more than 4,300 digits
        raise source.refusal(f"not JSON: {error}", line=1) from error
    reader = _Reader(text)
    return reader.node((_skip(text, 0), len(text.rstrip(" \t\n\r")), None)), reader.duplicates


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _too_deep_at(text: str) -> int | None:
    """The character where the nesting exceeds MAX_DEPTH."""
    depth = 0
    for match in _TOKENS.finditer(text):
        bracket = match.group()
        if bracket in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return match.start()
        elif bracket in "]}":
            depth -= 1
    return None


_Span = tuple[int, int, str | None]


class _Reader:
    """Reads one level at a time; the text is known to be legal."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.duplicates: list[tuple[str, int]] = []

    def node(self, span: _Span) -> Node:
        """The node of a span."""
        start, end, value = span
        first = self.text[start]
        if first == "{":
            return MappingNode(start=start, end=end, tag="", identity=start, load=lambda: self._entries(start))
        if first == "[":
            return SequenceNode(start=start, end=end, tag="", identity=start, load=lambda: self._items(start))
        if first == '"':
            return ScalarNode(
                scanstring(self.text, start + 1)[0] if value is None else value, start, end, '"', "", start
            )
        return ScalarNode(self.text[start:end], start, end, "", NOT_A_STRING, start)

    def _span(self, start: int) -> _Span:
        """Where the value that begins at `start` ends, and what it is if it is a text."""
        value, end = _scan_once(self.text, start)
        return start, end, value if isinstance(value, str) else None

    def _entries(self, start: int) -> Mapping[str, Entry]:
        text = self.text
        entries: dict[str, Entry] = {}
        at = _skip(text, start + 1)
        while text[at] == '"':
            key_at = at
            key, at = scanstring(text, at + 1)
            colon = _COLON.match(text, at)
            span = self._span(colon.end() if colon else at)
            if key in entries:
                self.duplicates.append((key, key_at))
            entries[key] = Entry(key, key_at, span, self.node)
            following = _NEXT.match(text, span[1])
            if following is None or following[1] != ",":
                break
            at = following.end()
        return entries

    def _items(self, start: int) -> tuple[Node, ...]:
        text = self.text
        items: list[Node] = []
        at = _skip(text, start + 1)
        while text[at] != "]":
            span = self._span(at)
            items.append(self.node(span))
            at = _skip(text, span[1])
            if text[at] == "]":
                break
            at = _skip(text, at + 1)
        return tuple(items)
