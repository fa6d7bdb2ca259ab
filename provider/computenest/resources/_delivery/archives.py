"""Packages as files, for installations without a network: an OCI layout in a tar, whole, or what is new since another.

An incremental one lacks the layers that its base has, and says which package that is. It is put into a registry only
where what it lacks is there already.
"""

from __future__ import annotations

import asyncio
import json
import os
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from computenest.cloud.registry.blobs import of_place
from computenest.cloud.registry.client import Registry
from computenest.cloud.registry.image_files import Archive, digest_at, read_at
from computenest.cloud.registry.oci import MAX_MANIFEST_BYTES, Manifest, digest_of, parse_manifest, read_json
from computenest.cloud.registry.push import Blob, Shelf, Tree, push_tree
from computenest.cloud.registry.stored import padding, tar_end, tar_header
from computenest.kernel.errors import Invalid

_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
_SINCE = "computenest.delivery.since"
_NAME = "org.opencontainers.image.ref.name"


@dataclass(frozen=True, slots=True)
class Packed:
    """A package in an archive.

    Args:
        blobs: what the archive holds, each as its digest says.
        lacks: digests that its base has; () for a whole one.
        since: the digest of that base.
    """

    root: Manifest
    blobs: Mapping[str, Blob]
    lacks: tuple[str, ...]
    since: str
    version: str


async def write_archive(
    tree: Tree, path: Path, *, version: str, since: str = "", without: frozenset[str] = frozenset()
) -> int:
    """Writes a package as a file, the same bytes always; how many that are. What is there is replaced at the end.

    Args:
        version: its name in the archive.
        since: the digest of the package that whoever gets it has, "" for a whole one.
        without: digests of what that one holds.

    Raises:
        Invalid: it cannot be written.
    """
    blobs = [blob for digest, blob in sorted(tree.blobs.items()) if digest not in without]
    entry = {
        "mediaType": tree.root.media_type,
        "digest": tree.root.digest,
        "size": len(tree.root.data),
        "annotations": {_NAME: version, **({_SINCE: since} if since else {})},
    }
    index = json.dumps({"schemaVersion": 2, "manifests": [entry]}, sort_keys=True, separators=(",", ":")).encode()
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    size = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:

            def write(data: bytes) -> None:
                nonlocal size
                file.write(data)
                size += len(data)

            for name, data in (
                ("index.json", index),
                ("oci-layout", _LAYOUT),
                (_name(tree.root.digest), tree.root.data),
            ):
                write(tar_header(name, len(data)) + data + padding(len(data)))
            for blob in blobs:
                write(tar_header(_name(blob.digest), blob.size_bytes))
                async for block in blob.open(0):
                    await asyncio.to_thread(write, block)
                write(padding(blob.size_bytes))
            write(tar_end(size))
        beside.replace(path)
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}", path="archive") from error
    finally:
        beside.unlink(missing_ok=True)
    return size


def _name(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def digest_in(path: Path) -> str:
    """The digest of the package in an archive, by its list alone; "" where there is none that can be read."""
    try:
        files = Archive(path)
        read = read_json(
            read_at(files.place("index.json"), limit=MAX_MANIFEST_BYTES, name="index.json"), where=str(path)
        )
        return str(read["manifests"][0]["digest"])
    except (Invalid, LookupError, TypeError):
        return ""


def read_archive(path: Path) -> Packed:
    """Reads an archive and every digest in it.

    Raises:
        Invalid: it is cut short or tampered with (the digest is named), or no archive of a package.
    """
    try:
        files = Archive(path)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise Invalid(f"{path} is no archive that can be read: {error}", hint="was it copied in part?") from error
    index = parse_manifest(
        read_at(files.place("index.json"), limit=MAX_MANIFEST_BYTES, name="index.json"), where=str(path)
    )
    if len(index.manifests) != 1:
        raise Invalid(f"{path} holds {len(index.manifests)} images; an archive of a package holds one")
    part = index.manifests[0]
    data = read_at(files.place(_name(part.digest)), limit=MAX_MANIFEST_BYTES, name=_name(part.digest))
    if digest_of(data) != part.digest:
        raise Invalid(f"{part.digest} in {path} is damaged: it has the digest {digest_of(data)}")
    root = parse_manifest(data, media_type=part.media_type, where=f"{part.digest} in {path}")
    since, blobs, lacks = part.annotations.get(_SINCE, ""), {}, []
    for blob in {one.digest: one for one in root.blobs}.values():
        name = _name(blob.digest)
        if not files.has(name):
            lacks.append(blob.digest)
            continue
        place = files.place(name)
        if place.size_bytes != blob.size_bytes or digest_at(place) != blob.digest:
            raise Invalid(f"{blob.digest} in {path} is damaged", hint="it was cut short or changed: fetch it again")
        blobs[blob.digest] = Blob(blob.digest, blob.size_bytes, of_place(place))
    if lacks and not since:
        raise Invalid(f"{path} lacks {lacks[0]}", hint="it was cut short: fetch it again")
    return Packed(root, blobs, tuple(lacks), since, part.annotations.get(_NAME, ""))


async def load(packed: Packed, registry: Registry, repository: str, tag: str, *, show: Callable[[str], None]) -> None:
    """Puts the package of an archive into a repository.

    Raises:
        Invalid: it is incremental, and the repository does not hold its base; nothing was sent then.
    """
    doing = f"push of {registry.host}/{repository}:{tag}"
    for digest in packed.lacks:
        if not await registry.has_blob(repository, digest, doing=doing):
            raise Invalid(
                f"it holds what is new since {packed.since}, of which {registry.host}/{repository} lacks {digest}",
                hint="load the archive of that package first, or a whole one",
            )
    tree = Tree(packed.root, (), packed.blobs)
    await push_tree(registry, repository, tag, tree, shelf=Shelf(), neighbours=[], show=show, doing=doing)
