"""Container images and charts in Compute Nest's registry: the registry's half of `ports.uploads.ContentStore`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from computenest.cloud.registry.blobs import Opened
from computenest.cloud.registry.client import Registry, Traffic, open_registry
from computenest.cloud.registry.login import Login
from computenest.cloud.registry.push import Shelf, missing_parts, push_tree
from computenest.cloud.registry.sources import open_image
from computenest.kernel.errors import Permanent, Transient
from computenest.resources._packages.content_model import Described, Kind, Placed, Seen
from computenest.resources._packages.content_ports import Overwriting
from computenest.resources._packages.keys import key_owner
from computenest.resources._packages.repositories import CloudRepositories, Repository, TemporaryKey
from computenest.resources.helm_chart_package.sources import chart_of

__all__ = ["RegistryStore"]


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


@dataclass(slots=True)
class RegistryStore:
    """The registry as one account sees it."""

    repositories: CloudRepositories
    traffic: Traffic = field(default_factory=Traffic)
    _shelves: dict[str, Shelf] = field(default_factory=dict)

    async def describe(self, *, kind: Kind, source: Mapping[str, str], known_digest: str = "") -> Described:
        async with self._open(kind, source, known_digest) as opened:
            tree = opened.tree
            return Described(tree.root.digest, tree.size_bytes, opened.name, opened.version, notes=opened.notes)

    async def push(
        self,
        *,
        kind: Kind,
        inputs: Mapping[str, Any],
        source: Mapping[str, str],
        overwriting: Overwriting,
        show: Callable[[str], None],
    ) -> Placed:
        key = await self._key(kind)
        repository, tag = str(inputs["repository"]), str(inputs["tag"])
        path, doing = f"{key.namespace}/{repository}", f"push of {key.namespace}/{repository}:{tag}"
        async with self._open(kind, source, str(inputs["content"])) as opened, self._registry(key) as registry:
            if opened.tree.root.digest != inputs["content"]:
                raise Permanent(
                    f"{doing}: the source changed after it was checked: it had {inputs['content']}, "
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
                shelf=self._shelves.setdefault(f"{key.host}/{key.namespace}", Shelf()),
                neighbours=await self._neighbours(kind, key, repository),
                show=show,
                doing=doing,
            )
            size_bytes, digest = opened.tree.size_bytes, opened.tree.root.digest
        row = await self._row(kind, repository)
        return Placed(
            place=f"{repository}:{tag}",
            outputs={
                "registry": key.host,
                "reference": f"{key.host}/{path}:{tag}",
                "digest": digest,
                "sizeBytes": size_bytes,
                "repositoryId": row.repository_id,
                "repositoryType": row.kind or "Private",
                "keyExpiry": key.current.expires_ms,
            },
        )

    async def look(self, *, kind: Kind, known: Mapping[str, Any]) -> Seen:
        key = await self._key(kind)
        path, tag = f"{key.namespace}/{known['repository']}", str(known["tag"])
        doing = f"look at {path}:{tag}"
        async with self._registry(key) as registry:
            found = await registry.manifest(path, tag, doing=doing)
            if found is None:
                return Seen("")
            return Seen(found.digest, await missing_parts(registry, path, found, doing=doing))

    async def lies(self, *, kind: Kind, place: str) -> str:
        key = await self._key(kind)
        repository, _, tag = place.rpartition(":")
        path = f"{key.namespace}/{repository}"
        async with self._registry(key) as registry:
            return await registry.digest(path, tag, doing=f"look at {path}:{tag}") or ""

    async def drop(
        self, *, kind: Kind, known: Mapping[str, Any], place: str, is_wanted: Callable[[], Awaitable[bool]]
    ) -> bool:
        """A second tag keeps the content until nobody can have begun to use the first one."""
        key = await self._key(kind)
        repository, _, tag = place.rpartition(":")
        path, aside = f"{key.namespace}/{repository}", _aside(known)
        doing = f"deletion of {path}:{tag}"
        async with self._registry(key) as registry:
            manifest = await registry.manifest(path, tag, doing=doing)
            if manifest is None:
                return True
            await registry.put_manifest(path, aside, manifest, doing=doing)
            await self._delete_tag(kind, repository, tag)
            is_gone = not await is_wanted()
            if not is_gone:
                await registry.put_manifest(path, tag, manifest, doing=f"putting back {path}:{tag}")
        await self._delete_tag(kind, repository, aside)
        for shelf in self._shelves.values():
            shelf.clear()
        return is_gone

    async def tidy(self, *, kind: Kind, known: Mapping[str, Any], places: Sequence[str]) -> None:
        aside = _aside(known)  # of a deletion that was interrupted
        for repository in sorted({place.rpartition(":")[0] for place in places}):
            for row in await self.repositories.repositories(kind=kind, name=repository):
                tags = await self.repositories.tags(kind=kind, repository_id=row.repository_id)
                if aside in tags:
                    await self.repositories.delete_tag(kind=kind, repository_id=row.repository_id, tag=aside)
                if not {*tags} - {aside}:
                    await self.repositories.delete_repository(kind=kind, repository_id=row.repository_id)

    async def _delete_tag(self, kind: Kind, repository: str, tag: str) -> None:
        for row in await self.repositories.repositories(kind=kind, name=repository):
            await self.repositories.delete_tag(kind=kind, repository_id=row.repository_id, tag=tag)

    def _open(self, kind: Kind, source: Mapping[str, str], known_digest: str) -> AbstractAsyncContextManager[Opened]:
        if kind is Kind.CHART:
            return chart_of(source, traffic=self.traffic, known_digest=known_digest)
        return open_image(source, traffic=self.traffic)

    def _registry(self, key: _Key) -> AbstractAsyncContextManager[Registry]:
        return open_registry(key.host, key, traffic=self.traffic)

    async def _key(self, kind: Kind) -> _Key:
        return _Key(self.repositories, kind, await self.repositories.temporary_key(kind=kind))

    async def _neighbours(self, kind: Kind, key: _Key, repository: str) -> list[str]:
        found = await self.repositories.repositories(kind=kind)
        return [f"{key.namespace}/{one.name}" for one in found if one.name != repository]

    async def _row(self, kind: Kind, repository: str) -> Repository:
        found = await self.repositories.repositories(kind=kind, name=repository)
        if not found:  # a list that lags: what was pushed is not sent again when this is tried again
            raise Transient(f"Compute Nest does not list repository {repository!r} yet, to which was just pushed")
        return found[0]


def _aside(known: Mapping[str, Any]) -> str:
    """The tag that holds a package's content while it is taken away."""
    return f"leaving-{key_owner(known)}"
