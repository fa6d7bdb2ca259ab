"""Packages that are there: in a registry, as an archive or an OCI layout; ours, and those that sealer made."""

from __future__ import annotations

import asyncio
import hashlib
import json
import posixpath
import re
import shutil
import tarfile
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from computenest.cloud.paths import local_path
from computenest.cloud.registry.blobs import Opened
from computenest.cloud.registry.client import Traffic
from computenest.cloud.registry.local import open_archive, open_layout
from computenest.cloud.registry.oci import Manifest
from computenest.cloud.registry.push import Blob
from computenest.cloud.registry.sources import open_reference
from computenest.kernel.arguments import quoted
from computenest.kernel.bounded_yaml import Unreadable, read_yaml
from computenest.kernel.errors import Invalid
from computenest.resources._delivery.annotations import ContainerImage, Extension, ToldContents, read_annotation
from computenest.resources._delivery.names import image_name
from computenest.resources._delivery.sealed import CONTENTS, EXTENSION, IMAGES, REGISTRY

TAG_LINK = re.compile(rf"{re.escape(REGISTRY)}/repositories/(.+)/_manifests/tags/([^/]+)/current/link")
_CHART = re.compile(r"application/apps/([^/]+)/Chart\.yaml")
_MAX_SMALL_BYTES = 1 << 20
_REFERENCE = re.compile(r"(?=[^/]*[A-Za-z0-9\]])(?:localhost|[^/]*[.:][^/]*)/[^/]")
"""Whether something may be one: a path with a host before its first slash."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a package holds.

    Args:
        kind: `app-installer`, or `kube-installer` for one that brings Kubernetes itself.
        charts: application -> version, digest and namespace as far as they are known.
        images: reference -> digest, "" where nothing tells.
        files: path -> digest; of other people's packages none are listed.
        commands: application -> how it is installed.
    """

    digest: str
    size_bytes: int
    kind: str
    name: str = ""
    version: str = ""
    charts: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> dict[str, str]:
        """What is in it, a line each, as a diff compares them."""
        return {
            **{f"chart {name}": what for name, what in self.charts.items()},
            **{f"image {name}": digest or "unknown digest" for name, digest in self.images.items()},
            **{f"file {path}": digest for path, digest in self.files.items()},
        }


@asynccontextmanager
async def opened_package(where: str) -> AsyncIterator[Opened]:
    """Opens a package: a file or folder of this machine where there is one of that name, else a reference.

    Raises:
        Invalid: it is not there, or damaged: the digest is named.
    """
    path, is_there, is_folder = _on_disk(where)
    if not is_there and not _REFERENCE.match(where):
        raise Invalid(
            f"{quoted(where)} is no file or folder of this machine, and no reference to a package",
            hint="a reference has its host, as in registry.example.com/pkg/shop:1.0.0",
        )
    async with AsyncExitStack() as stack:
        try:
            if is_there:
                opener = open_layout if is_folder else open_archive
                found = await asyncio.to_thread(opener, path, image="", platforms=())
            else:
                found = await stack.enter_async_context(open_reference(where, traffic=Traffic()))
        except Invalid as error:  # here nobody gave a property
            raise Invalid(error.summary, hint=error.hint) from error
        yield found


def is_on_disk(where: str) -> bool:
    """Whether it names a file or folder of this machine, else a reference."""
    return _on_disk(where)[1]


def _on_disk(where: str) -> tuple[Path, bool, bool]:
    path = local_path(where)
    return path, path.exists(), path.is_dir()


async def held(opened: Opened, *, where: str) -> Held:
    """What a package holds; of one that somebody else made its layers tell the digests.

    Raises:
        Invalid: it is no package.
    """
    root = opened.tree.root
    notes, extension = extension_of(root, where=where)
    applications = extension.applications or ()
    base = Held(
        digest=root.digest,
        size_bytes=opened.tree.size_bytes,
        kind=extension.type,
        commands={one.name: " ".join(one.cmds or ()) for one in applications},
    )
    if CONTENTS in notes:
        return _ours(base, read_annotation(notes[CONTENTS], ToldContents, key=CONTENTS, where=where))
    listed = read_annotation(notes.get(IMAGES, "[]"), tuple[ContainerImage, ...], key=IMAGES, where=where)
    tags, versions = await _scanned(opened)
    images = {}
    for one in listed:
        named = image_name(one.image, path="")
        images[str(named)] = named.digest or tags.get(f"{named.repository}:{named.tag}", "")
    charts = {one.name: versions.get(one.name, "") for one in applications}
    return replace(base, charts=charts, images=images)


def _ours(base: Held, told: ToldContents) -> Held:
    charts = {name: f"{one.version} ({one.digest}, namespace {one.namespace})" for name, one in told.charts.items()}
    return replace(base, name=told.name, version=told.version, charts=charts, images=told.images, files=told.files)


