"""What `docker save` writes, read as an OCI image. Pure.

The archive holds each layer as a plain tar and the image's configuration, which names every layer by the digest of just
that tar. So the layers are pushed as they are, uncompressed, which OCI allows, and the manifest, and with it the digest
of the whole, follows from the configuration alone: nothing is hashed twice and no compressor has a part in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from computenest.domain.content.oci import IMAGE_CONFIG, LAYER_TAR, Descriptor, digest_of, is_digest
from computenest.domain.errors import Invalid

__all__ = ["Saved", "choose", "layers_of"]


@dataclass(frozen=True, slots=True)
class Saved:
    """One image of an archive: the names of its members there."""

    config: str
    layers: tuple[str, ...]
    names: tuple[str, ...]


def choose(index: bytes, *, image: str, path: str) -> Saved:
    """The image that `image` names (`web:1.0`), or the only one.

    Args:
        index: the archive's manifest.json.
        image: a name as `docker save` was given it, "" for the only image.
        path: the property's, for messages.
    """
    try:
        listed = json.loads(index)
        saved = [
            Saved(str(one["Config"]), tuple(map(str, one["Layers"])), tuple(map(str, one.get("RepoTags") or ())))
            for one in listed
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid("the archive's manifest.json is not what docker save writes", path=path) from error
    found = [one for one in saved if not image or image in one.names]
    if len(found) == 1:
        return found[0]
    names = ", ".join(name for one in saved for name in one.names) or "none with a name"
    what = f"no image {image!r}" if image else f"{len(saved)} images"
    raise Invalid(f"the archive holds {what}; its images: {names}", path=path, hint="name one of them in source.image")


def layers_of(config: bytes, sizes: Sequence[int], *, path: str) -> tuple[Descriptor, tuple[Descriptor, ...]]:
    """The descriptors of the configuration and of the layers, in order.

    Args:
        config: the image's configuration.
        sizes: of the layers' tars, in bytes, in order.
        path: the property's, for messages.
    """
    try:
        read: Mapping[str, Any] = json.loads(config)
        digests = [str(one) for one in read["rootfs"]["diff_ids"]]
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid("the image's configuration in the archive names no layers", path=path) from error
    if len(digests) != len(sizes) or not all(map(is_digest, digests)):
        raise Invalid(f"the configuration names {len(digests)} layers, the archive holds {len(sizes)}", path=path)
    layers = tuple(Descriptor(LAYER_TAR, d, size, {}) for d, size in zip(digests, sizes, strict=True))
    return Descriptor(IMAGE_CONFIG, digest_of(config), len(config), {}), layers
