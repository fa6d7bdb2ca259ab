"""From a scalar's marks to the bytes of its text, without quotes, tag or anchor.

A parser's marks span `&anchor !!str "m-1"`; an edit may touch `m-1` only. Whoever asks gets the span, or the reason
why this scalar has none that could be replaced in place.
"""

from __future__ import annotations

import re

from computenest.templates.nodes import ScalarNode
from computenest.templates.source import Source

# tag and anchor in either order, each followed by white space or a comment
_PROPERTIES = re.compile(r"(?:(?:&[^\s,\[\]{}]++|!(?:<[^>\s]*+>|[^\s,\[\]{}]*+))(?:[ \t\r\n]++(?:#[^\r\n]*+)?)*+)*+")
_ANCHOR = re.compile(r"(?:![^\s]*+\s++)?&([^\s,\[\]{}]++)")

_HEADER = re.compile(r"[^\r\n]*+")
_BREAK = re.compile(r"[\r\n\x85\u2028\u2029]")


def anchor_of(source: Source, scalar: ScalarNode) -> str | None:
    """The anchor that is written before a scalar, if any."""
    if source.text[scalar.start : scalar.start + 1] not in "&!":
        return None
    match = _ANCHOR.match(source.text, scalar.start, scalar.end)
    return match.group(1) if match else None


def literal_span(source: Source, scalar: ScalarNode) -> tuple[int, int] | str:
    """The characters of a scalar's text, or the reason why they cannot be replaced in place."""
    if not scalar.is_string:
        return "not a string" if scalar.value else "empty"
    if not scalar.style and not scalar.value:
        return "empty"  # `ImageId: !!str`: its mark ends where the tag does
    text = source.text
    start, end = scalar.start, scalar.end
    if scalar.tag or text[start : start + 1] in "&!":
        match = _PROPERTIES.match(text, start, end)
        start = match.end() if match else start
    if scalar.style in ("|", ">"):
        return _block_span(text, start, end, scalar)
    if scalar.style:
        if end - start < 2 or text[start] != scalar.style or text[end - 1] != scalar.style:
            return "its quotes are not where the parser says"
        return start + 1, end - 1
    return start, end


def _block_span(text: str, start: int, end: int, scalar: ScalarNode) -> tuple[int, int] | str:
    """The one line of a block scalar that keeps no final line break; others are no image id."""
    value = scalar.value
    if value.endswith(("\n", "\r")):
        return "a block scalar that ends with a line break; write it in quotes, or as `|-`"
    header = _HEADER.match(text, start, end)
    first = text.find(value, header.end(), end) if header and value and not _BREAK.search(value) else -1
    if first < 0:
        return "a block scalar of several lines"
    return first, first + len(value)
