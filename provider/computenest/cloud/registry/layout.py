"""Which image of an OCI layout is meant, and which part of an index is pushed. Pure.

An index is pushed whole, byte for byte, unless platforms are chosen or some that it names are not there (what `docker
save` and `ctr export` write of an image of which one platform was pulled). Then one image that is left is pushed by
itself, as docker and crane do, and of several an index is made that names just these.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from computenest.cloud.registry.oci import DOCKER_LIST, INDEX, Descriptor, Manifest, digest_of, is_digest
from computenest.cloud.registry.platforms import Platform, parse_platform
from computenest.kernel.errors import Invalid, printable

_REF_NAME = "org.opencontainers.image.ref.name"
_CONTAINERD_NAME = "io.containerd.image.name"
_SHOWN = 10  # images that a message lists
_MAX_MANIFESTS = 1000
_MAX_MANIFESTS_BYTES = 64 << 20
_MAX_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is pushed: the root, the manifests below it (deepest first), and what the index named besides."""

    root: Manifest
    children: tuple[Manifest, ...] = ()
    left_out: tuple[str, ...] = ()
    """Platforms, or digests, that the index names and that are not there."""


def names_of(part: Descriptor) -> tuple[str, ...]:
    """What an entry of index.json is called: by containerd and docker, and by everybody else."""
    found = (part.annotations.get(key, "") for key in (_CONTAINERD_NAME, _REF_NAME))
    return tuple(dict.fromkeys(name for name in found if name))


def same_name(one: str, other: str) -> bool:
    """Whether two names are one to docker: `web` is `docker.io/library/web:latest`."""
    return _full(one) == _full(other)


def _full(name: str) -> str:
    host, mark, rest = name.partition("/")
    if not mark or not ("." in host or ":" in host or host == "localhost"):
        host, rest = "docker.io", name
    if host in ("docker.io", "index.docker.io"):
        host, rest = "docker.io", rest if "/" in rest else f"library/{rest}"
    return f"{host}/{rest}" + ("" if ":" in rest.rpartition("/")[2] or "@" in rest else ":latest")


def select(index: Manifest, *, image: str, path: str) -> Descriptor | None:
    """The entry of index.json that `image` names, or the only one; None for the whole of it (see `whole`).

    Args:
        index: index.json.
        image: a name, or the digest of an entry; "" for the only image.
        path: the property's, for messages.

    Raises:
        Invalid: there is none, or there are several; the message lists them.
    """
    if is_digest(image):
        found = [part for part in index.manifests if part.digest == image]
    elif image:
        found = [part for part in index.manifests if image in names_of(part)] or [
            part for part in index.manifests if any(same_name(image, name) for name in names_of(part))
        ]
    else:
        found = list(index.manifests)
    distinct = list({part.digest: part for part in found}.values())
    if len(distinct) == 1:
        return distinct[0]
    if image == index.digest or (not image and whole(index)):
        return None
    what = (
        f"no image {image!r}"
        if image and not distinct
        else f"{len(distinct)} images" + (f" of the name {image!r}" if image else "")
    )
    listed = ", ".join(_called(part) for part in index.manifests[:_SHOWN]) or "none"
    more = ", …" if len(index.manifests) > _SHOWN else ""
    raise Invalid(
        f"the layout holds {what}; its images: {listed}{more}",
        path=path,
        hint=f"name one in source.image, by name or digest, or {index.digest} for the whole index",
    )


def whole(index: Manifest) -> bool:
    """Whether index.json is itself one image of several platforms: unnamed entries, each of another platform."""
    platforms = [part.platform for part in index.manifests if not part.subject]
    is_named = any(names_of(part) for part in index.manifests)
    return len(platforms) > 1 and None not in platforms and not is_named and len({*platforms}) == len(platforms)


def _called(part: Descriptor) -> str:
    platform = f" ({part.platform})" if part.platform else ""
    return f"{(*names_of(part), part.digest)[0]}{platform}" + (f" = {part.digest}" if names_of(part) else "")


