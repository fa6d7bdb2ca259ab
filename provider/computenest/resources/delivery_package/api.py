"""Registries and what packages are made of: implements `ports.Registries` and `ports.Packer`.

Every call is one of the OCI distribution specification 1.1.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from computenest.cloud.paths import local_path
from computenest.cloud.registry.blobs import Opened
from computenest.cloud.registry.client import Registry, Traffic, open_registry
from computenest.cloud.registry.login import Keys, Login
from computenest.cloud.registry.oci import digest_of, parse_reference
from computenest.cloud.registry.push import Shelf, Tree, missing_parts, push_tree
from computenest.cloud.registry.sources import DockerLogin
from computenest.cloud.registry.untag import untag
from computenest.cloud.secret import Secret
from computenest.kernel.errors import ComputeNestError, Invalid, Permanent
from computenest.kernel.names import OwnerId
from computenest.kernel.unknown import UNKNOWN, Known
from computenest.kernel.values import Json
from computenest.resources._delivery.archives import digest_in, write_archive
from computenest.resources._delivery.assembly import Assembled, LayerCache, assemble
from computenest.resources._delivery.completeness import Compared, Used, compare
from computenest.resources._delivery.reading import opened_package
from computenest.resources._delivery.rendering import used_by
from computenest.resources._delivery.sealed import Contents, seal
from computenest.resources._delivery.signing import public_key_of, sign, signature_tag, verify
from computenest.resources._delivery.sources import ChartSource, FileSource, Gathered, ImageSource, Sources, gathered
from computenest.resources.delivery_package.model import (
    DeliveredChart,
    Described,
    Inputs,
    Lying,
    Place,
    is_mark_of,
    mark_of,
    marked_by,
    own_marks,
)

__all__ = ["FileArchives", "OciRegistries", "SourcePacker"]

_FETCHED_BY_CHECK_BYTES = 1 << 30
_PARALLEL = 8
_SHOWN_VALUES = 12


@dataclass(frozen=True, slots=True)
class _Given:
    """The login that a program gives."""

    username: str
    password: Secret

    async def login(self, *, renew: bool) -> Login | None:
        del renew
        return Login(self.username, self.password)


@dataclass(slots=True)
class SourcePacker:
    """Reads charts, images and files.

    Args:
        cache: what layers came to before.
    """

    cache: LayerCache
    traffic: Traffic = field(default_factory=Traffic)

    async def describe(self, *, inputs: Inputs[Known]) -> Described:
        await asyncio.to_thread(_may_write, inputs.archive)
        async with gathered(_sources(inputs), traffic=self.traffic) as found:
            compared = await self._compared(inputs, found)
            limit = _FETCHED_BY_CHECK_BYTES if inputs.digest else None
            made = await self._assembled(found, may_read_bytes=limit)
            tree = made.tree
            return Described(
                digest=tree.root.digest if tree is not None else "",
                size_bytes=made.size_bytes,
                unread_bytes=made.unread_bytes,
                contents=_told(found.contents),
                lacking={one.image: one.sentence for one in compared.lacks},
                ignored={one.image: one.sentence for one in compared.ignored},
                notes=(*found.notes, *_notes(compared), *(await _since(inputs, tree))),
                blobs={blob.digest: blob.size_bytes for blob in tree.blobs.values()} if tree is not None else {},
                signer=public_key_of(inputs.signing_key) if inputs.signing_key else "",
            )

    @asynccontextmanager
    async def tree(self, inputs: Inputs[Known]) -> AsyncIterator[Tree]:
        """The package, while what it is made of is open.

        Raises:
            Permanent: it is not the one that was checked.
        """
        async with gathered(_sources(inputs), traffic=self.traffic) as found:
            made = await self._assembled(found, may_read_bytes=None)
            if made.tree is None or made.tree.root.digest != inputs.digest:
                now = made.tree.root.digest if made.tree is not None else "unread"
                raise Permanent(
                    f"{inputs.name}: what it is made of changed after it was checked: {inputs.digest}, now {now}",
                    hint="run pulumi up again",
                )
            yield made.tree

    async def _assembled(self, found: Gathered, *, may_read_bytes: int | None) -> Assembled:
        far = frozenset(found.far)
        return await assemble(
            seal(found.contents), found.bodies, cache=self.cache, may_read_bytes=may_read_bytes, remote=far
        )

    async def _compared(self, inputs: Inputs[Known], found: Gathered) -> Compared:
        if "*" in inputs.ignore or not found.contents.charts:
            return Compared()
        used: list[Used] = []
        for chart, given in zip(found.contents.charts, inputs.charts, strict=True):
            used += await used_by(chart, found.archives[chart.name], _values(given))
        return compare(used, found.contents.images, ignore=inputs.ignore)


def _values(chart: DeliveredChart) -> Mapping[str, Json]:
    return {} if chart.values is None or chart.values is UNKNOWN else chart.values


def _sources(inputs: Inputs[Known]) -> Sources:
    charts = tuple(
        ChartSource(
            at=f"charts[{index}]",
            path=str(one.path or ""),
            reference=str(one.reference or ""),
            version=str(one.version or ""),
            name=str(one.name or ""),
            namespace=str(one.namespace or "default"),
            values=_values(one),
        )
        for index, one in enumerate(inputs.charts)
    )
    images = tuple(
        ImageSource(
            at=f"images[{index}]",
            reference=str(one.reference),
            path=str(one.path or ""),
            image=str(one.image or ""),
            pulled_from=str(one.pulled_from or ""),
        )
        for index, one in enumerate(inputs.images)
    )
    files = tuple(FileSource(f"files[{inner!r}]", path, inner) for inner, path in sorted(inputs.files.items()))
    return Sources(inputs.name, inputs.version, charts, images, files, tuple(inputs.platforms))


def _told(contents: Contents) -> dict[str, str]:
    """What is in a package, a line each: whatever makes another package shows here."""
    found: dict[str, str] = {}
    for chart in contents.charts:
        values = f", values {digest_of(chart.values)[7 : 7 + _SHOWN_VALUES]}" if chart.values else ""
        what = chart.version if chart.name == chart.chart else f"{chart.chart} {chart.version}"
        found[f"chart {chart.name}"] = f"{what} ({chart.digest}, namespace {chart.namespace}{values})"
    for image in contents.images:
        found[f"image {image.reference}"] = image.root.digest
    for file in contents.files:
        found[f"file {file.path}"] = file.digest + (" (executable)" if file.mode & 0o100 else "")
    return found


@asynccontextmanager
async def _base(where: str) -> AsyncIterator[Opened]:
    """The package that an incremental archive builds on; what is wrong with it is told at its property."""
    async with AsyncExitStack() as stack:
        try:
            opened = await stack.enter_async_context(opened_package(where))
        except ComputeNestError as error:
            raise Invalid(f"the package {where}: {error.summary}", path="since", hint=error.hint) from error
        yield opened


def _may_write(archive: str) -> None:
    """What a file cannot be written for is told before anything is sent.

    Raises:
        Invalid: its folder is not there, or nobody may write there.
    """
    if not archive:
        return
    place = _here(archive)
    if place.is_dir():
        raise Invalid(f"{archive} is a folder", path="archive", hint=f"name a file in it: {archive}/package.tar")
    if not place.parent.is_dir():
        raise Invalid(f"{archive} cannot be written: there is no folder {place.parent}", path="archive")
    if not os.access(place.parent, os.W_OK | os.X_OK):
        raise Invalid(f"{archive} cannot be written: {place.parent} may not be written to", path="archive")


async def _since(inputs: Inputs[Known], tree: Tree | None) -> tuple[str, ...]:
    """How much an incremental archive holds; that there is such a base is found out before anything is done."""
    if not inputs.since:
        return ()
    async with _base(inputs.since) as base:
        kept = tree.blobs.keys() - base.tree.blobs.keys() if tree is not None else ()
        size = sum(tree.blobs[digest].size_bytes for digest in kept) if tree is not None else 0
    return (f"{inputs.archive} holds {len(kept)} blobs, {size} bytes, that {inputs.since} lacks",)


def _notes(compared: Compared) -> tuple[str, ...]:
    unused = [f"{one} is in the package, and no chart uses it" for one in compared.unused]
    perhaps = [f"{one.image} is not in the package; {one.sentence}, which may be an image" for one in compared.perhaps]
    return (*unused, *perhaps)


@dataclass(slots=True)
class OciRegistries:
    """Repositories by their references; what this process has sent is known for the next push."""

    packer: SourcePacker
    traffic: Traffic = field(default_factory=Traffic)
    shelves: dict[str, Shelf] = field(default_factory=dict)

    async def look(self, *, place: Place, owner_id: OwnerId, generation: int, digest: str, signer: str) -> Lying:
        doing, marks = f"look at {place}", own_marks(owner_id, generation, place.tag)
        async with self._open(place) as (registry, path):
            names = set(await registry.tags(path, doing=doing))
            mine = marked_by(names, owner_id, generation)
            asked = {place.tag, *marks, *(mark_of(owner_id, generation, tag) for tag in mine)} & names
            stands = await self._stand_for(registry, path, asked, doing=doing)
            lies, is_whole, is_signed = stands.get(place.tag, ""), False, True
            if lies and lies == digest:
                manifest = await registry.manifest(path, lies, doing=doing)
                is_whole = manifest is not None and not await missing_parts(registry, path, manifest, doing=doing)
                is_signed = not signer or (await verify(registry, path, lies, signer, doing=doing)).is_signed
            return Lying(
                digest=lies,
                marked=stands.get(marks[0], ""),
                before=frozenset(stands[mark] for mark in marks[1:] if mark in stands),
                is_whole=is_whole,
                is_signed=is_signed,
                is_others=any(is_mark_of(name, place.tag) and name not in marks for name in names),
                ours={tag: stands.get(mark_of(owner_id, generation, tag), "") for tag in mine},
            )

    async def absent(self, *, place: Place, digests: Sequence[str]) -> tuple[str, ...]:
        slots, doing = asyncio.Semaphore(_PARALLEL), f"look at {place}"
        async with self._open(place) as (registry, path):

            async def lacks(digest: str) -> bool:
                async with slots:
                    return not await registry.has_blob(path, digest, doing=doing)

            found = await asyncio.gather(*map(lacks, digests))
        return tuple(digest for digest, is_lacking in zip(digests, found, strict=True) if is_lacking)

    async def bring(
        self, *, place: Place, mark: str, inputs: Inputs[Known], neighbours: Sequence[str], show: Callable[[str], None]
    ) -> int:
        doing = f"push of {place}"
        async with self.packer.tree(inputs) as tree, self._open(place) as (registry, path):
            await push_tree(
                registry,
                path,
                mark,
                tree,
                shelf=self.shelves.setdefault(registry.host, Shelf()),
                neighbours=[one.partition("/")[2] for one in neighbours],
                show=show,
                doing=doing,
            )
            if await registry.digest(path, place.tag, doing=doing) != tree.root.digest:
                await registry.put_manifest(path, place.tag, tree.root, doing=doing)
            if inputs.signing_key:
                await sign(registry, path, tree.root.digest, inputs.signing_key, doing=doing)
            return tree.size_bytes

    async def drop(self, *, place: Place, mark: str, digest: str, signer: str) -> str:
        doing = f"deletion of {place}"
        async with self._open(place) as (registry, path):
            names = set(await registry.tags(path, doing=doing))
            stands = await self._stand_for(registry, path, names, doing=doing)
            is_others = any(is_mark_of(name, place.tag) and name != mark for name in names)
            ours = {mark} & names
            if not is_others and stands.get(place.tag) == digest:
                ours |= {place.tag}
            having = {name for name, one in stands.items() if one == digest} - ours
            for shelf in self.shelves.values():
                shelf.forget(path)
            if ours and not having and {stands[name] for name in ours} == {digest}:
                await self._unsign(registry, path, digest, signer, doing=doing)
                if await registry.delete(path, digest, doing=doing):
                    return ""
                return f"{registry.host} deletes nothing: {path}@{digest} stays there"
            for name in sorted(ours):
                if not await untag(registry, path, name, doing=doing):
                    return f"{registry.host} deletes nothing: {path}:{name} stays there"
            return ""

    async def _unsign(self, registry: Registry, path: str, digest: str, signer: str, *, doing: str) -> None:
        """The signature goes with what it is of, where nobody else has signed that."""
        found = await verify(registry, path, digest, signer, doing=doing) if signer else None
        if found is not None and found.is_signed and found.count == 1:
            await untag(registry, path, signature_tag(digest), doing=doing)

    async def _stand_for(self, registry: Registry, path: str, names: set[str], *, doing: str) -> dict[str, str]:
        slots = asyncio.Semaphore(_PARALLEL)

        async def one(name: str) -> tuple[str, str | None]:
            async with slots:
                return name, await registry.digest(path, name, doing=doing)

        found = await asyncio.gather(*map(one, sorted(names)))
        return {name: digest for name, digest in found if digest is not None}

    @contextlib.asynccontextmanager
    async def _open(self, place: Place) -> AsyncIterator[tuple[Registry, str]]:
        reference = parse_reference(f"{place.repository}:{place.tag}", path="targets")
        keys: Keys = DockerLogin(reference.registry)
        if place.username:
            keys = _Given(place.username, Secret(place.password))
        opened: AbstractAsyncContextManager[Registry] = open_registry(reference.registry, keys, traffic=self.traffic)
        async with opened as registry:
            yield registry, reference.repository


def _here(path: str) -> Path:
    return local_path(path, path="archive")


@dataclass(frozen=True, slots=True)
class FileArchives:
    """Archives, seen from the program's folder."""

    packer: SourcePacker

    async def look(self, *, path: str) -> str:
        return await asyncio.to_thread(digest_in, _here(path))

    async def write(self, *, inputs: Inputs[Known]) -> int:
        async with self.packer.tree(inputs) as tree:
            since, without = "", frozenset[str]()
            if inputs.since:
                async with _base(inputs.since) as base:
                    since, without = base.tree.root.digest, frozenset(base.tree.blobs)
            path = _here(inputs.archive)
            await write_archive(tree, path, version=inputs.version, since=since, without=without)
            return tree.size_bytes

    async def drop(self, *, path: str, digest: str) -> None:
        place = _here(path)
        if await asyncio.to_thread(digest_in, place) == digest:
            await asyncio.to_thread(place.unlink, missing_ok=True)
