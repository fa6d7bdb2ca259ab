"""Where images come from: OCI layouts, docker-save archives, other registries (charts: `chart_sources`).

A source is opened for one operation: manifests are read at once (they are small), blobs only when they are sent, block
by block. What is wrong with a source is `Invalid` at the property's path.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from computenest.cloud.registry import layout
from computenest.cloud.registry import local as image_local
from computenest.cloud.registry.blobs import Opened
from computenest.cloud.registry.client import Body, Registry, Traffic, open_registry
from computenest.cloud.registry.login import Keys, Login
from computenest.cloud.registry.oci import (
    IMAGE_CONFIGS,
    Descriptor,
    Manifest,
    Reference,
    check_manifest,
    is_digest,
    parse_reference,
    read_json,
)
from computenest.cloud.registry.platforms import Platform, names_of, told_platform
from computenest.cloud.registry.push import Blob, Tree
from computenest.cloud.secret import Secret
from computenest.kernel.errors import Invalid

_PATH = "source.reference"
_MAX_CONFIG_BYTES = 8 << 20
_PARALLEL = 8
_REMEMBERED = 100_000
_REMEMBERED_MANIFESTS = 2_000
_REMEMBERED_BYTES = 64 << 10
_manifests: dict[str, Manifest] = {}
_seen: set[tuple[str, str]] = set()
"""Repository and digest of blobs that were there."""
_HUB_KEYS = ("https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io")
_HUB_HOSTS = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})


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
        known = {_host_of(key): entry for key, entry in json.loads(file.read_text("utf-8")).get("auths", {}).items()}
        names = _HUB_KEYS if host in _HUB_HOSTS else (host,)
        entry = next((known[_host_of(name)] for name in names if _host_of(name) in known), None)
        user, _, password = base64.b64decode(entry["auth"]).decode().partition(":") if entry else ("", "", "")
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return None
    return Login(user, Secret(password)) if user else None


def _host_of(key: str) -> str:
    """`https://index.docker.io/v1/`, as older clients wrote it, is `index.docker.io`."""
    return key.rpartition("://")[2].partition("/")[0]


@asynccontextmanager
async def open_image(source: Mapping[str, str], *, traffic: Traffic) -> AsyncIterator[Opened]:
    """Opens an image's source: `kind` is layout, archive or reference, `platforms` a list with commas.

    Raises:
        Invalid: it cannot be read, is not what its kind says, or is something that a push would find wrong.
    """
    kind, platforms = source["kind"], [desired for desired in source.get("platforms", "").split(",") if desired]
    if kind == "reference":
        async with open_reference(source["reference"], traffic=traffic, platforms=platforms) as opened:
            yield opened
        return
    if "\0" in source["path"]:
        raise Invalid(f"{source['path']!r} is no path", path="source.path")
    opener = image_local.open_layout if kind == "layout" else image_local.open_archive
    path, image = Path(source["path"]), source.get("image", "")
    yield await asyncio.to_thread(opener, path, image=image, platforms=platforms)


@asynccontextmanager
async def open_reference(
    text: str, *, traffic: Traffic, platforms: Sequence[str] = (), keys: Keys | None = None
) -> AsyncIterator[Opened]:
    """Opens an image in another registry; by digest where the reference has one, whatever its tag is.

    Args:
        text: the reference.
        traffic: counts what is received.
        platforms: which of several, () for all.
        keys: the login, by default what `docker login` left.

    Raises:
        Invalid: it is not there, or something that a push would find wrong.
    """
    reference = parse_reference(text, path=_PATH)
    host = reference.registry
    async with open_registry(host, keys or DockerLogin(host), traffic=traffic) as registry:
        yield await _Remote(registry, reference, f"pull of {reference}").opened(platforms)


@dataclass(frozen=True, slots=True)
class _Remote:
    registry: Registry
    reference: Reference
    doing: str

    async def opened(self, platforms: Sequence[str]) -> Opened:
        root = await self._manifest(self.reference.name)
        if root is None:
            raise Invalid(
                f"{self.reference.host} has no {self.reference.repository}:{self.reference.name}",
                path=_PATH,
                hint="it does not exist, or needs a login (docker login)",
            )
        known = await self._below(root, platforms)
        told: dict[str, Platform | None] = {}
        if platforms:
            said = {part.digest for node in (root, *known.values()) for part in node.manifests if part.platform}
            silent = [node for node in (root, *known.values()) if node.digest not in said]
            told = {node.digest: await self._platform(node) for node in silent}
        chosen = layout.prune(
            root,
            known,
            platforms=platforms,
            platform_of=lambda part, node: part.platform or told.get(node.digest),
            is_there=lambda _: True,
            path=_PATH,
        )
        if chosen.left_out:
            named = ", ".join(chosen.left_out)
            raise Invalid(
                f"{self.reference} names {named}, which the registry does not hold",
                path=_PATH,
                hint="name those that are wanted in `platforms`",
            )
        nodes = (chosen.root, *chosen.children)
        for node in nodes:
            check_manifest(node, where=f"{self.reference.repository}@{node.digest}", path=_PATH)
        blobs = {part.digest: Blob(part.digest, part.size_bytes, self._body(part)) for n in nodes for part in n.sent}
        await self._require(blobs)
        tree, notes = Tree(chosen.root, chosen.children, blobs), layout.notes(chosen, str(self.reference))
        platforms_told = names_of([told.get(chosen.root.digest), *(part.platform for part in chosen.root.manifests)])
        return Opened(tree, notes=notes, platforms=platforms_told)

    async def _require(self, blobs: Mapping[str, Blob]) -> None:
        """Asks for each blob once a process: a registry may name what it has lost, or a cache what it never had."""
        where, slots = f"{self.reference.registry}/{self.reference.repository}", asyncio.Semaphore(_PARALLEL)

        async def lacks(digest: str) -> bool:
            async with slots:
                return not await self.registry.has_blob(self.reference.repository, digest, doing=self.doing)

        asked = [digest for digest in blobs if (where, digest) not in _seen]
        lost = [
            digest for digest, is_lost in zip(asked, await asyncio.gather(*map(lacks, asked)), strict=True) if is_lost
        ]
        if lost:
            raise Invalid(f"{self.reference} names {lost[0]}, which the registry does not hold", path=_PATH)
        if len(_seen) < _REMEMBERED:
            _seen.update((where, digest) for digest in asked)

    async def _manifest(self, name: str) -> Manifest | None:
        """What a digest names stays what it is, and is asked for once a process: hubs count these questions."""
        key = f"{self.reference.registry}/{self.reference.repository}@{name}"
        found = _manifests.get(key) or await self.registry.manifest(self.reference.repository, name, doing=self.doing)
        is_small = found is not None and len(found.data) <= _REMEMBERED_BYTES
        if found is not None and is_small and is_digest(name) and len(_manifests) < _REMEMBERED_MANIFESTS:
            _manifests[key] = found
        return found

    async def _below(self, root: Manifest, platforms: Sequence[str]) -> dict[str, Manifest]:
        steps, found = layout.walk(root, path=_PATH), None
        try:
            while True:
                part = steps.send(found)
                found = await self._manifest(part.digest) if layout.may_be_wanted(part, platforms) else None
        except StopIteration as done:
            known: dict[str, Manifest] = done.value
            return known

    async def _platform(self, node: Manifest) -> Platform | None:
        """What the configuration says, for a manifest of which no index does."""
        config = node.blobs[0] if node.blobs and not node.is_index else None
        if config is None or config.media_type not in IMAGE_CONFIGS or config.size_bytes > _MAX_CONFIG_BYTES:
            return None
        data = b"".join([block async for block in self._body(config)(0)])
        return told_platform(read_json(data, where=config.digest, path=_PATH))

    def _body(self, part: Descriptor) -> Body:
        async def blocks(offset: int) -> AsyncIterator[bytes]:
            skipped = 0
            async for block in self.registry.blob(self.reference.repository, part.digest, doing=self.doing):
                if skipped + len(block) <= offset:
                    skipped += len(block)
                    continue
                yield block[max(0, offset - skipped) :]
                skipped += len(block)

        return blocks
