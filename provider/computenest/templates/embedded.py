"""A text inside a scalar of another file, and where each of its characters stands out there.

HCL in a ROS `Workspace` and the body of a nested stack are strings of an outer file: indented in a block scalar,
escaped in quotes. The map is made of runs that stand verbatim in the outer file; a place that is not within one run
has no bytes to edit, and says so.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from computenest.templates.nodes import ScalarNode
from computenest.templates.source import Place, Source
from computenest.templates.spans import literal_span

Run = tuple[int, int, int]  # first inner character, first outer character, how many

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([^\r\n]))")
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "a": "\a", "e": "\x1b", "v": "\v"}
_LINES = re.compile(r"\r\n|\r|\n")


class EmbeddedSource(Source):
    """The text of `scalar` in `outer` as a source of its own."""

    def __init__(self, outer: Source, scalar: ScalarNode, *, name: str) -> None:
        self._hold(outer, scalar.value, _runs(outer, scalar) or [], first=scalar.start, name=name)

    @classmethod
    def of_runs(cls, outer: Source, text: str, runs: Sequence[Run], *, first: int, name: str) -> EmbeddedSource:
        """A text whose runs somebody else has found; it begins at the character `first` of `outer`."""
        made = cls.__new__(cls)
        cls._hold(made, outer, text, runs, first=first, name=name)
        return made

    def _hold(self, outer: Source, text: str, runs: Sequence[Run], *, first: int, name: str) -> None:
        # a lone surrogate has no UTF-8; one character takes its place, so that no offset moves
        super().__init__(text.encode("utf-8", "replace"), name=name)
        self.base = 0
        self.text = self.data.decode("utf-8")
        self._outer = outer
        self._first_char = first
        self._runs = runs
        self._firsts = [run[0] for run in runs]

    @property
    def outermost(self) -> Source:
        """The file that the text stands in, whatever lies between."""
        return self._outer.outermost

    def place(self, start: int, end: int) -> Place:
        """The place in the outermost file, without bytes where they do not stand there verbatim."""
        at = bisect_right(self._firsts, start) - 1
        if at >= 0:
            inner, outer, length = self._runs[at]
            first, last = outer + start - inner, outer + end - inner
            if end <= inner + length and self._outer.text[first:last] == self.text[start:end]:
                return self._outer.place(first, last)
        return Place(line=self.line(start), start=None, end=None)

    def line(self, char: int) -> int:
        """The line in the outermost file; that of the scalar's beginning where the map has no answer."""
        at = bisect_right(self._firsts, char) - 1
        if at < 0:
            return self._outer.line(self._first_char)
        inner, outer, length = self._runs[at]
        return self._outer.line(outer + min(char - inner, length))

    def line_of_byte(self, byte: int) -> int:
        """Lines in messages are those of the outermost file, too."""
        if not hasattr(self, "_firsts"):
            return super().line_of_byte(byte)
        return self.line(self.char_of(byte))


def _runs(outer: Source, scalar: ScalarNode) -> list[Run] | None:
    if scalar.style == ">":
        return None
    if scalar.style == "|":
        return _block_runs(outer.text, scalar)
    span = literal_span(outer, scalar)
    if isinstance(span, str):
        return None
    start, end = span
    if scalar.style == '"':
        return _double_quoted_runs(outer.text, start, end, scalar.value)
    if scalar.style == "'":
        return _single_quoted_runs(outer.text, start, end, scalar.value)
    return [(0, start, end - start)] if outer.text[start:end] == scalar.value else None


def _block_runs(text: str, scalar: ScalarNode) -> list[Run] | None:
    """One run a line: the outer line without its indentation."""
    header = _LINES.search(text, scalar.start, scalar.end)
    if header is None:
        return None
    runs: list[Run] = []
    inner, at = 0, header.end()
    for line in scalar.value.split("\n"):
        if at > scalar.end:
            break
        line_end = _LINES.search(text, at, scalar.end)
        stop = line_end.start() if line_end else scalar.end
        first = stop - len(line)
        if first < at or text[first:stop] != line or text[at:first].strip(" "):
            if line or text[at:stop].strip(" "):
                return None  # what the parser made of it is not what stands there
            first = stop
        runs.append((inner, first, len(line)))
        inner += len(line) + 1
        at = line_end.end() if line_end else scalar.end + 1
    return runs


def _double_quoted_runs(text: str, start: int, end: int, value: str) -> list[Run] | None:
    runs: list[Run] = []
    inner, at = 0, start
    decoded: list[str] = []
    high = ""
    for match in _ESCAPE.finditer(text, start, end):
        if match.start() > at:
            runs.append((inner, at, match.start() - at))
            decoded.append(text[at : match.start()])
            inner += match.start() - at
        code = match.group(1) or match.group(2) or match.group(3)
        char = chr(min(int(code, 16), 0x10FFFF)) if code else _SIMPLE.get(match.group(4), match.group(4))
        at = match.end()
        if "\ud800" <= char <= "\udbff" and not high:
            high = char
            continue
        if high:
            char = (high + char).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            high = ""
        decoded.append(char)
        inner += len(char)
    if end > at:
        runs.append((inner, at, end - at))
        decoded.append(text[at:end])
    return runs if "".join(decoded) == value else None


def _single_quoted_runs(text: str, start: int, end: int, value: str) -> list[Run] | None:
    runs: list[Run] = []
    inner, at = 0, start
    while at < end:
        quote = text.find("''", at, end)
        stop = end if quote < 0 else quote + 1  # the first of the two quotes is the character itself
        runs.append((inner, at, stop - at))
        inner += stop - at
        at = end if quote < 0 else quote + 2
    return runs if value == text[start:end].replace("''", "'") else None
