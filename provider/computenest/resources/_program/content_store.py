"""Where the content of packages lies, whatever its kind: implements `ports.uploads.ContentStore`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from computenest.cloud.client import Client
from computenest.resources._packages.content_model import Described, Kind, Placed, Seen
from computenest.resources._packages.content_ports import Overwriting
from computenest.resources._packages.repositories import CloudRepositories
from computenest.resources.file_package.api import FileStore

if TYPE_CHECKING:
    from computenest.resources._program.registry_store import RegistryStore

__all__ = ["CloudContent"]


class CloudContent:
    """Registry and buckets of one account."""

    def __init__(self, client: Client, repositories: CloudRepositories) -> None:
        self._repositories = repositories
        self._registry: RegistryStore | None = None
        self.files = FileStore(client, repositories)

    @property
    def registry(self) -> RegistryStore:
        """The registry's half, imported when a container image or chart is first heard of."""
        if self._registry is None:
            from computenest.resources._program.registry_store import RegistryStore

            self._registry = RegistryStore(self._repositories)
        return self._registry

    async def describe(self, *, kind: Kind, source: Mapping[str, str], known_digest: str = "") -> Described:
        if kind is Kind.FILE:
            return await self.files.describe(source=source)
        return await self.registry.describe(kind=kind, source=source, known_digest=known_digest)

    async def push(
        self,
        *,
        kind: Kind,
        inputs: Mapping[str, Any],
        source: Mapping[str, str],
        former: Mapping[str, Any],
        overwriting: Overwriting,
        show: Callable[[str], None],
    ) -> Placed:
        if kind is Kind.FILE:
            return await self.files.push(
                inputs=inputs, source=source, former=former, overwriting=overwriting, show=show
            )
        return await self.registry.push(kind=kind, inputs=inputs, source=source, overwriting=overwriting, show=show)

    async def look(self, *, kind: Kind, known: Mapping[str, Any]) -> Seen:
        if kind is Kind.FILE:
            return await self.files.look(known=known)
        return await self.registry.look(kind=kind, known=known)

    async def lies(self, *, kind: Kind, known: Mapping[str, Any], place: str) -> str:
        if kind is Kind.FILE:
            return await self.files.lies(known=known, place=place)
        return await self.registry.lies(kind=kind, place=place)

    async def drop(
        self, *, kind: Kind, known: Mapping[str, Any], place: str, is_wanted: Callable[[], Awaitable[bool]]
    ) -> bool:
        if kind is Kind.FILE:
            await self.files.drop(place=place)
            return True
        return await self.registry.drop(kind=kind, known=known, place=place, is_wanted=is_wanted)

    async def tidy(self, *, kind: Kind, known: Mapping[str, Any], places: Sequence[str]) -> None:
        if kind is Kind.FILE:
            await self.files.tidy(known=known)
        else:
            await self.registry.tidy(kind=kind, known=known, places=places)
