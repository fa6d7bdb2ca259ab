"""A value that a preview cannot know yet, as a value of its own.

Each transport turns its own mark for unknowns into UNKNOWN and back, at any depth. Validation skips what is unknown
and never guesses it.

A model whose values may be unknown is generic: `Arguments[Unknown]` is what a preview knows, `Arguments[Known]` what an
operation works with, and for mypy a field `str | U` of it is a text.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Never, TypeAlias, TypeVar

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

T = TypeVar("T")
U = TypeVar("U", covariant=True)  # noqa: PLC0105 - `Unknown` in a preview, `Known` in an operation
"""What stands in the place of a value that is not known: `Unknown` in a preview, nothing (`Known`) in an operation."""


class Unknown(Enum):
    """The type of UNKNOWN, which is its only member."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: object) -> CoreSchema:
        """The member itself, and no text that reads like it."""
        from pydantic_core import core_schema  # noqa: PLC0415 - a program loads none

        return core_schema.is_instance_schema(cls)


UNKNOWN: Final = Unknown.UNKNOWN
Maybe: TypeAlias = T | Unknown
"""A value, or that a preview does not know it."""

if TYPE_CHECKING:
    Known: TypeAlias = Never
else:

    class Known:
        """What nothing is: a model of it has no unknown value."""

        __get_pydantic_core_schema__ = classmethod(lambda cls, *_: Unknown.__get_pydantic_core_schema__.__func__(cls))


def has_unknown(value: Any) -> bool:
    """Whether anything in `value`, at any depth, is unknown."""
    if value is UNKNOWN:
        return True
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(has_unknown(item) for item in value)
    return False
