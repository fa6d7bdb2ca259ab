"""What a delivery package asks of the outside: what it comes to, and registries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from computenest.kernel.names import OwnerId
from computenest.kernel.unknown import Known
from computenest.resources.delivery_package.model import Described, Inputs, Lying, Place

__all__ = ["Packer", "Registries"]


class Packer(Protocol):
    """Reads what packages are made of."""

    async def describe(self, *, inputs: Inputs[Known]) -> Described:
        """What the package comes to; nothing is sent, and no more than a bound is fetched.

        Raises:
            Invalid: something cannot be had: which, where, why.
        """
        ...


class Registries(Protocol):
    """Repositories of registries that speak the OCI distribution protocol."""

    async def look(self, *, place: Place, owner_id: OwnerId, generation: int, digest: str) -> Lying:
        """What lies there; whether it is whole is asked where it is `digest`."""
        ...

    async def absent(self, *, place: Place, digests: Sequence[str]) -> tuple[str, ...]:
        """Which of these blobs the repository lacks, by HEAD."""
        ...

    async def bring(
        self, *, place: Place, mark: str, inputs: Inputs[Known], neighbours: Sequence[str], show: Callable[[str], None]
    ) -> int:
        """Builds and pushes the package, marks it, and tags it last; its size. What is there is not sent again.

        Args:
            neighbours: other repositories of the same registry, from which blobs are mounted.
            show: takes live status lines.
        """
        ...

    async def drop(self, *, place: Place, mark: str, digest: str) -> str:
        """Takes away our mark, the tag where nobody else relies on it, and what no other tag has.

        Returns:
            What stays though nobody needs it, and why; "" for nothing.
        """
        ...
