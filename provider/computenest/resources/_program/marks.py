"""What a type of resource brings for `computenest orphans` to find its objects: `marks.MARKS` in its folder."""

from __future__ import annotations

from typing import Protocol

from computenest.resources._program.orphans import Marked
from computenest.resources._program.session import Session


class Marks(Protocol):
    """Finds every object of a type in an account, whoever made it."""

    @property
    def what(self) -> str:
        """What messages call them all: `service instances`."""
        ...

    @property
    def type_name(self) -> str:
        """The type of resource that they are of."""
        ...

    async def listed(self, session: Session) -> list[Marked]:
        """All of them, all pages. What it raises is a `ComputeNestError`."""
        ...
