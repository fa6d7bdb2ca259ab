"""What `docker save` writes, read as an OCI image. Pure.

The archive holds the image's configuration, which names every layer by the digest of its plain tar, and the layers: as
plain tars (docker until 24, skopeo, `podman save`), or compressed (docker's containerd store, `crane pull`, kaniko, ko,
jib). They are pushed as they lie there, which OCI allows, with the media type of what they are: so no compressor has
a part in the digest of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from computenest.cloud.registry.layout import same_name
from computenest.cloud.registry.oci import (
    FOREIGN,
    IMAGE_CONFIG,
    LAYER_TAR,
    Descriptor,
    digest_of,
    is_digest,
    read_json,
)
from computenest.kernel.errors import Invalid

PLAIN = "tar"
_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x04\x22\x4d\x18", "lz4"),
)
_MEDIA_TYPES = {PLAIN: LAYER_TAR, "gzip": f"{LAYER_TAR}+gzip", "zstd": f"{LAYER_TAR}+zstd"}
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Saved:
    """One image of an archive: the names of its members there."""

    config: str
    layers: tuple[str, ...]
    names: tuple[str, ...]
    foreign: Mapping[str, Descriptor] = field(default_factory=dict)
    """Digest of a layer's tar -> where it lies for everybody; the archive does not hold it."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as it lies in an archive: its bytes' digest, format and size."""

    digest: str
    format: str
    size_bytes: int


def format_of(head: bytes) -> str:
    """What the first bytes say that a file is: tar, gzip, zstd, bzip2, xz or lz4."""
    return next((name for magic, name in _MAGIC if head.startswith(magic)), PLAIN)


def choose(index: bytes, *, image: str, path: str) -> Saved:
    """The image that `image` names (`web:1.0`, or the configuration's digest, its id), or the only one.

    Args:
        index: the archive's manifest.json.
        image: a name as `docker save` was given it, "" for the only image.
        path: the property's, for messages.
    """
    try:
        saved = _merged([_saved(one) for one in read_json(index, where="the archive's manifest.json", path=path)])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid("the archive's manifest.json is not what docker save writes", path=path) from error
    found = [one for one in saved if not image or image in (*one.names, *_ids(one))] or [
        one for one in saved if any(same_name(image, name) for name in one.names)
    ]
    if len(found) == 1:
        return found[0]
    names = ", ".join([(*one.names, *_ids(one), one.config)[0] for one in saved][:_SHOWN]) or "none"
    more = ", …" if len(saved) > _SHOWN else ""
    what = f"no image {image!r}" if image and not found else f"{len(found or saved)} images"
    raise Invalid(
        f"the archive holds {what}; its images: {names}{more}", path=path, hint="name one of them in source.image"
    )


def _saved(one: Any) -> Saved:
    foreign = {}
    for digest, said in (one.get("LayerSources") or {}).items():
        urls, size = tuple(map(str, said.get("urls") or ())), said.get("size")
        if urls and isinstance(size, int) and said.get("mediaType") in FOREIGN and is_digest(str(said["digest"])):
            foreign[str(digest)] = Descriptor(said["mediaType"], str(said["digest"]), size, {}, urls)
    layers, names = one["Layers"] or (), one.get("RepoTags") or ()
    if isinstance(layers, str) or isinstance(names, str):
        raise TypeError
    return Saved(str(one["Config"]), tuple(map(str, layers)), tuple(map(str, names)), foreign)


def _merged(saved: Sequence[Saved]) -> list[Saved]:
    """Two names of one image are one image."""
    found: dict[tuple[str, tuple[str, ...]], Saved] = {}
    for one in saved:
        former = found.get((one.config, one.layers))
        names = tuple(dict.fromkeys((*former.names, *one.names))) if former else one.names
        found[one.config, one.layers] = Saved(one.config, one.layers, names, one.foreign)
    return list(found.values())


def _ids(saved: Saved) -> tuple[str, ...]:
    """The image's id, where the configuration's name says it: `HEX.json`, `sha256:HEX`, `blobs/sha256/HEX`."""
    digest = "sha256:" + saved.config.rpartition("/")[2].removesuffix(".json").removeprefix("sha256:")
    return (digest,) if is_digest(digest) else ()


def diff_ids(config: bytes, *, path: str) -> tuple[str, ...]:
    """The digests of the layers' plain tars, which the configuration names.

    Raises:
        Invalid: it names none.
    """
    read = read_json(config, where="the image's configuration in the archive", path=path)
    try:
        found = tuple(str(one) for one in read["rootfs"]["diff_ids"])
    except (KeyError, TypeError) as error:
        raise Invalid("the image's configuration in the archive names no layers", path=path) from error
    if not all(map(is_digest, found)):
        raise Invalid("the image's configuration in the archive names layers without sha256 digests", path=path)
    return found


def layer_of(name: str, found: Layer, *, path: str) -> Descriptor:
    """What the manifest says of a layer.

    Raises:
        Invalid: it is compressed in a way that OCI has no media type for.
    """
    if found.format not in _MEDIA_TYPES:
        raise Invalid(
            f"layer {name} is compressed with {found.format}, for which images have no media type",
            path=path,
            hint="save the image anew with docker, skopeo or crane",
        )
    return Descriptor(_MEDIA_TYPES[found.format], found.digest, found.size_bytes, {})


def config_of(config: bytes) -> Descriptor:
    """What the manifest says of the configuration."""
    return Descriptor(IMAGE_CONFIG, digest_of(config), len(config), {})
