"""Container images and charts in Compute Nest's registry: the registry's half of `content_ports.ContentStore`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakKeyDictionary

from computenest.cloud.client import Client
from computenest.cloud.registry.blobs import Opened
from computenest.cloud.registry.client import Registry, Traffic, open_registry
from computenest.cloud.registry.login import Login
from computenest.cloud.registry.push import Shelf, missing_parts, push_tree
from computenest.kernel.errors import Permanent, Transient
from computenest.kernel.unknown import Known
from computenest.resources._packages.content_model import Described, Kind, Seen
from computenest.resources._packages.content_package import ContentPackage, ContentState
from computenest.resources._packages.content_ports import Overwriting
from computenest.resources._packages.keys import key_owner
from computenest.resources._packages.repositories import CloudRepositories, Repository, TemporaryKey
from computenest.resources._program.session import Session


@dataclass(slots=True)
class _Key:
    """The temporary key of one operation, renewed when the authorization service refuses it."""

    repositories: CloudRepositories
    kind: Kind
    current: TemporaryKey

    async def login(self, *, renew: bool) -> Login | None:
        if renew:
            self.current = await self.repositories.temporary_key(kind=self.kind)
        return self.current.login

    @property
    def host(self) -> str:
        return self.current.resources[0].name

    @property
    def namespace(self) -> str:
        """The supplier's own part of the registry: what stands before the last name of the path (facts §1.5)."""
        path = self.current.resources[0].path.removeprefix(f"{self.host}/")
        return path.rpartition("/")[0] or path


class OpenSource(Protocol):
    """Opens what a package is made of."""

    def __call__(
        self, source: Mapping[str, str], *, traffic: Traffic, known_digest: str
    ) -> AbstractAsyncContextManager[Opened]: ...


@dataclass(slots=True)
class RegistryMemory:
    """What one account's registry is known to hold, and what was sent: of every kind of package."""

    traffic: Traffic = field(default_factory=Traffic)
    shelves: dict[str, Shelf] = field(default_factory=dict)


def registry_store(session: Session, state: type[ContentState[Known]], open_source: OpenSource) -> RegistryStore:
    """The registry of an account, for packages of one kind."""
    return RegistryStore(
        state, session.port(CloudRepositories), _MEMORIES.setdefault(session.client, RegistryMemory()), open_source
    )


_MEMORIES: WeakKeyDictionary[Client, RegistryMemory] = WeakKeyDictionary()
"""Of each account while it is open: several types of package lie in one registry."""