def extension_of(root: Manifest, *, where: str) -> tuple[dict[str, str], Extension]:
    """The annotations of a package, and what sealer's own says.

    Raises:
        Invalid: it is no package.
    """
    found = json.loads(root.data).get("annotations")
    notes = {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
    if EXTENSION not in notes:
        raise Invalid(f"{where} is no delivery package: it has no annotation {EXTENSION}")
    return notes, read_annotation(notes[EXTENSION], Extension, key=EXTENSION, where=where)


async def _scanned(opened: Opened) -> tuple[dict[str, str], dict[str, str]]:
    """`repository:tag` -> digest, and application -> version, of everything that the layers hold."""
    tags: dict[str, str] = {}
    versions: dict[str, str] = {}

    def take(member: tarfile.TarInfo, content: IO[bytes]) -> None:
        name = posixpath.normpath(member.name)
        if found := TAG_LINK.fullmatch(name):
            tags[f"{found[1]}:{found[2]}"] = content.read(_MAX_SMALL_BYTES).decode("ascii", "replace").strip()
        elif found := _CHART.fullmatch(name):
            versions[found[1]] = _version(content.read(_MAX_SMALL_BYTES))

    await each_file(opened, take)
    return tags, versions


def _version(chart: bytes) -> str:
    try:
        read = read_yaml(chart, flavor="go")
    except Unreadable:
        return ""
    return str(read.get("version", "")) if isinstance(read, dict) else ""


async def extracted(opened: Opened, folder: Path) -> int:
    """Unpacks a package, whole or not at all; how many files that were. Links and whatever would lie elsewhere are left
    out.

    Raises:
        Invalid: a file cannot be written, something is damaged, or the folder holds something already.
    """
    count = 0
    try:
        if await asyncio.to_thread(_holds_something, folder):
            raise Invalid(f"{folder} is not empty", hint="name a folder that is not there yet")
        await asyncio.to_thread(folder.parent.mkdir, parents=True, exist_ok=True)
        beside = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise Invalid(f"{folder} cannot be written: {error.strerror}") from error

    def take(member: tarfile.TarInfo, content: IO[bytes]) -> None:
        nonlocal count
        name = posixpath.normpath(member.name)
        if name.startswith(("/", "../")) or name == "..":
            return
        target = beside / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                while block := content.read(_MAX_SMALL_BYTES):
                    file.write(block)
        except OSError as error:
            raise Invalid(f"{folder / name} cannot be written: {error.strerror}") from error
        count += 1

    try:
        await each_file(opened, take)
        await asyncio.to_thread(beside.chmod, 0o755)
        await asyncio.to_thread(beside.replace, folder)
    except OSError as error:
        raise Invalid(f"{folder} cannot be written: {error.strerror}") from error
    finally:
        await asyncio.to_thread(shutil.rmtree, beside, ignore_errors=True)
    return count


def _holds_something(folder: Path) -> bool:
    return folder.exists() and any(folder.iterdir())


async def each_file(
    opened: Opened, take: Callable[[tarfile.TarInfo, IO[bytes]], None], *, without: frozenset[str] = frozenset()
) -> None:
    """Every regular file of every layer, lowest first; a layer at a time lies on the disk meanwhile.

    Args:
        opened: the package.
        take: is given each file.
        without: digests of layers that are not read.

    Raises:
        Invalid: a layer is none.
    """
    for part in opened.tree.root.blobs[1:]:
        blob = opened.tree.blobs.get(part.digest)
        if blob is None or part.digest in without:
            continue
        with tempfile.TemporaryFile(prefix="computenest-") as file:
            await _spool(blob, file)
            try:
                await asyncio.to_thread(_members, file, take)
            except (tarfile.TarError, EOFError, OSError) as error:
                why = str(error).partition("\n")[0].rstrip(":")  # Python tells of each compression, a line each
                raise Invalid(f"the layer {part.digest} is no tar that can be read: {why}") from error


async def _spool(blob: Blob, file: IO[bytes]) -> None:
    seen = hashlib.sha256()

    def take(block: bytes) -> None:
        seen.update(block)
        file.write(block)

    async for block in blob.open(0):
        await asyncio.to_thread(take, block)
    if (digest := f"sha256:{seen.hexdigest()}") != blob.digest:
        raise Invalid(f"the layer {blob.digest} is damaged: it has the digest {digest}", hint="fetch it again")
    file.seek(0)


def _members(file: IO[bytes], take: Callable[[tarfile.TarInfo, IO[bytes]], None]) -> None:
    with tarfile.open(fileobj=file, mode="r:*") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isreg() else None
            if content is not None:
                take(member, content)
