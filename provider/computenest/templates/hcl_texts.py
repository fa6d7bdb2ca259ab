"""Long texts in HCL as sources of their own: heredocs and quoted strings, with what stands in them verbatim.

Interpolations stay as they are written, for whoever reads the text to take apart; escapes are decoded. Source:
Terraform's documentation "Strings and Templates": `<<-` takes off the indentation that all lines share.
"""

from __future__ import annotations

import re

from computenest.templates.embedded import EmbeddedSource, Run
from computenest.templates.hcl import Expression, decoded
from computenest.templates.hcl_tokens import Item

_HEREDOC = re.compile(r"<<(-?)[^\n]*\n")
_BLANK = re.compile(r"[ \t]*")
_ESCAPES = re.compile(r'\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[nrt"\\])|([$%])\1\{')
_ESCAPED_SIGNS = re.compile(r"([$%])\1\{")
_OPENS = re.compile(r"[$%]\{")


def source_of_text(value: Expression, item: Item) -> EmbeddedSource:
    """The text of a string, template or heredoc token."""
    pieces: list[str] = []
    runs: list[Run] = []
    text = value.source.text
    if item.kind == "heredoc":
        for start, end in _heredoc_lines(text, item):
            _add(text, start, end, _ESCAPED_SIGNS, pieces, runs)
    else:
        _add(text, item.start + 1, item.end - 1, _ESCAPES, pieces, runs)
    return EmbeddedSource.of_runs(value.source, "".join(pieces), runs, first=item.start, name=value.source.name)


def _heredoc_lines(text: str, item: Item) -> list[tuple[int, int]]:
    """Start and end of each line without its indentation, its line break included."""
    header = _HEREDOC.match(text, item.start)
    if header is None:
        return []
    lines: list[tuple[int, int]] = []
    at, last = header.end(), text.rfind("\n", 0, item.end) + 1  # the marker's own line is none of the text
    while at < last:
        end = text.find("\n", at, last) + 1 or last
        lines.append((at, end))
        at = end
    if not header[1]:
        return lines
    indents = [_indent(text, start, end) for start, end in lines if text[start:end].strip()]
    shared = min(indents, default=0)
    return [(min(start + shared, max(end - 1, start)), end) for start, end in lines]


def _indent(text: str, start: int, end: int) -> int:
    match = _BLANK.match(text, start, end)
    return match.end() - start if match else 0


def _add(text: str, start: int, end: int, escapes: re.Pattern[str], pieces: list[str], runs: list[Run]) -> None:
    """One stretch of text: verbatim runs between its escapes."""
    inner = sum(map(len, pieces))
    at = start
    while at < end:
        escape = escapes.search(text, at, end)
        opened = _OPENS.search(text, at, escape.start() if escape else end)
        if opened:
            stop = _closed(text, opened.end(), end)
            escape = None
        else:
            stop = escape.start() if escape else end
        if stop > at:
            runs.append((inner, at, stop - at))
            pieces.append(text[at:stop])
            inner += stop - at
        at = stop
        if escape:
            plain = decoded(escape[0])
            pieces.append(plain)
            inner += len(plain)
            at = escape.end()


def _closed(text: str, at: int, end: int) -> int:
    """Behind the interpolation whose content begins at `at`."""
    depth = 1
    while at < end and depth:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return at
