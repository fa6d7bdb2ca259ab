"""The bytes of a file and how to talk about places in them.

Parsers speak in characters, users and edits in bytes and lines; everything that converts between them is here, and
nothing else in the package counts. A text inside another text (HCL in a `Workspace`, a nested stack's body) is a
source of its own that knows where each of its characters stands in the outer file.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from computenest.templates.model import TemplateRefused

_CHUNK = 1024
_FEW = 4  # questions that are answered by counting; more are worth a table
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a literal stands in the outermost file; `start` is None where its bytes are not there verbatim."""

    line: int
    start: int | None
    end: int | None


class Source:
    """One file's bytes, decoded once."""

    def __init__(self, data: bytes, *, name: str) -> None:
        self.data = data
        self.name = name
        self.base = len(_BOM) if data.startswith(_BOM) else 0
        self.newline = b"\r" if b"\r" in data and b"\n" not in data else b"\n"
        self._lines: list[int] | None = None
        self._lines_asked = 0
        try:
            self.text = data[self.base :].decode("utf-8")
        except UnicodeDecodeError as error:
            line = self.line_of_byte(self.base + error.start)
            raise self.refusal(f"not UTF-8 text: {error.reason}", line=line) from error
        self._is_ascii = self.text.isascii()
        self._checkpoints: list[int] = []

    @property
    def outermost(self) -> Source:
        """The file itself, of a text that stands inside another."""
        return self

    def refusal(self, message: str, *, line: int | None, is_foreign: bool = False) -> TemplateRefused:
        """The error that refuses this file at `line`."""
        return TemplateRefused(message, line=line, name=self.name, is_foreign=is_foreign)

    def refusal_at(self, message: str, char: int) -> TemplateRefused:
        """The error that refuses this file at a character of it."""
        return self.refusal(message, line=self.line_of_byte(self.byte_of(min(char, len(self.text)))))

    def byte_of(self, char: int) -> int:
        """The byte offset of a character of `text`."""
        if self._is_ascii:
            return self.base + char
        if not self._checkpoints:
            self._checkpoints = self._count_chunks()
        chunk = min(char // _CHUNK, len(self._checkpoints) - 1)
        return self._checkpoints[chunk] + len(self.text[chunk * _CHUNK : char].encode("utf-8"))

    def char_of(self, byte: int) -> int:
        """The character of `text` that begins at a byte offset."""
        if self._is_ascii:
            return byte - self.base
        if not self._checkpoints:
            self._checkpoints = self._count_chunks()
        chunk = max(bisect_right(self._checkpoints, byte) - 1, 0)
        return chunk * _CHUNK + len(self.data[self._checkpoints[chunk] : byte].decode("utf-8"))

    def line_of_byte(self, byte: int) -> int:
        """The 1-based line of a byte offset, as an editor counts."""
        if self._lines is None:
            self._lines_asked += 1
            if self._lines_asked <= _FEW:
                return self.data.count(self.newline, 0, byte) + 1
            self._lines = [match.start() for match in re.finditer(self.newline, self.data)]
        return bisect_left(self._lines, byte) + 1

    def place(self, start: int, end: int) -> Place:
        """The outermost place of the characters `start` to `end`."""
        first = self.byte_of(start)
        length = end - start if self._is_ascii else len(self.text[start:end].encode("utf-8"))
        return Place(line=self.line_of_byte(first), start=first, end=first + length)

    def line(self, char: int) -> int:
        """The line in the outermost file of a character of `text`."""
        return self.line_of_byte(self.byte_of(char))

    def _count_chunks(self) -> list[int]:
        offsets = [self.base]
        for at in range(0, len(self.text), _CHUNK):
            offsets.append(offsets[-1] + len(self.text[at : at + _CHUNK].encode("utf-8")))
        return offsets[:-1] or [self.base]
