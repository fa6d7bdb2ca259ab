"""Where images come from: OCI layouts, docker-save archives, other registries (charts: `chart_sources`).

A source is opened for one operation: manifests are read at once (they are small), blobs only when they are sent, block
by block. What is wrong with a source is `Invalid` at the property's path.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import tarfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from computenest.cloud.login import Login
from computenest.cloud.registry import Body, Registry, Traffic, open_registry
from computenest.cloud.registry_push import Blob, Tree
from computenest.cloud.secret import Secret
from computenest.domain.content import docker_archive
from computenest.domain.content.oci import (
    Descriptor,
    Manifest,
    compose_manifest,
    parse_manifest,
    parse_reference,
)
from computenest.domain.errors import Invalid

__all__ = ["Opened", "of_bytes", "of_file", "open_image", "open_reference", "unreadable"]

_BLOCK_BYTES = 1 << 20
_REF_NAME = "org.opencontainers.image.ref.name"
_MAX_JSON_BYTES = 8 << 20
_DOCKER_HUB = "https://index.docker.io/v1/"


@dataclass(frozen=True, slots=True)
class Opened:
    """A source, opened: what it holds, and of a chart its name and version."""

    tree: Tree
    name: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class DockerLogin:
    """The login that `docker login` wrote, for registries that an image is taken from. No helper program is run."""

    host: str

    async def login(self, *, renew: bool) -> Login | None:
        """The entry of the host in config.json, None where there is none."""
        del renew
        folder = os.environ.get("DOCKER_CONFIG") or str(Path.home() / ".docker")
        return await asyncio.to_thread(_docker_login, Path(folder) / "config.json", self.host)


def _docker_login(file: Path, host: str) -> Login | None:
    try:
        known = json.loads(file.read_text("utf-8")).get("auths", {})
        entry = (
            known.get(host) or known.get(f"https://{host}") or (known.get(_DOCKER_HUB) if "docker.io" in host else None)
        )
        user, _, password = base64.b64decode(entry["auth"]).decode().partition(":") if entry else ("", "", "")
    except (OSError, ValueError, KeyError, AttributeError):
        return None
    return Login(user, Secret(password)) if user else None


@asynccontextmanager
async def open_image(source: Mapping[str, str], *, traffic: Traffic) -> AsyncIterator[Opened]:
    """Opens an image's source: `kind` is layout, archive or reference.

    Raises:
        Invalid: it cannot be read, or is not what its kind says.
    """
    kind = source["kind"]
    if kind == "reference":
        async with open_reference(source["reference"], traffic=traffic) as opened:
            yield opened
    elif kind == "layout":
        yield Opened(await asyncio.to_thread(_layout, Path(source["path"]), source.get("image", "")))
    else:
        yield Opened(await asyncio.to_thread(_archive, Path(source["path"]), source.get("image", "")))


def unreadable(path: Path, error: OSError) -> Invalid:
    return Invalid(f"{path} cannot be read: {error.strerror or error}", path="source.path")


def of_bytes(data: bytes) -> Body:
    async def blocks(offset: int) -> AsyncIterator[bytes]:
        for start in range(offset, len(data), _BLOCK_BYTES):
            yield data[start : start + _BLOCK_BYTES]

    return blocks


def of_file(path: Path, begin: int, size_bytes: int) -> Body:
    """The blocks of a part of a file; the reading is done beside the event loop."""

    async def blocks(offset: int) -> AsyncIterator[bytes]:
        with await asyncio.to_thread(path.open, "rb", 0) as file:
            position, end = begin + offset, begin + size_bytes
            while position < end:
                block = await asyncio.to_thread(os.pread, file.fileno(), min(_BLOCK_BYTES, end - position), position)
                if not block:
                    raise Invalid(f"{path} became shorter while it was read", path="source.path")
                position += len(block)
                yield block

    return blocks


class _Members:
    """Blobs by name, of a folder or of a tar without compression: name -> file, offset, size."""

    def __init__(self, found: Mapping[str, tuple[Path, int, int]], what: Path) -> None:
        self._found, self._what = found, what

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def size(self, name: str) -> int:
        return self._place(name)[2]

    def body(self, name: str) -> Body:
        return of_file(*self._place(name))

    def read(self, name: str) -> bytes:
        path, begin, size = self._place(name)
        if size > _MAX_JSON_BYTES:
            raise Invalid(f"{name} in {self._what} has {size} bytes: this is no manifest", path="source.path")
        with path.open("rb") as file:
            file.seek(begin)
            return file.read(size)

    def _place(self, name: str) -> tuple[Path, int, int]:
        if name not in self._found:
            raise Invalid(f"{self._what} lacks {name}", path="source.path", hint="it is damaged, or was copied in part")
        return self._found[name]


def _layout(folder: Path, image: str) -> Tree:
    if not (folder / "index.json").is_file():
        raise Invalid(f"{folder} is no OCI layout: it holds no index.json", path="source.path")
    files = [folder / "index.json", *(folder / "blobs").glob("sha256/*")]
    found = {file.relative_to(folder).as_posix(): (file, 0, file.stat().st_size) for file in files}
    return _tree_of_layout(_Members(found, folder), image)


def _archive(path: Path, image: str) -> Tree:
    try:
        with tarfile.open(path, "r:") as archive:
            members = archive.getmembers()
    except OSError as error:
        raise unreadable(path, error) from error
    except tarfile.TarError as error:
        raise Invalid(
            f"{path} is no tar archive, or a compressed one", path="source.path", hint="gunzip it, or use an OCI layout"
        ) from error
    places = {os.path.normpath(m.name): (path, m.offset_data, m.size) for m in members if m.isfile()}
    for member in members:  # docker save links a layer that two images share
        if member.issym() or member.islnk():
            base = PurePosixPath(member.name).parent if member.issym() else PurePosixPath()
            target = os.path.normpath(base / member.linkname)
            if target in places:
                places[os.path.normpath(member.name)] = places[target]
    found = _Members(places, path)
    if "index.json" in found and not (image and "manifest.json" in found):
        return _tree_of_layout(found, image)
    if "manifest.json" not in found:
        raise Invalid(f"{path} holds neither manifest.json nor index.json", path="source.path")
    saved = docker_archive.choose(found.read("manifest.json"), image=image, path="source.path")
    names = [os.path.normpath(name) for name in saved.layers]
    config = found.read(os.path.normpath(saved.config))
    head, layers = docker_archive.layers_of(config, [found.size(name) for name in names], path="source.path")
    blobs = {head.digest: Blob(head.digest, len(config), of_bytes(config))}
    for name, layer in zip(names, layers, strict=True):
        blobs[layer.digest] = Blob(layer.digest, layer.size_bytes, found.body(name))
    return Tree(compose_manifest(head, layers), (), blobs)


def _tree_of_layout(members: _Members, image: str) -> Tree:
    index = parse_manifest(members.read("index.json"), where="index.json")
    chosen = [one for one in index.manifests if not image or one.annotations.get(_REF_NAME) == image]
    if len(chosen) != 1:
        names = ", ".join(one.annotations.get(_REF_NAME, one.digest) for one in index.manifests) or "none"
        what = f"no image {image!r}" if image and not chosen else f"{len(chosen)} images"
        raise Invalid(
            f"the layout holds {what}; its images: {names}", path="source.path", hint="name one in source.image"
        )

    def manifest(part: Descriptor) -> Manifest:
        found = parse_manifest(members.read(_blob_name(part.digest)), media_type=part.media_type, where=part.digest)
        if found.digest != part.digest:
            raise Invalid(
                f"the layout's {part.digest} is damaged: it has the digest {found.digest}", path="source.path"
            )
        return found

    root = manifest(chosen[0])
    children = tuple(manifest(part) for part in root.manifests)
    blobs = {}
    for part in (part for one in (root, *children) for part in one.blobs):
        name = _blob_name(part.digest)
        if members.size(name) != part.size_bytes:
            raise Invalid(
                f"the layout's {part.digest} has {members.size(name)} bytes, its manifest says {part.size_bytes}",
                path="source.path",
            )
        blobs[part.digest] = Blob(part.digest, part.size_bytes, members.body(name))
    return Tree(root, children, blobs)


def _blob_name(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


@asynccontextmanager
async def open_reference(text: str, *, traffic: Traffic) -> AsyncIterator[Opened]:
    reference = parse_reference(text, path="source.reference")
    doing = f"pull of {reference}"
    async with open_registry(reference.host, DockerLogin(reference.host), traffic=traffic) as registry:

        async def manifest(name: str) -> Manifest:
            found = await registry.manifest(reference.repository, name, doing=doing)
            if found is None:
                raise Invalid(f"{reference.host} has no {reference.repository}:{name}", path="source.reference")
            return found

        root = await manifest(reference.name)
        children = tuple([await manifest(part.digest) for part in root.manifests])
        blobs = {
            part.digest: Blob(part.digest, part.size_bytes, _of_registry(registry, reference.repository, part, doing))
            for one in (root, *children)
            for part in one.blobs
        }
        yield Opened(Tree(root, children, blobs))


def _of_registry(registry: Registry, repository: str, part: Descriptor, doing: str) -> Body:
    async def blocks(offset: int) -> AsyncIterator[bytes]:
        skipped = 0
        async for block in registry.blob(repository, part.digest, doing=doing):
            if skipped + len(block) <= offset:
                skipped += len(block)
                continue
            yield block[max(0, offset - skipped) :]
            skipped += len(block)

    return blocks
