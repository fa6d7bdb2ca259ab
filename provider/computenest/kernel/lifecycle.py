"""What one type of resource does, told once for both transports; every value is plain, UNKNOWN where a preview
does not know it.

A transport adds the wire: the plugin detailed diffs and partial states, the dynamic host the engine's property bags.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Difference, Outcome

if TYPE_CHECKING:
    from computenest.kernel.shapes import Shape

__all__ = ["SECRETS", "Found", "Lifecycle", "Operations", "Path"]

Path = tuple[str | int, ...]
"""Where a value stands in a property bag."""

SECRETS: ContextVar[frozenset[Path]] = ContextVar("computenest_secrets", default=frozenset())
"""The secret paths of the inputs that a check is about, where a transport hears of them: the dynamic host does not."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a read came to; `inputs` are those that would make what is there."""

    outcome: Outcome
    inputs: Mapping[str, Any]


class Operations(Protocol):
    """What changes something: the engine's use cases of an account, and with them a lifecycle.

    What an operation raises is a `ComputeNestError`; one that began something in the cloud returns an `Outcome` with
    its id instead, complete or not.
    """

    async def create(self, inputs: Mapping[str, Any]) -> Outcome: ...

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome: ...

    async def delete(self, known: Mapping[str, Any]) -> None: ...


class Lifecycle(Operations, Protocol):
    """Check, diff, create, read, update and delete of one type of resource.

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
        """What separates the state (`olds`, outputs included) from the wish (`news`, checked inputs)."""
        ...

    def foresee(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Mapping[str, Any]:
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
