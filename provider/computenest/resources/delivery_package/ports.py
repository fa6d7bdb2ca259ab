"""What a delivery package asks of the outside: what it comes to, and registries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from computenest.kernel.names import OwnerId
from computenest.kernel.unknown import Known
from computenest.resources._delivery.places import Lying, Place
from computenest.resources.delivery_package.model import Described, Inputs

__all__ = ["Archives", "Packer", "Registries"]


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

    async def look(self, *, place: Place, owner_id: OwnerId, generation: int, digest: str, signer: str) -> Lying:
        """What lies there; whether it is whole is asked where it is `digest`, and then whether `signer` (a
        public key in PEM, "" for none) has signed it."""
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

    async def drop(self, *, place: Place, mark: str, digest: str, signer: str) -> str:
        """Takes away our mark, the tag where nobody else relies on it, what no other tag has, and a signature by the
        signer alone.

        Returns:
            What stays though nobody needs it, and why; "" for nothing.
        """
        ...


class Archives(Protocol):
    """Packages as files of this machine."""

    async def look(self, *, path: str) -> str:
        """The digest of the package in a file, "" where there is none."""
        ...

    async def write(self, *, inputs: Inputs[Known]) -> int:
        """Builds the package and writes it to its file; the size of the package."""
        ...

    async def drop(self, *, path: str, digest: str) -> None:
        """Deletes the file where it holds that package still."""
        ...