def walk(root: Manifest, *, path: str) -> Generator[Descriptor, Manifest | None, dict[str, Manifest]]:
    """Yields what has to be read below the root, is sent it (None: not there), and returns all of it by digest.

    Raises:
        Invalid: it is more than any image is made of.
    """
    known: dict[str, Manifest] = {}
    asked, size_bytes, level = {root.digest}, 0, [root]
    for _ in range(_MAX_DEPTH):
        parts = [part for node in level for part in node.manifests]
        level = []
        for part in parts:
            if part.digest in asked:
                continue
            asked.add(part.digest)
            found = yield part
            if found is None:
                continue
            known[part.digest] = found
            level.append(found)
            size_bytes += len(found.data)
            if len(asked) > _MAX_MANIFESTS or size_bytes > _MAX_MANIFESTS_BYTES:
                raise Invalid(
                    f"more than {_MAX_MANIFESTS} manifests are below {root.digest}: is it an image?", path=path
                )
        if not level:
            return known
    raise Invalid(f"indexes below {root.digest} are nested deeper than {_MAX_DEPTH}", path=path)


def below(root: Manifest, read: Callable[[Descriptor], Manifest | None], *, path: str) -> dict[str, Manifest]:
    """Every manifest below the root that is there, by digest; each read once."""
    steps, found = walk(root, path=path), None
    try:
        while True:
            found = read(steps.send(found))
    except StopIteration as done:
        known: dict[str, Manifest] = done.value
        return known


def may_be_wanted(part: Descriptor, platforms: Sequence[str]) -> bool:
    """Whether it has to be read at all to tell."""
    if not platforms or part.platform is None or part.media_type in (INDEX, DOCKER_LIST):
        return True
    return any(desired is not None and desired.takes(part.platform) for desired in map(parse_platform, platforms))


def notes(chosen: Chosen, what: str) -> tuple[str, ...]:
    """What a preview has to say of it."""
    found = []
    if chosen.left_out:
        named = ", ".join(chosen.left_out[:_SHOWN])
        found.append(f"{what} names {named} without holding it: the rest of the image is pushed")
    foreign = [part for node in (chosen.root, *chosen.children) for part in node.blobs if part.is_foreign]
    if foreign:
        found.append(
            f"{what} has layers that lie elsewhere ({foreign[0].urls[0]}) and are not sent: some registries refuse that"
        )
    return tuple(map(printable, found))


@dataclass(slots=True)
class _Pruning:
    known: Mapping[str, Manifest]
    wanted: Sequence[Platform]
    platform_of: Callable[[Descriptor, Manifest], Platform | None]
    is_there: Callable[[Manifest], bool]
    left_out: dict[str, None] = field(default_factory=dict)
    passed_over: dict[str, None] = field(default_factory=dict)
    """Platforms that are not wanted."""
    children: dict[str, Manifest] = field(default_factory=dict)
    """In the order in which they are sent."""
    leaves: dict[str, tuple[Manifest, Platform | None]] = field(default_factory=dict)
    done: dict[str, Manifest | None] = field(default_factory=dict)

    def node(self, part: Descriptor, node: Manifest) -> Manifest | None:
        """The node as it is pushed, None where nothing of it is."""
        if part.digest not in self.done:
            self.done[part.digest] = self._index(node) if node.is_index else self._leaf(part, node)
        return self.done[part.digest]

    def _is_wanted(self, platform: Platform | None) -> bool:
        return not self.wanted or (platform is not None and any(desired.takes(platform) for desired in self.wanted))

    def _leaf(self, part: Descriptor, node: Manifest) -> Manifest | None:
        platform = self.platform_of(part, node)
        if not self._is_wanted(platform):
            if not part.subject:
                self.passed_over[str(platform or node.digest)] = None
            return None
        if not self.is_there(node):
            self._lacks(part, platform)
            return None
        self.leaves[node.digest] = node, platform
        return node

    def _lacks(self, part: Descriptor, platform: Platform | None) -> None:
        if not part.subject and self._is_wanted(platform):
            self.left_out[str(platform or part.digest)] = None

    def _index(self, node: Manifest) -> Manifest | None:
        kept: dict[str, Manifest] = {}
        for part in node.manifests:
            child = self.known.get(part.digest)
            if child is None:
                if self.wanted and not part.subject and not self._is_wanted(part.platform):
                    self.passed_over[str(part.platform or part.digest)] = None
                self._lacks(part, part.platform)
                continue
            found = self.node(part, child)
            if found is not None:
                kept[part.digest] = found
        named = {part.digest for part in node.manifests}
        for part in node.manifests:  # what tells of an image that is left out is left out with it
            if part.digest in kept and part.subject in named and part.subject not in kept:
                del kept[part.digest]
                self.leaves.pop(part.digest, None)
        if named and not kept:
            return None
        self.children.update((found.digest, found) for found in kept.values())
        is_whole = all(digest in kept and kept[digest] is self.known[digest] for digest in named)
        return node if is_whole else _rebuilt(node, kept)


