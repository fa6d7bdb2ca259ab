"""Paths as programs write them: seen from their own folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from pulumi_computenest.types import AnyPath

__all__ = ["absolute", "located"]


def located(path: str | Path) -> Path:
    """Where a path leads, seen from the program's folder; `~` is the home folder, as in a shell."""
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError:  # there is no such user: it is named as it is where it is not found
        return Path(path).absolute()


def absolute(path: AnyPath) -> pulumi.Input[str]:
    """A path as the provider needs it: its process has a working folder of its own."""
    if isinstance(path, pulumi.Output):
        return path.apply(lambda known: str(located(known)))
    return str(located(path))
