"""The other packages' placeholders: files, container images, charts and their pull secrets.

The cloud replaces them as text wherever they stand, scripts included, so they are searched as text in the bytes; the
key of the relation is the exact text, inner spaces and all.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache

from computenest.kernel.nearest import nearest
from computenest.templates.model import Note, Placeholder

FILE_KINDS = frozenset({"file", "publicfile"})
SECRET_KINDS = frozenset({"acr::dockerconfigjson", "helm::dockerconfigjson"})

_MAX_PLACEHOLDERS = 10_000
# possessive quantifiers: no input makes this slow
_PLACEHOLDER = re.compile(
    rb"\{\{[ \t]*+computenest::"
    rb"(?:(file|publicfile|acrimage|helmchart)::([^\s{}\"'\\]++)|(acr|helm)::dockerconfigjson)[ \t]*+\}\}"
)
# what begins like one: a word of about that length in braces, before a colon
_BEGINNING = re.compile(rb"\{[ \t]*+([A-Za-z][A-Za-z_\-]{6,16})[ \t]*+(::?)[ \t]*+([A-Za-z]{0,20})")
_IMAGE_KEY = re.compile(rb"(?:^|[\s{,\-\"'\\n])image[\\\"']*[ \t]*:[ \t]*[\\\"']*\Z")
_BEFORE = 64  # bytes of a line before a placeholder that may say what it is
_PREFIX = "computenest"
_ALIKE = 0.8  # `compute`, which others use in braces, is 0.78 like it
_MAX_MISSPELT = 100
_FIRSTS = ("file", "publicfile", "acrimage", "helmchart", "acr", "helm")
_KINDS = ("file", "publicfile", "acrimage", "helmchart", "acr::dockerconfigjson", "helm::dockerconfigjson")


def find_placeholders(data: bytes) -> tuple[tuple[Placeholder, ...], tuple[Note, ...]]:
    """Every placeholder, in order, and notes about those that are misspelt."""
    if b"{" not in data:
        return (), ()
    found: list[Placeholder] = []
    line, counted = 1, 0
    for match in _PLACEHOLDER.finditer(data):
        line += data.count(b"\n", counted, match.start())
        counted = match.start()
        kind, name, secret = match.groups()
        found.append(
            Placeholder(
                text=match.group().decode("utf-8", "replace"),
                kind=(kind or secret + b"::dockerconfigjson").decode(),
                name=None if name is None else name.decode("utf-8", "replace"),
                line=line,
                start=match.start(),
                end=match.end(),
                is_image=is_value_of_image(data, match.start()),
            )
        )
        if len(found) == _MAX_PLACEHOLDERS:
            break
    notes = _misspelt(data, frozenset(placeholder.start for placeholder in found)) if found or b":" in data else ()
    return tuple(found), notes


def is_value_of_image(data: bytes, start: int) -> bool:
    """Whether what stands there is the value of `image` in a manifest of Kubernetes, plain or in quotes, and no
    comment. A manifest is text in a template, so it is read as text."""
    begin = max(data.rfind(b"\n", 0, start) + 1, start - _BEFORE)
    line = data[begin:start]
    return _IMAGE_KEY.search(line) is not None and not line.lstrip().startswith(b"#") and b" #" not in line


def _misspelt(data: bytes, right: frozenset[int]) -> tuple[Note, ...]:
    """What is nearly a placeholder: the cloud leaves it as it is, and the customer's machine meets the text."""
    found: list[Note] = []
    for match in _BEGINNING.finditer(data):
        start = match.start() - 1 if data[match.start() - 1 : match.start()] == b"{" else match.start()
        word, colons, kind = (part.decode("ascii") for part in match.groups())
        first = start < match.start()
        if start in right or not _is_meant(word) or not (first or colons == "::"):
            continue
        if word != _PREFIX:
            message = f"`{word}` is misspelt: the cloud replaces `{_PREFIX}::` only"
        elif first and colons == "::" and kind not in _FIRSTS:
            meant = nearest(kind, _FIRSTS)
            hint = f"; the nearest is `{meant}`" if meant else ""
            message = f"`{_PREFIX}::{kind}` is none that the cloud knows: {', '.join(_KINDS)}{hint}"
        else:
            message = f"not written as the cloud replaces it: `{{{{ {_PREFIX}::{kind or 'file'}::NAME }}}}`"
        found.append(Note(path="", line=data.count(b"\n", 0, match.start()) + 1, message=message))
        if len(found) == _MAX_MISSPELT:
            break
    return tuple(found)


@lru_cache(maxsize=1_000)
def _is_meant(word: str) -> bool:
    """Whether somebody who wrote `word` meant the cloud's prefix."""
    plain = word.casefold().replace("-", "").replace("_", "")
    return SequenceMatcher(None, plain, _PREFIX).ratio() >= _ALIKE
