"""The other packages' placeholders: files, container images, charts and their pull secrets.

The cloud replaces them as text wherever they stand, scripts included, so they are searched as text in the bytes; the
key of the relation is the exact text, inner spaces and all.
"""

from __future__ import annotations

import re
from itertools import islice

from computenest.domain.template.model import Note, Placeholder

__all__ = ["FILE_KINDS", "SECRET_KINDS", "find_placeholders"]

FILE_KINDS = frozenset({"file", "publicfile"})
SECRET_KINDS = frozenset({"acr::dockerconfigjson", "helm::dockerconfigjson"})

_MAX_PLACEHOLDERS = 10_000
# possessive quantifiers: no input makes this slow
_PLACEHOLDER = re.compile(
    rb"\{\{[ \t]*+computenest::"
    rb"(?:(file|publicfile|acrimage|helmchart)::([^\s{}\"'\\]++)|(acr|helm)::dockerconfigjson)[ \t]*+\}\}"
)
_MISSPELT = re.compile(rb"\{\{[ \t]*+computeneset::")


def find_placeholders(data: bytes) -> tuple[tuple[Placeholder, ...], tuple[Note, ...]]:
    """Every placeholder, in order, and notes about those that are misspelt."""
    if b"computene" not in data:
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
            )
        )
        if len(found) == _MAX_PLACEHOLDERS:
            break
    notes = tuple(
        Note(
            path="",
            line=data.count(b"\n", 0, match.start()) + 1,
            message="`computeneset` is misspelt: the cloud replaces `computenest::` only",
        )
        for match in islice(_MISSPELT.finditer(data), 100)
    )
    return tuple(found), notes
