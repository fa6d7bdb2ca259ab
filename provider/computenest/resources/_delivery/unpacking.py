"""Gets out of a package what a cluster needs: charts and values once for each package into this user's cache, blobs of
container images while they are sent.

Of our packages only the small layers are read for the first, since the history of a package says which blob each of its
large layers holds; of those that sealer made, the whole.
"""

from __future__ import annotations

import asyncio
import json
import posixpath
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from computenest.cloud.registry.blobs import Opened, of_place
from computenest.cloud.registry.client import Body
from computenest.cloud.registry.image_files import Place
from computenest.cloud.registry.oci import MAX_MANIFEST_BYTES, Manifest, digest_of, parse_manifest
from computenest.cloud.registry.push import Blob, Tree
from computenest.kernel.bounded_yaml import Unreadable, read_yaml
from computenest.kernel.errors import Invalid
from computenest.kernel.values import Json
from computenest.resources._delivery.annotations import (
    Application as ToldApplication,
)
from computenest.resources._delivery.annotations import ContainerImage, Extension, ToldContents, read_annotation
from computenest.resources._delivery.delivered import Application, Delivered
from computenest.resources._delivery.names import image_name
from computenest.resources._delivery.reading import TAG_LINK, each_file, extension_of
from computenest.resources._delivery.sealed import (
    APPLICATIONS,
    CONTENTS,
    HOLDS,
    IMAGES,
    REGISTRY,
    VALUES,
    PackedImage,
    layer_of_blob,
)

_DATA = re.compile(rf"{re.escape(REGISTRY)}/blobs/sha256/[0-9a-f]{{2}}/([0-9a-f]{{64}})/data")
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,51}[a-z0-9])?")  # of a release, by helm
_LISTED = "registry.json"
_MAX_FILE_BYTES = 64 << 20  # of a chart; helm itself takes no chart with more than a few
_BLOCK_BYTES = 1 << 20
_BESIDE_BYTES = 64 << 10


async def delivered(opened: Opened, *, where: str, cache: Path) -> Delivered:
    """What a package brings.

    Args:
        opened: the package.
        where: it lies, for messages.
        cache: a folder that keeps what was read.

    Raises:
        Invalid: it is no package of charts.
    """
    root = opened.tree.root
    notes, extension = extension_of(root, where=where)
    if extension.type != "app-installer":
        raise Invalid(f"{where} brings Kubernetes itself ({extension.type}); a package of applications is needed")
    told = read_annotation(notes.get(CONTENTS, "{}"), ToldContents, key=CONTENTS, where=where)
    listed = read_annotation(notes.get(IMAGES, "[]"), tuple[ContainerImage, ...], key=IMAGES, where=where)
    folder = cache / root.digest.partition(":")[2]
    if not await asyncio.to_thread((folder / _LISTED).is_file):
        await _unpack(opened, folder)
    found = await asyncio.to_thread(_applications, folder, extension, told, where)
    images = await asyncio.to_thread(_images, folder, listed, where)
    return Delivered(root.digest, told.version, found, images)


async def _unpack(opened: Opened, folder: Path) -> None:
    """Charts, values and manifests, put there whole or not at all."""
    held = await _held(opened)
    await asyncio.to_thread(folder.parent.mkdir, parents=True, exist_ok=True)
    beside = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=".", dir=folder.parent))
    tags: dict[str, str] = {}
    manifests: list[str] = []

    def take(member: tarfile.TarInfo, content: IO[bytes]) -> None:
        name = posixpath.normpath(member.name)
        if name.startswith((f"{APPLICATIONS}/", f"{VALUES}/")) and member.size <= _MAX_FILE_BYTES:
            _write(beside / name, content.read())
        elif found := TAG_LINK.fullmatch(name):
            tags[f"{found[1]}:{found[2]}"] = content.read(_BLOCK_BYTES).decode("ascii", "replace").strip()
        elif (found := _DATA.fullmatch(name)) and member.size <= MAX_MANIFEST_BYTES:
            data = content.read()
            if b'"schemaVersion"' in data and digest_of(data) == f"sha256:{found[1]}":
                manifests.append(f"sha256:{found[1]}")
                _write(beside / "manifests" / found[1], data)

    try:
        await each_file(opened, take, without=frozenset(blob.digest for blob in held.values()))
        listed = json.dumps({"manifests": sorted(set(manifests)), "tags": tags}, sort_keys=True)
        await asyncio.to_thread((beside / _LISTED).write_text, listed)
        await asyncio.to_thread(_put, beside, folder)
    except OSError as error:
        raise Invalid(f"what the package holds cannot be kept in {folder.parent}: {error.strerror}") from error
    finally:
        await asyncio.to_thread(shutil.rmtree, beside, ignore_errors=True)


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def _put(beside: Path, folder: Path) -> None:
    """Another process may have been faster: what it put there is the same."""
    if folder.exists() and not (folder / _LISTED).exists():
        shutil.rmtree(folder, ignore_errors=True)
    try:
        beside.replace(folder)
    except OSError:
        if not (folder / _LISTED).exists():
            raise


def _applications(folder: Path, extension: Extension, told: ToldContents, where: str) -> tuple[Application, ...]:
    known = {one.name: one for one in extension.applications or ()}
    names = extension.launch.app_names if extension.launch is not None and extension.launch.app_names else tuple(known)
    return tuple(_application(folder, known[name], told, where) for name in names if name in known)


