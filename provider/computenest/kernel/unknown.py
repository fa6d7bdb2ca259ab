"""A value that a preview cannot know yet, as a value of its own.

Each transport turns its own mark for unknowns into UNKNOWN and back, at any depth. Validation skips what is unknown
and never guesses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

__all__ = ["UNKNOWN", "Unknown", "has_unknown"]


class Unknown(Enum):
    """The type of UNKNOWN, which is its only member."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN


def has_unknown(value: Any) -> bool:
    """Whether anything in `value`, at any depth, is unknown."""
    if value is UNKNOWN:
        return True
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(has_unknown(item) for item in value)
    return False
