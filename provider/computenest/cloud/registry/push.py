"""A whole image into a registry: only what is not there yet, each layer once, several at a time.

Before a blob is sent the registry is asked for it in the same repository, then in the others of the namespace (where it
is mounted); what another push of this process is just sending is waited for. So a push that was killed goes on where it
stopped, and ten images with one base send the base once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from computenest.cloud.registry import layout
from computenest.cloud.registry.client import Body, Registry
from computenest.cloud.registry.oci import Descriptor, Manifest
from computenest.kernel.errors import ComputeNestError

_PARALLEL = 5
_NEIGHBOURS = 8  # repositories that are asked for a blob before it is sent
_WORTH_MOUNTING_BYTES = 64 << 10  # smaller ones are sent sooner than looked for elsewhere


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob of a source, and how to read it."""

    digest: str
    size_bytes: int
    open: Body


@dataclass(frozen=True, slots=True)
class Tree:
    """An image or artifact: its manifest (or index with the manifests below it) and every blob, each once."""

    root: Manifest
    children: tuple[Manifest, ...]
    """Deepest first: a registry takes an index only when it holds what that names."""
    blobs: Mapping[str, Blob]

    @property
    def size_bytes(self) -> int:
        """All blobs together."""
        return sum(blob.size_bytes for blob in self.blobs.values())


@dataclass(slots=True)
class Shelf:
    """Where the pushes of this process have put blobs, in one namespace of one registry."""

    _where: dict[str, asyncio.Future[str | None]] = field(default_factory=dict)

    async def where(self, digest: str) -> str | None:
        """The repository that has the blob; waits for a push that is sending it just now."""
        found = self._where.get(digest)
        return None if found is None else await asyncio.shield(found)

    def is_known(self, digest: str) -> bool:
        return digest in self._where

    def begin(self, digest: str) -> asyncio.Future[str | None]:
        """Says that the caller sends the blob now."""
        self._where[digest] = future = asyncio.get_running_loop().create_future()
        return future

    def end(self, digest: str, future: asyncio.Future[str | None], repository: str | None) -> None:
        """Says where it is now; None where it did not succeed, so that the next one tries."""
        if repository is None and self._where.get(digest) is future:
            del self._where[digest]
        if not future.done():
            future.set_result(repository)

    def note(self, digest: str, repository: str) -> None:
        """The blob was found there."""
        if digest not in self._where:
            self.end(digest, self.begin(digest), repository)

    def clear(self) -> None:
        """Something was deleted: what is known may be wrong."""
        self._where = {digest: future for digest, future in self._where.items() if not future.done()}

    def forget(self, repository: str) -> None:
        """The repository, or something of it, was deleted."""
        for digest, future in list(self._where.items()):
            if future.done() and future.result() == repository:
                del self._where[digest]


@dataclass(slots=True)
class _Push:
    registry: Registry
    repository: str
    tree: Tree
    shelf: Shelf
    neighbours: Sequence[str]
    show: Callable[[str], None]
    doing: str
    done_bytes: int = 0
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_PARALLEL))

    async def blob(self, blob: Blob) -> None:
        async with self._slots:
            if await self.registry.has_blob(self.repository, blob.digest, doing=self.doing):
                self.registry.traffic.blobs_present += 1
                self.shelf.note(blob.digest, self.repository)
            else:
                await self._bring(blob)
        self.done_bytes += blob.size_bytes
        total = self.tree.size_bytes
        self.show(f"{self.doing}: {_mib(self.done_bytes)} of {_mib(total)} MiB are in the registry")

    async def _bring(self, blob: Blob) -> None:
        while self.shelf.is_known(blob.digest):
            other = await self.shelf.where(blob.digest)
            if other is not None and other != self.repository and await self._mount(blob, other):
                return
            if other is not None:
                break  # it is not where this process knew it
        future = self.shelf.begin(blob.digest)
        try:
            if not await self._mount_from_neighbours(blob):
                await self.registry.send_blob(
                    self.repository, blob.digest, blob.size_bytes, blob.open, doing=self.doing
                )
        except BaseException:
            self.shelf.end(blob.digest, future, None)
            raise
        self.shelf.end(blob.digest, future, self.repository)

    async def _mount(self, blob: Blob, source: str) -> bool:
        return await self.registry.mount(self.repository, blob.digest, source=source, doing=self.doing)

    async def _mount_from_neighbours(self, blob: Blob) -> bool:
        if blob.size_bytes < _WORTH_MOUNTING_BYTES:
            return False
        for other in self.neighbours[:_NEIGHBOURS]:
            try:
                if await self.registry.has_blob(other, blob.digest, doing=self.doing):
                    return await self._mount(blob, other)
            except ComputeNestError:
                continue  # a repository that may not be read is no reason not to push
        return False


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / (1 << 20):.1f}"


async def push_tree(
    registry: Registry,
    repository: str,
    tag: str,
    tree: Tree,
    *,
    shelf: Shelf,
    neighbours: Sequence[str],
    show: Callable[[str], None],
    doing: str,
) -> None:
    """Pushes an image under a tag: blobs, then manifests, the tag last, so that it never names an incomplete image.

    Args:
        neighbours: other repositories of the namespace, where blobs are looked for.
        show: takes live status lines.
        doing: names the push in messages.
    """
    push = _Push(registry, repository, tree, shelf, [n for n in neighbours if n != repository], show, doing)
    if await registry.digest(repository, tag, doing=doing) == tree.root.digest:
        if not await missing_parts(registry, repository, tree.root, doing=doing):
            return  # nothing to do, and nothing sent
        shelf.forget(repository)
    try:
        async with asyncio.TaskGroup() as tasks:
            for blob in sorted(tree.blobs.values(), key=lambda one: -one.size_bytes):
                tasks.create_task(push.blob(blob))
    except BaseExceptionGroup as group:
        raise _first(group) from group
    for child in tree.children:
        await registry.put_manifest(repository, child.digest, child, doing=doing)
    await registry.put_manifest(repository, tag, tree.root, doing=doing)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """One failure tells what went wrong; what the others say follows from it."""
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found


async def missing_parts(registry: Registry, repository: str, root: Manifest, *, doing: str) -> tuple[str, ...]:
    """Digests of blobs and manifests that the root names and the repository does not have, sorted."""

    async def lacks(part: Descriptor) -> str:
        return "" if await registry.has_blob(repository, part.digest, doing=doing) else part.digest

    steps, found, missing, manifests = layout.walk(root, path=""), None, [], [root]
    with contextlib.suppress(StopIteration):
        while True:
            part = steps.send(found)
            found = await registry.manifest(repository, part.digest, doing=doing)
            if found is None:
                missing.append(part.digest)
            else:
                manifests.append(found)
    parts = {part.digest: part for manifest in manifests for part in manifest.sent}
    answers = await asyncio.gather(*(lacks(part) for part in parts.values()))
    return tuple(sorted([*missing, *filter(None, answers)]))
