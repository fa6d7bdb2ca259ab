"""What a transport serves: the verbs of one type of resource, on property bags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from computenest.kernel.lifecycle import Found, Operations, Path
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Difference
from computenest.kernel.shapes import Shape

__all__ = ["Served"]


class Served(Operations, Protocol):
    """A `Lifecycle` on property bags, as transports have them: plain values, UNKNOWN where a preview knows none.

    `news` and `inputs` always hold `ownerId`, and `news` `logicalName`.
    """

    @property
    def shape(self) -> Shape:
        """Which type it is, and what its property bags look like."""
        ...

    async def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        """Checked inputs with every failure, and what a preview should say beside them."""
        ...

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
        """What separates the state (`olds`, outputs included) from the desired state (`news`, checked inputs)."""
        ...

    def preview(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Mapping[str, Any]:
        """The state as an operation would leave it, UNKNOWN where only the cloud can tell; `former` is {} before a
        create."""
        ...

    async def read(self, id_: str, known: Mapping[str, Any], *, owner_id: OwnerId) -> Found | None:
        """What is there now, None where it is gone; an import knows nothing but the id. Where the cloud cannot
        tell, what is known."""
        ...

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        """The secret paths of inputs, and those of what is computed from them."""
        ...