@dataclass(slots=True)
class RegistryStore:
    """The registry as one account sees it, for packages of one kind.

    Args:
        state: what is recorded of them.
        open: opens their sources.
    """

    state: type[ContentState[Known]]
    repositories: CloudRepositories
    memory: RegistryMemory
    open: OpenSource

    @property
    def kind(self) -> Kind:
        """The packages'."""
        return self.state.kind

    async def describe(self, *, source: Mapping[str, str], known_digest: str = "") -> Described:
        async with self.open(source, traffic=self.memory.traffic, known_digest=known_digest) as opened:
            tree = opened.tree
            named = (opened.name, opened.version)
            return Described(tree.root.digest, tree.size_bytes, *named, notes=opened.notes, platforms=opened.platforms)

    async def push(
        self,
        *,
        wanted: ContentPackage[Known],
        source: Mapping[str, str],
        former: ContentState[Known] | None,
        overwriting: Overwriting,
        show: Callable[[str], None],
    ) -> ContentState[Known]:
        del former
        key = await self._key()
        repository, _, tag = wanted.where.rpartition(":")
        path, doing = f"{key.namespace}/{repository}", f"push of {key.namespace}/{repository}:{tag}"
        async with (
            self.open(source, traffic=self.memory.traffic, known_digest=wanted.content) as opened,
            self._registry(key) as registry,
        ):
            if opened.tree.root.digest != wanted.content:
                raise Permanent(
                    f"{doing}: the source changed after it was checked: it had {wanted.content}, "
                    f"now it has {opened.tree.root.digest}",
                    hint="run pulumi up again",
                )
            there = await registry.digest(path, tag, doing=doing)
            if there is not None and there != opened.tree.root.digest:
                await overwriting(f"{repository}:{tag}", where=f"{key.host}/{path}:{tag}", found=there)
            await push_tree(
                registry,
                path,
                tag,
                opened.tree,
                shelf=self.memory.shelves.setdefault(f"{key.host}/{key.namespace}", Shelf()),
                neighbours=await self._neighbours(key, repository),
                show=show,
                doing=doing,
            )
            size_bytes, digest = opened.tree.size_bytes, opened.tree.root.digest
        row = await self._row(repository)
        return self.state.made(
            wanted,
            registry=key.host,
            reference=f"{key.host}/{path}:{tag}",
            digest=digest,
            size_bytes=size_bytes,
            repository_id=row.repository_id,
            repository_type=row.kind or "Private",
            key_expiry=key.current.expires_ms,
        )

    async def look(self, *, known: ContentState[Known]) -> Seen:
        key = await self._key()
        repository, _, tag = known.where.rpartition(":")
        path = f"{key.namespace}/{repository}"
        doing = f"look at {path}:{tag}"
        async with self._registry(key) as registry:
            found = await registry.manifest(path, tag, doing=doing)
            if found is None:
                return Seen("")
            return Seen(found.digest, await missing_parts(registry, path, found, doing=doing))

    async def lies(self, *, known: ContentState[Known], place: str) -> str:
        del known
        key = await self._key()
        repository, _, tag = place.rpartition(":")
        path = f"{key.namespace}/{repository}"
        async with self._registry(key) as registry:
            return await registry.digest(path, tag, doing=f"look at {path}:{tag}") or ""

    async def drop(self, *, known: ContentState[Known], place: str, is_wanted: Callable[[], Awaitable[bool]]) -> bool:
        """A second tag keeps the content until nobody can have begun to use the first one."""
        key = await self._key()
        repository, _, tag = place.rpartition(":")
        path, aside = f"{key.namespace}/{repository}", _aside(known)
        doing = f"deletion of {path}:{tag}"
        async with self._registry(key) as registry:
            manifest = await registry.manifest(path, tag, doing=doing)
            if manifest is None:
                return True
            await registry.put_manifest(path, aside, manifest, doing=doing)
            await self._delete_tag(repository, tag)
            is_gone = not await is_wanted()
            if not is_gone:
                await registry.put_manifest(path, tag, manifest, doing=f"putting back {path}:{tag}")
        await self._delete_tag(repository, aside)
        for shelf in self.memory.shelves.values():
            shelf.clear()
        return is_gone

    async def tidy(self, *, known: ContentState[Known], places: Sequence[str]) -> None:
        aside = _aside(known)  # of a deletion that was interrupted
        for repository in sorted({place.rpartition(":")[0] for place in places}):
            for row in await self.repositories.repositories(kind=self.kind, name=repository):
                tags = await self.repositories.tags(kind=self.kind, repository_id=row.repository_id)
                if aside in tags:
                    await self.repositories.delete_tag(kind=self.kind, repository_id=row.repository_id, tag=aside)
                if not {*tags} - {aside}:
                    await self.repositories.delete_repository(kind=self.kind, repository_id=row.repository_id)

    async def _delete_tag(self, repository: str, tag: str) -> None:
        for row in await self.repositories.repositories(kind=self.kind, name=repository):
            await self.repositories.delete_tag(kind=self.kind, repository_id=row.repository_id, tag=tag)

    def _registry(self, key: _Key) -> AbstractAsyncContextManager[Registry]:
        return open_registry(key.host, key, traffic=self.memory.traffic)

    async def _key(self) -> _Key:
        """A new one, for one operation."""
        return _Key(self.repositories, self.kind, await self.repositories.temporary_key(kind=self.kind))

    async def _neighbours(self, key: _Key, repository: str) -> list[str]:
        found = await self.repositories.repositories(kind=self.kind)
        return [f"{key.namespace}/{one.name}" for one in found if one.name != repository]

    async def _row(self, repository: str) -> Repository:
        """What Compute Nest knows of a repository that was just pushed to."""
        found = await self.repositories.repositories(kind=self.kind, name=repository)
        if not found:  # a list that lags: what was pushed is not sent again when this is tried again
            raise Transient(f"Compute Nest does not list repository {repository!r} yet, to which was just pushed")
        return found[0]


def _aside(known: ContentState[Known]) -> str:
    """The tag that holds a package's content while it is taken away."""
    return f"leaving-{key_owner(known.owner_id, known.generation)}"