def _application(folder: Path, one: ToldApplication, told: ToldContents, where: str) -> Application:
    if not _NAME.fullmatch(one.name):
        raise Invalid(f"the application {one.name!r} of {where} has a name that no release can have")
    chart = folder / APPLICATIONS / one.name
    about = _yaml(chart / "Chart.yaml", where)
    if not about.get("version"):
        raise Invalid(
            f"the application {one.name} of {where} is no chart", hint="those of kubectl and shell are not run"
        )
    namespace = told.charts[one.name].namespace if one.name in told.charts else ""
    values, defaults = _yaml(folder / VALUES / f"{one.name}.yaml", where), _yaml(chart / "values.yaml", where)
    return Application(one.name, str(chart), str(about["version"]), namespace, values, defaults)


def _yaml(path: Path, where: str) -> dict[str, Json]:
    try:
        found = read_yaml(path.read_bytes(), flavor="go")
    except FileNotFoundError:
        return {}
    except Unreadable as error:
        raise Invalid(f"{path.parent.name}/{path.name} of {where} is no YAML: {error}") from error
    return found if isinstance(found, dict) else {}


def _images(folder: Path, listed: tuple[ContainerImage, ...], where: str) -> tuple[PackedImage, ...]:
    """The images that a package lists, with the manifests that it holds of them."""
    read = json.loads((folder / _LISTED).read_text())
    known = {
        digest: parse_manifest((folder / "manifests" / digest.partition(":")[2]).read_bytes(), where=digest)
        for digest in read["manifests"]
    }
    images = []
    for one in dict.fromkeys(listed):
        named = image_name(one.image, path="")
        digest = named.digest or read["tags"].get(f"{named.repository}:{named.tag}", "")
        if digest not in known:
            raise Invalid(f"{where} names the image {one.image}, and does not hold it", hint="make the package anew")
        below = {child.digest: child for child in _below(known[digest], known)}
        images.append(PackedImage(named, known[digest], tuple(below.values())))
    return tuple(images)


def _below(root: Manifest, known: Mapping[str, Manifest]) -> Iterator[Manifest]:
    """Deepest first."""
    for part in root.manifests:
        if (child := known.get(part.digest)) is not None:
            yield from _below(child, known)
            yield child


async def _held(opened: Opened) -> dict[str, Blob]:
    """Blob of a container image -> the layer that holds it alone, as the history says."""
    root = opened.tree.root
    config = opened.tree.blobs.get(root.blobs[0].digest)
    if config is None or config.size_bytes > MAX_MANIFEST_BYTES:
        return {}
    try:
        read = json.loads(b"".join([block async for block in config.open(0)]))
        history = [one for one in read["history"] if not one.get("empty_layer")]
        comments = [str(one.get("comment") or "") for one in history]
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}
    layers = root.blobs[1:]
    if len(comments) != len(layers):
        return {}
    return {
        comment.removeprefix(HOLDS): opened.tree.blobs[layer.digest]
        for comment, layer in zip(comments, layers, strict=True)
        if comment.startswith(HOLDS) and layer.digest in opened.tree.blobs
    }


@dataclass(slots=True)
class Blobs:
    """The blobs of the container images in a package, while that is open."""

    opened: Opened
    held: Mapping[str, Blob]
    stack: AsyncExitStack
    _places: dict[str, Place] | None = None
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def tree(self, image: PackedImage) -> Tree:
        """An image of the package."""
        parts = {part.digest: part for node in (image.root, *image.children) for part in node.sent}
        blobs = {
            digest: Blob(digest, part.size_bytes, self._body(digest, part.size_bytes)) for digest, part in parts.items()
        }
        return Tree(image.root, image.children, blobs)

    def _body(self, digest: str, size_bytes: int) -> Body:
        layer = self.held.get(digest)
        if layer is not None:
            return _inside(layer, digest, size_bytes)

        async def blocks(offset: int) -> AsyncIterator[bytes]:
            place = (await self._unpacked()).get(digest)
            if place is None:
                raise Invalid(f"the package lacks {digest}, which an image of it names", hint="make the package anew")
            async for block in of_place(place)(offset):
                yield block

        return blocks

    async def _unpacked(self) -> dict[str, Place]:
        """Where the blobs lie that have no layer of their own: they are on this disk for the time being."""
        async with self._reading:
            if self._places is None:
                folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="computenest-")))
                alone = frozenset(layer.digest for layer in self.held.values())
                found: dict[str, Place] = {}

                def take(member: tarfile.TarInfo, content: IO[bytes]) -> None:
                    if name := _DATA.fullmatch(posixpath.normpath(member.name)):
                        with (folder / name[1]).open("wb") as file:
                            shutil.copyfileobj(content, file, _BLOCK_BYTES)
                        found[f"sha256:{name[1]}"] = Place(folder / name[1], 0, member.size)

                await each_file(self.opened, take, without=alone)
                self._places = found
            return self._places


async def opened_blobs(opened: Opened, stack: AsyncExitStack) -> Blobs:
    """Ready to be read; `stack` takes away what lies on the disk meanwhile."""
    return Blobs(opened, await _held(opened), stack)


def _inside(layer: Blob, digest: str, size_bytes: int) -> Body:
    """The one blob in a layer of its own, from an offset on: how much of the tar comes before is known."""
    before = 0
    for part in layer_of_blob(digest, size_bytes).parts():
        if not isinstance(part, bytes):
            break
        before += len(part)

    async def blocks(offset: int) -> AsyncIterator[bytes]:
        skipped, left = before + offset, size_bytes - offset
        inflate = zlib.decompressobj(31)
        async for block in layer.open(0):
            is_large = len(block) > _BESIDE_BYTES
            plain = await asyncio.to_thread(inflate.decompress, block) if is_large else inflate.decompress(block)
            if skipped >= len(plain):
                skipped -= len(plain)
                continue
            plain, skipped = plain[skipped : skipped + left], 0
            left -= len(plain)
            if plain:
                yield plain
            if not left:
                return
        if left:
            raise Invalid(f"the layer {layer.digest} ends before {digest} does", hint="make the package anew")

    return blocks
