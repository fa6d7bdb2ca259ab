"""A value that cannot be shown.

Redaction is a matter of type here, not of pattern: a `Secret` has no text form in any of the ways a value usually
leaks (repr, str, format, f-string, pickle, JSON, pydantic dumps). Only `reveal()` gives it, and only the code that
signs requests or prints `export` lines on request calls that.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Any, NoReturn, Self

from pydantic_core import core_schema

from computenest.kernel.redact import HIDDEN, Redactor

__all__ = ["HIDDEN", "Secret", "redactor_of"]


class Secret:
    """Holds one text. Compares in constant time; copies are the same object; refuses to be pickled."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The text itself. Never put the result into a message, a log or a state."""
        return self.__value

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__value.encode(), other.__value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self.__value))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret cannot be pickled")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.is_instance_schema(
            cls, serialization=core_schema.plain_serializer_function_ser_schema(lambda _: HIDDEN)
        )


def redactor_of(secrets: Iterable[Secret]) -> Redactor:
    """Blots them out of what somebody else answered."""
    return Redactor(tuple(secret.reveal() for secret in secrets if secret))
