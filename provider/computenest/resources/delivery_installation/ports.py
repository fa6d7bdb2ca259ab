"""What an installation asks of the outside beside the cluster: the package, and the cluster's registry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from computenest.kernel.names import OwnerId
from computenest.resources._components.wish import Wish
from computenest.resources._delivery.clusterfile import Clusterfile
from computenest.resources._delivery.completeness import Used
from computenest.resources._delivery.delivered import Delivered
from computenest.resources._delivery.places import Lying, Place

__all__ = ["Packages", "Registries", "Seen", "Wanted"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A package that was looked into, with the overrides of a Clusterfile."""

    package: Delivered
    clusterfile: Clusterfile = field(default_factory=Clusterfile)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An image that is to be in a registry.

    Args:
        digest: of the image.
        place: where it goes.
        mark: our tag beside its own.
    """

    digest: str
    place: Place
    mark: str


class Packages(Protocol):
    """Packages in registries, archives and layouts.

    Raises (each call):
    Invalid: it is none, is damaged, or not signed by whom it has to be.
    NotFound: its registry does not have it.
    Transient: its registry does not answer.
    """

    async def look(self, *, where: str, verify: str, clusterfile: str) -> Seen:
        """What a package brings.

        Args:
            where: a reference, or an archive or layout on this machine.
            verify: a file with the public key of whoever has to have signed it; "" for anybody.
            clusterfile: a file; "" for none.
        """
        ...

    async def used(self, *, wish: Wish) -> tuple[Used, ...]:
        """The images that a release of it would name; the wish's values are known."""
        ...


class Registries(Protocol):
    """The registries that clusters pull from."""

    async def look(self, *, place: Place, owner_id: OwnerId, generation: int, digest: str) -> Lying:
        """What lies there; whether it is whole is asked where it is `digest`."""
        ...

    async def absent(self, *, place: Place, digests: Sequence[str]) -> tuple[str, ...]:
        """Which of these blobs the repository lacks."""
        ...

    async def load(self, *, where: str, wanted: Sequence[Wanted], show: Callable[[str], None]) -> None:
        """Puts images of a package into their repositories; what is there is not sent again. The package is opened
        once.

        Args:
            where: the package.
            wanted: which images, and where they go.
            show: takes live status lines.
        """
        ...

    async def drop(self, *, place: Place, mark: str, digest: str) -> str:
        """Takes away our mark, the tag where nobody else relies on it, and what no other tag has.

        Returns:
            What stays though nobody needs it, and why; "" for nothing.
        """
        ...
