"""OCI images and artifacts as bytes: digests, manifests, references. Pure.

Media types and rules are those of the OCI image and distribution specifications 1.1, and of Docker's schema 2, which
registries and clients still exchange.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from computenest.cloud.registry.platforms import Platform, told_platform
from computenest.kernel.arguments import quoted
from computenest.kernel.errors import Invalid

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
IMAGE_CONFIGS = (IMAGE_CONFIG, "application/vnd.docker.container.image.v1+json")
LAYER_TAR = "application/vnd.oci.image.layer.v1.tar"
CHART_CONFIG = "application/vnd.cncf.helm.config.v1+json"
CHART_CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
ACCEPTED = (MANIFEST, INDEX, DOCKER_MANIFEST, DOCKER_LIST)
"""Every kind of manifest that a registry is asked for."""
_LONGEST_NAME = 255  # of host and repository: OCI distribution specification 1.1, "Pulling manifests"
FOREIGN = (
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
)
"""Layers that lie at addresses of their own (Windows' base): no client sends them."""

MAX_MANIFEST_BYTES = 4 << 20  # what registries accept, by the distribution specification
_MAX_INLINE_CHARS = 64 << 10
_HUB = ("docker.io", "index.docker.io")
_HUB_REGISTRY = "registry-1.docker.io"  # where Docker Hub's registry is; docker.io itself is a web site
_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1"
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
    urls: tuple[str, ...] = ()
    platform: Platform | None = None
    inline: bytes | None = None
    """The content itself, where the descriptor carries it and it is what the digest says."""

    @property
    def is_foreign(self) -> bool:
        """Whether it lies elsewhere for everybody, and is not sent."""
        return bool(self.urls) and self.media_type in FOREIGN

    @property
    def subject(self) -> str:
        """Of an attestation that BuildKit put beside an image: the digest of that image; else ""."""
        return self.annotations.get("vnd.docker.reference.digest", "")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest or an index: its bytes, which alone make its digest, and what they name."""

    data: bytes
    media_type: str
    digest: str
    blobs: tuple[Descriptor, ...]
    """Configuration first, then the layers; of an index entries that are no manifests (BuildKit's caches)."""
    manifests: tuple[Descriptor, ...]
    """Of an index."""
    is_index: bool = False

    @property
    def sent(self) -> tuple[Descriptor, ...]:
        """The blobs that lie in the registry beside it."""
        return tuple(blob for blob in self.blobs if not blob.is_foreign)


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

    @property
    def registry(self) -> str:
        """The host that is asked: Docker Hub's registry has another than its name says."""
        return _HUB_REGISTRY if self.host in _HUB else self.host

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
    found = _REFERENCE.fullmatch(text.removeprefix("oci://").removeprefix("docker://"))
    is_host = found is not None and ("." in found["host"] or ":" in found["host"] or found["host"] == "localhost")
    if found is not None and len(found["host"]) + len(found["repository"]) >= _LONGEST_NAME:
        why = f"registries take names of up to {_LONGEST_NAME} characters"
        raise Invalid(f"{quoted(text)} is no reference to an image or chart: {why}", path=path)
    if found is None or not is_host:
        raise Invalid(
            f"{quoted(text)} is no reference to an image or chart in a registry",
            path=path,
            hint="write the host as well, as in registry.example.com/team/web:1.0, …/web@sha256:… or docker.io/nginx",
        )
    tag, digest = found["tag"] or "", found["digest"] or ""
    repository = found["repository"]
    if found["host"] in _HUB and "/" not in repository:
        repository = f"library/{repository}"
    return Reference(found["host"], repository, tag or ("" if digest else "latest"), digest)


def parse_manifest(data: bytes, *, media_type: str = "", where: str = "", path: str = "") -> Manifest:
    """Reads a manifest without changing a byte of it.

    Args:
        data: its bytes.
        media_type: what the registry or index called it; the manifest's own `mediaType` (optional in OCI) is second.
        where: names it in messages.
        path: the property's, for messages.

    Raises:
        Invalid: not a manifest that can be pushed: too large, not JSON, of schema 1, or with other digests.
    """
    where = where or "the manifest"
    if len(data) > MAX_MANIFEST_BYTES:
        raise Invalid(f"{where} has {len(data)} bytes; registries take {MAX_MANIFEST_BYTES}", path=path)
    read = read_json(data, where=where, path=path)
    if not isinstance(read, Mapping) or read.get("schemaVersion") != 2:
        is_old = isinstance(read, Mapping) and read.get("schemaVersion") == 1
        what = "is of Docker's schema 1, which registries take no more" if is_old else "is no OCI manifest"
        raise Invalid(f"{where} {what}; schemaVersion 2 is needed", path=path)
    own = read.get("mediaType")
    listed = read.get("manifests")
    if isinstance(listed, list):
        said = media_type or (own if isinstance(own, str) and own else INDEX)
        parts = _descriptors(listed, where, path)
        blobs = tuple(part for part in parts if not _is_manifest(part))
        old = [part.digest for part in parts if part.media_type.startswith(_SCHEMA_1)]
        if old:
            raise Invalid(f"{where} names {old[0]} of Docker's schema 1, which registries take no more", path=path)
        return Manifest(data, said, digest_of(data), blobs, tuple(p for p in parts if _is_manifest(p)), is_index=True)
    layers = read.get("layers")
    if not isinstance(read.get("config"), Mapping) or not isinstance(layers, list | None):
        raise Invalid(f"{where} names neither a configuration and layers nor manifests", path=path)
    said = media_type or (own if isinstance(own, str) and own else MANIFEST)
    return Manifest(data, said, digest_of(data), _descriptors([read["config"], *(layers or ())], where, path), ())


def check_manifest(manifest: Manifest, *, where: str, path: str) -> None:
    """Refuses what registries refuse, so that a preview says it.

    Raises:
        Invalid: of a kind that no registry takes as an image, called another kind than it is, or two kinds at once.
    """
    read: dict[str, Any] = json.loads(manifest.data)
    own = read.get("mediaType") or ""
    if "manifests" in read and ("layers" in read or "config" in read):
        raise Invalid(f"{where} is an index and an image at once, which registries refuse", path=path)
    if manifest.media_type not in ACCEPTED:
        raise Invalid(f"{where} is of the type {manifest.media_type[:200]!r}, which is no image's", path=path)
    is_docker = manifest.media_type in (DOCKER_MANIFEST, DOCKER_LIST)
    if own != manifest.media_type and (own or is_docker):
        raise Invalid(
            f"{where} is called {manifest.media_type} and says itself that it is {own or 'nothing'}", path=path
        )
    if manifest.is_index != (manifest.media_type in (INDEX, DOCKER_LIST)):
        raise Invalid(f"{where} is called {manifest.media_type}, which it is not", path=path)


def read_json(data: bytes, *, where: str, path: str = "") -> Any:
    """JSON of somebody else's, of any shape.

    Raises:
        Invalid: it is none, or nested deeper than anything that means something.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        why = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise Invalid(f"{where} is not JSON: {why}", path=path) from error


def read_tags(data: bytes, *, where: str) -> tuple[str, ...]:
    """A page of a repository's tags.

    Raises:
        Invalid: it is none.
    """
    read = read_json(data, where=f"the list of tags of {where}")
    tags = read.get("tags") if isinstance(read, Mapping) else None
    if not isinstance(tags, list | None):
        raise Invalid(f"the list of tags of {where} is none")
    return tuple(tag for tag in tags or () if isinstance(tag, str) and TAG.fullmatch(tag))


def _is_manifest(part: Descriptor) -> bool:
    return part.media_type in ("", *ACCEPTED)


def _descriptors(parts: Iterable[Any], where: str, path: str) -> tuple[Descriptor, ...]:
    found = []
    for part in parts:
        digest = str(part.get("digest", "")) if isinstance(part, Mapping) else ""
        size = part.get("size") if isinstance(part, Mapping) else None
        if not is_digest(digest) or not isinstance(size, int) or isinstance(size, bool) or size < 0:
            which = f": {digest[:80]!r}" if digest else ""
            raise Invalid(f"{where} names a part without a sha256 digest and a size{which}", path=path)
        notes, urls = part.get("annotations"), part.get("urls")
        found.append(
            Descriptor(
                str(part.get("mediaType") or ""),
                digest,
                size,
                {str(k): str(v) for k, v in notes.items()} if isinstance(notes, Mapping) else {},
                tuple(map(str, urls)) if isinstance(urls, list) else (),
                told_platform(part.get("platform")),
                _inline(part.get("data"), digest),
            )
        )
    return tuple(found)


def _inline(said: Any, digest: str) -> bytes | None:
    if not isinstance(said, str) or len(said) > _MAX_INLINE_CHARS:
        return None
    try:
        data = base64.b64decode(said, validate=True)
    except ValueError:
        return None
    return data if digest_of(data) == digest else None


def compose_manifest(config: Descriptor, layers: Sequence[Descriptor]) -> Manifest:
    """The manifest of these parts: the same parts give the same bytes, always."""

    def told(part: Descriptor) -> dict[str, Any]:
        urls = {"urls": list(part.urls)} if part.urls else {}
        notes = {"annotations": dict(part.annotations)} if part.annotations else {}
        return {"mediaType": part.media_type, "digest": part.digest, "size": part.size_bytes, **urls, **notes}

    body = {"schemaVersion": 2, "mediaType": MANIFEST, "config": told(config), "layers": [told(x) for x in layers]}
    data = json.dumps(body, separators=(",", ":")).encode()
    return Manifest(data, MANIFEST, digest_of(data), (config, *layers), ())
