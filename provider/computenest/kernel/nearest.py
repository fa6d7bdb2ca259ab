"""What somebody may have meant: the closest of the names that exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_MAX_NAMES = 500
_MAX_LENGTH = 200  # comparing is quadratic in the length


def nearest(wanted: str, names: Iterable[str]) -> str | None:
    """The name most like `wanted`, or None if none is like it."""
    known = [name for name in dict.fromkeys(names) if 0 < len(name) <= _MAX_LENGTH][:_MAX_NAMES]
    by_fold = {name.casefold().strip(): name for name in known}
    folded = wanted[:_MAX_LENGTH].casefold().strip()
    if folded in by_fold:
        return by_fold[folded]
    close = get_close_matches(folded, list(by_fold), n=1, cutoff=0.5)
    return by_fold[close[0]] if close else None


def meant(wanted: str, names: Iterable[str]) -> str:
    """What is asked after a sentence about a name that does not exist; "" where none is like it."""
    near = nearest(wanted, names)
    return f"; did you mean {near!r}?" if near else ""
