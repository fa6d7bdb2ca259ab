"""Types of arguments that Python's own do not say exactly enough; only checkers load this."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, SupportsIndex, TypeAlias, TypeVar, overload

import pulumi

__all__ = ["AnyPath", "InputTexts", "Several"]

T_co = TypeVar("T_co", covariant=True)


class Several(Protocol[T_co]):
    """A list or tuple, and not a text: a text is a sequence of texts too, so `regions="cn-hangzhou"` would pass for
    eleven regions. What tells them apart is that a text contains texts only."""

    def __contains__(self, value: object, /) -> bool: ...
    def __iter__(self) -> Iterator[T_co]: ...
    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: SupportsIndex, /) -> T_co: ...
    @overload
    def __getitem__(self, index: slice, /) -> Sequence[T_co]: ...


InputTexts: TypeAlias = "Several[pulumi.Input[str]] | Awaitable[Sequence[str]] | pulumi.Output[Sequence[str]]"
AnyPath: TypeAlias = "str | Path | pulumi.Output[str]"
"""A path seen from the program's folder; `~` is the home folder."""
