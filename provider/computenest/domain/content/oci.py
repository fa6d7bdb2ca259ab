"""OCI images and artifacts as bytes: digests, manifests, references. Pure.

Media types and rules are those of the OCI image and distribution specifications 1.1, and of Docker's schema 2, which
registries and clients still exchange.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from computenest.domain.errors import Invalid

__all__ = [
    "ACCEPTED",
    "CHART_CONFIG",
    "CHART_CONTENT",
    "IMAGE_CONFIG",
    "LAYER_TAR",
    "MANIFEST",
    "Descriptor",
    "Manifest",
    "Reference",
    "compose_manifest",
    "digest_of",
    "is_digest",
    "parse_manifest",
    "parse_reference",
]

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER_TAR = "application/vnd.oci.image.layer.v1.tar"
CHART_CONFIG = "application/vnd.cncf.helm.config.v1+json"
CHART_CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
ACCEPTED = (MANIFEST, INDEX, DOCKER_MANIFEST, DOCKER_LIST)
"""Every kind of manifest that a registry is asked for."""

_MAX_MANIFEST_BYTES = 4 << 20  # what registries accept, by the distribution specification
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_REPOSITORY = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
_REFERENCE = re.compile(
    rf"(?P<host>[A-Za-z0-9.-]+(?::[0-9]+)?|\[[0-9a-fA-F:]+\](?::[0-9]+)?)/(?P<repository>{_REPOSITORY})"
    rf"(?::(?P<tag>{_TAG}))?(?:@(?P<digest>sha256:[0-9a-f]{{64}}))?"
)
REPOSITORY = re.compile(_REPOSITORY)
TAG = re.compile(_TAG)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a manifest says of one of its parts."""

    media_type: str
    digest: str
    size_bytes: int
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest or an index: its bytes, which alone make its digest, and what they name."""

    data: bytes
    media_type: str
    digest: str
    blobs: tuple[Descriptor, ...]
    """Configuration first, then the layers; () for an index."""
    manifests: tuple[Descriptor, ...]
    """Of an index."""


@dataclass(frozen=True, slots=True)
class Reference:
    """`host/repository:tag`, `host/repository@digest`, or both."""

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """What the registry is asked for: the digest where there is one."""
        return self.digest or self.tag

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.host}/{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")


def digest_of(data: bytes) -> str:
    """`sha256:…` of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def is_digest(text: str) -> bool:
    """Whether `text` is a sha256 digest, the only kind that registries have to know."""
    return _DIGEST.fullmatch(text) is not None


def parse_reference(text: str, *, path: str) -> Reference:
    """A reference with its host, as in `registry.example.com/team/web:1.0`; without tag and digest `latest` is meant.

    Raises:
        Invalid: it is none; `path` is the property's.
    """
    found = _REFERENCE.fullmatch(text.removeprefix("oci://"))
    is_host = found is not None and ("." in found["host"] or ":" in found["host"] or found["host"] == "localhost")
    if found is None or not is_host:
        raise Invalid(
            f"{text!r} is no reference to an image or chart in a registry",
            path=path,
            hint="write the host as well, as in registry.example.com/team/web:1.0 or …/web@sha256:…",
        )
    tag, digest = found["tag"] or "", found["digest"] or ""
    return Reference(found["host"], found["repository"], tag or ("" if digest else "latest"), digest)


def parse_manifest(data: bytes, *, media_type: str = "", where: str = "") -> Manifest:
    """Reads a manifest without changing a byte of it.

    Args:
        data: its bytes.
        media_type: what the registry or index called it; the manifest's own `mediaType` (optional in OCI) is second.
        where: names it in messages.

    Raises:
        Invalid: not a manifest that can be pushed: too large, not JSON, of schema 1, or with foreign digests.
    """
    if len(data) > _MAX_MANIFEST_BYTES:
        raise Invalid(f"{where or 'the manifest'} has {len(data)} bytes; registries take {_MAX_MANIFEST_BYTES}")
    try:
        read = json.loads(data)
    except ValueError as error:
        raise Invalid(f"{where or 'the manifest'} is not JSON: {error}") from error
    if not isinstance(read, Mapping) or read.get("schemaVersion") != 2:
        raise Invalid(f"{where or 'the manifest'} is no OCI manifest of schema version 2")
    listed = read.get("manifests")
    is_index = isinstance(listed, list)
    said = media_type or str(read.get("mediaType") or (INDEX if is_index else MANIFEST))
    if isinstance(listed, list):
        return Manifest(data, said, digest_of(data), (), _descriptors(listed, where))
    parts = [read.get("config"), *(read.get("layers") or ())]
    return Manifest(data, said, digest_of(data), _descriptors(parts, where), ())


def _descriptors(parts: Iterable[Any], where: str) -> tuple[Descriptor, ...]:
    found = []
    for part in parts:
        digest = str(part.get("digest", "")) if isinstance(part, Mapping) else ""
        size = part.get("size") if isinstance(part, Mapping) else None
        if not is_digest(digest) or not isinstance(size, int) or size < 0:
            raise Invalid(f"{where or 'the manifest'} names a part without a sha256 digest and a size")
        notes = {str(k): str(v) for k, v in (part.get("annotations") or {}).items()}
        found.append(Descriptor(str(part.get("mediaType", "")), digest, size, notes))
    return tuple(found)


def compose_manifest(config: Descriptor, layers: Sequence[Descriptor]) -> Manifest:
    """The manifest of these parts: the same parts give the same bytes, always."""

    def told(part: Descriptor) -> dict[str, Any]:
        return {"mediaType": part.media_type, "digest": part.digest, "size": part.size_bytes}

    body = {"schemaVersion": 2, "mediaType": MANIFEST, "config": told(config), "layers": [told(x) for x in layers]}
    data = json.dumps(body, separators=(",", ":")).encode()
    return Manifest(data, MANIFEST, digest_of(data), (config, *layers), ())
