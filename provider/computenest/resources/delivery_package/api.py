"""What a delivery package asks of the outside: what it comes to, registries, and files of this machine.

Every call is one of the OCI distribution specification 1.1.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from computenest.cloud.paths import local_path
from computenest.cloud.registry.blobs import Opened
from computenest.cloud.registry.client import Traffic
from computenest.cloud.registry.oci import digest_of
from computenest.cloud.registry.push import Tree
from computenest.kernel.errors import ComputeNestError, Invalid, Permanent
from computenest.kernel.unknown import Known
from computenest.resources._delivery.archives import digest_in, write_archive
from computenest.resources._delivery.assembly import Assembled, LayerCache, assemble
from computenest.resources._delivery.completeness import Compared, Used, compare
from computenest.resources._delivery.places import Place
from computenest.resources._delivery.reading import opened_package
from computenest.resources._delivery.registries import Places
from computenest.resources._delivery.rendering import used_by
from computenest.resources._delivery.sealed import Contents, seal
from computenest.resources._delivery.signing import public_key_of
from computenest.resources.delivery_package.model import Described, Inputs
from computenest.resources.delivery_package.sources import Gathered, PackageCharts, gathered, values_of

_FETCHED_BY_CHECK_BYTES = 1 << 30
_PARALLEL = 8
_SHOWN_VALUES = 12


@dataclass(slots=True)
class SourcePacker:
    """Reads charts, images and files.

    Args:
        cache: what layers came to before.
        packages: the charts of HelmChartPackages, and the keys that they are pulled with.
    """

    cache: LayerCache
    packages: PackageCharts = field(default_factory=PackageCharts)
    traffic: Traffic = field(default_factory=Traffic)

    async def describe(self, *, inputs: Inputs[Known]) -> Described:
        """What the package comes to; nothing is sent, and no more than a bound is fetched.

        Raises:
            Invalid: something cannot be had: which, where, why.
        """
        await asyncio.to_thread(_may_write, inputs.archive)
        async with gathered(inputs, traffic=self.traffic, packages=self.packages) as found:
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
        async with gathered(inputs, traffic=self.traffic, packages=self.packages) as found:
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
            used += await used_by(chart, found.archives[chart.name], values_of(given))
        return compare(used, found.contents.images, ignore=inputs.ignore)


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


@dataclass(slots=True, kw_only=True)
class OciRegistries(Places):
    """Repositories by their references; packages are built as they are sent."""

    packer: SourcePacker

    async def bring(
        self, *, place: Place, mark: str, inputs: Inputs[Known], neighbours: Sequence[str], show: Callable[[str], None]
    ) -> int:
        """Builds and pushes the package, marks it, and tags it last; its size. What is there is not sent again.

        Args:
            neighbours: other repositories of the same registry, from which blobs are mounted.
            show: takes live status lines.
        """
        async with self.packer.tree(inputs) as tree:
            await self.put(
                place=place, mark=mark, tree=tree, neighbours=neighbours, show=show, signing_key=inputs.signing_key
            )
            return tree.size_bytes


def _here(path: str) -> Path:
    return local_path(path, path="archive")


@dataclass(frozen=True, slots=True)
class FileArchives:
    """Archives, seen from the program's folder."""

    packer: SourcePacker

    async def look(self, *, path: str) -> str:
        """The digest of the package in a file, "" where there is none."""
        return await asyncio.to_thread(digest_in, _here(path))

    async def write(self, *, inputs: Inputs[Known]) -> int:
        """Builds the package and writes it to its file; the size of the package."""
        async with self.packer.tree(inputs) as tree:
            since, without = "", frozenset[str]()
            if inputs.since:
                async with _base(inputs.since) as base:
                    since, without = base.tree.root.digest, frozenset(base.tree.blobs)
            path = _here(inputs.archive)
            await write_archive(tree, path, version=inputs.version, since=since, without=without)
            return tree.size_bytes

    async def drop(self, *, path: str, digest: str) -> None:
        """Deletes the file where it holds that package still."""
        place = _here(path)
        if await asyncio.to_thread(digest_in, place) == digest:
            await asyncio.to_thread(place.unlink, missing_ok=True)
