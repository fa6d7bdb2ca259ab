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
        make: the subject, whose cloud is empty but for what the case needs.
    """

    name: str
    make: Callable[..., Any]

    @property
    def type_name(self) -> str:
        return self.name.partition(",")[0]
