"""One row of the table of laws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LifecycleCase:
    """One row of the table of laws.

    Args:
        name: the type's, and what is special about the case.
        make: the subject; of one that needs it, on the embedded cloud.
        needs_cloud: whether there is none in memory.
    """

    name: str
    make: Callable[..., Any]
    needs_cloud: bool = False

    @property
    def type_name(self) -> str:
        return self.name.partition(",")[0]