def _rebuilt(node: Manifest, kept: Mapping[str, Manifest]) -> Manifest:
    """The index with these manifests alone; everything else that it says stays."""
    read: dict[str, Any] = json.loads(node.data)
    named = {part.digest for part in node.manifests}
    entries = []
    for entry in read["manifests"]:
        if entry["digest"] not in named:
            entries.append(entry)
        elif entry["digest"] in kept:
            found = kept[entry["digest"]]
            entries.append({**entry, "digest": found.digest, "size": len(found.data)})
    data = json.dumps({**read, "manifests": entries}, separators=(",", ":")).encode()
    parts = tuple(part for part in node.manifests if part.digest in kept)
    moved = tuple(
        Descriptor(p.media_type, kept[p.digest].digest, len(kept[p.digest].data), p.annotations, p.urls, p.platform)
        for p in parts
    )
    return Manifest(data, node.media_type, digest_of(data), node.blobs, moved, is_index=True)


def prune(
    root: Manifest,
    known: Mapping[str, Manifest],
    *,
    platforms: Sequence[str],
    platform_of: Callable[[Descriptor, Manifest], Platform | None],
    is_there: Callable[[Manifest], bool],
    path: str,
) -> Chosen:
    """What of an image is pushed.

    Args:
        root: its manifest or index.
        known: digest -> every manifest below the root that is there.
        platforms: which are wanted; () for all.
        platform_of: of a manifest that an index names.
        is_there: whether what the manifest names is there, and not only the manifest.
        path: the property of the source, for messages.

    Raises:
        Invalid: nothing is left, or a platform that is wanted is not there.
    """
    wanted = [desired for desired in map(parse_platform, platforms) if desired is not None]
    work = _Pruning(known, wanted, platform_of, is_there)
    found = work.node(Descriptor(root.media_type, root.digest, len(root.data), {}), root)
    left_out = tuple(work.left_out)
    for number, desired in enumerate(wanted):
        if not any(platform is not None and desired.takes(platform) for _, platform in work.leaves.values()):
            others = ", ".join([*work.passed_over][:_SHOWN]) or "no other"
            lacks = f"; it names {', '.join(left_out)} but does not hold it" if left_out else ""
            raise Invalid(
                f"the source holds nothing for {desired}: it has {others}{lacks}", path=f"platforms[{number}]"
            )
    if found is None:
        named = ", ".join(left_out[:_SHOWN]) or "nothing"
        raise Invalid(f"nothing of the image is there: it names {named}", path=path, hint="it was copied in part")
    if (wanted or found is not root) and len(work.leaves) == 1 and not found.blobs:
        (only,) = work.leaves.values()
        return Chosen(only[0], (), left_out)
    return Chosen(found, tuple(child for child in work.children.values() if child is not found), left_out)
