"""Images that lie on this machine: OCI layouts, in a folder or a tar, and what `docker save` writes.

Whatever a push would find wrong with one is found here, before anything is sent: manifests of a kind that registries do
not take, blobs that are missing, cut off or damaged. Everything here reads files, so it runs beside the event loop.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from computenest.cloud.registry import docker_archive, layout
from computenest.cloud.registry.blobs import Opened, of_bytes, of_place
from computenest.cloud.registry.image_files import Archive, Files, Folder, digest_at, layer_at, read_at
from computenest.cloud.registry.oci import (
    IMAGE_CONFIGS,
    LAYER_TAR,
    Descriptor,
    Manifest,
    check_manifest,
    compose_manifest,
    digest_of,
    is_digest,
    parse_manifest,
    read_json,
)
from computenest.cloud.registry.platforms import Platform, names_of, told_platform
from computenest.cloud.registry.push import Blob, Tree
from computenest.kernel.errors import Invalid

_PATH = "source.path"
_MAX_JSON_BYTES = 8 << 20
_INDEX, _SAVED = "index.json", "manifest.json"


def open_layout(folder: Path, *, image: str, platforms: Sequence[str]) -> Opened:
    """An OCI layout's folder.

    Raises:
        Invalid: whatever a push would find wrong with it.
    """
    files = Folder(folder)
    if not files.has(_INDEX):
        raise Invalid(f"{folder} is no OCI layout: it holds no {_INDEX}", path=_PATH, hint=_what_it_is(folder))
    return _Layout(files, folder).opened(image, platforms)


def _what_it_is(folder: Path) -> str:
    if folder.is_file():
        return "a tar is a DockerArchive, whatever it holds"
    if (folder / "version").is_file():
        return "it looks like skopeo's dir: copy it with skopeo copy dir:… oci:…"
    if (folder / _SAVED).is_file():
        return "it looks like an unpacked archive of docker save: name the archive itself"
    return ""


def open_archive(path: Path, *, image: str, platforms: Sequence[str]) -> Opened:
    """What `docker save` and its like wrote, or an OCI layout as a tar; newer ones are both.

    Raises:
        Invalid: whatever a push would find wrong with it.
    """
    files = Archive(path)
    has_layout = files.has(_INDEX)
    if not files.has(_SAVED) and not has_layout:
        raise _no_image(files)
    found = _Layout(files, path) if has_layout else None
    if found is not None and not (image and files.has(_SAVED)):
        return found.opened(image, platforms)
    try:
        composed = _Saved(files, path, docker_archive.choose(_read(files, _SAVED), image=image, path=_PATH))
    except Invalid:
        if found is None or not found.holds(image):
            raise
        return found.opened(image, platforms)
    if found is not None and (platforms or not composed.is_plain()) and found.holds(image):
        return found.opened(image, platforms)
    return composed.opened(platforms)


def _no_image(files: Archive) -> Invalid:
    if files.has("repositories"):
        return Invalid(
            f"{files.path} is of a docker before 1.10 and has no {_SAVED}", path=_PATH, hint="load it and save it anew"
        )
    roots = sorted({*files.roots(_INDEX), *files.roots(_SAVED)})[:3]
    below = f"; there is one below {' and '.join(roots)}" if roots else ""
    hint = f"pack the folder's content, not the folder: tar -C {roots[0]} -cf image.tar ." if roots else ""
    return Invalid(f"{files.path} holds neither {_SAVED} nor {_INDEX}{below}", path=_PATH, hint=hint)


def _read(files: Files, name: str) -> bytes:
    return read_at(files.place(name), limit=_MAX_JSON_BYTES, name=name)


def _blob_name(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


@dataclass(frozen=True, slots=True)
class _Layout:
    files: Files
    what: Path

    def index(self) -> Manifest:
        return parse_manifest(_read(self.files, _INDEX), where=f"{_INDEX} of {self.what}", path=_PATH)

    def holds(self, image: str) -> bool:
        try:
            self._root(image)
        except Invalid:
            return False
        return True

    def opened(self, image: str, platforms: Sequence[str]) -> Opened:
        root, known = self._root(image)
        chosen = layout.prune(
            root,
            known,
            platforms=platforms,
            platform_of=lambda part, node: part.platform or (self._platform(node) if platforms else None),
            is_there=lambda node: node is root or self._is_there(node),
            path=_PATH,
        )
        nodes = (chosen.root, *chosen.children)
        for node in nodes:
            check_manifest(node, where=f"{node.digest} in {self.what}", path=_PATH)
        blobs = {part.digest: self._blob(part) for node in nodes for part in node.sent}
        own = [self._platform(chosen.root), *(part.platform for part in chosen.root.manifests)]
        tree, told = Tree(chosen.root, chosen.children, blobs), layout.notes(chosen, str(self.what))
        return Opened(tree, notes=told, platforms=names_of(own))

    def _root(self, image: str) -> tuple[Manifest, Mapping[str, Manifest]]:
        index = self.index()
        if is_digest(image) and image != index.digest and all(part.digest != image for part in index.manifests):
            below = layout.below(index, self._manifest, path=_PATH)
            found = below.get(image) or next(
                (n for n in below.values() if n.blobs[:1] and n.blobs[0].digest == image), None
            )
            if found is not None:
                return found, below
        part = layout.select(index, image=image, path=_PATH)
        if part is None:
            return index, layout.below(index, self._manifest, path=_PATH)
        root = self._manifest(part)
        if root is None:
            raise Invalid(f"{self.what} lacks {_blob_name(part.digest)}", path=_PATH, hint="it was copied in part")
        return root, layout.below(root, self._manifest, path=_PATH)

    def _manifest(self, part: Descriptor) -> Manifest | None:
        name = _blob_name(part.digest)
        if not self.files.has(name):
            return None
        data = _read(self.files, name)
        if digest_of(data) != part.digest or len(data) != part.size_bytes:
            raise self._damaged(part, f"has {len(data)} bytes and the digest {digest_of(data)}")
        return parse_manifest(data, media_type=part.media_type, where=f"{part.digest} in {self.what}", path=_PATH)

    def _is_there(self, node: Manifest) -> bool:
        return all(part.inline is not None or self.files.has(_blob_name(part.digest)) for part in node.blobs[:1])

    def _platform(self, node: Manifest) -> Platform | None:
        config = node.blobs[0] if node.blobs and not node.is_index else None
        if config is None or config.media_type not in IMAGE_CONFIGS or not self.files.has(_blob_name(config.digest)):
            return None
        return told_platform(read_json(_read(self.files, _blob_name(config.digest)), where=config.digest, path=_PATH))

    def _blob(self, part: Descriptor) -> Blob:
        name = _blob_name(part.digest)
        if part.inline is not None and not self.files.has(name):
            return Blob(part.digest, len(part.inline), of_bytes(part.inline))
        place = self.files.place(name)
        if place.size_bytes != part.size_bytes:
            raise self._damaged(part, f"has {place.size_bytes} bytes, its manifest says {part.size_bytes}")
        found = digest_at(place)
        if found != part.digest:
            raise self._damaged(part, f"has the digest {found}")
        return Blob(part.digest, part.size_bytes, of_place(place))

    def _damaged(self, part: Descriptor, how: str) -> Invalid:
        return Invalid(f"{_blob_name(part.digest)} in {self.what} is damaged: it {how}", path=_PATH)


class _Saved:
    """One image of a docker-save archive."""

    def __init__(self, files: Files, what: Path, saved: docker_archive.Saved) -> None:
        self.files, self.what = files, what
        self.config = _read(files, posixpath.normpath(saved.config))
        ids = docker_archive.diff_ids(self.config, path=_PATH)
        if len(ids) != len(saved.layers):
            raise Invalid(
                f"the configuration names {len(ids)} layers, the archive holds {len(saved.layers)}", path=_PATH
            )
        self.layers: list[Descriptor] = []
        self.blobs = {digest_of(self.config): Blob(digest_of(self.config), len(self.config), of_bytes(self.config))}
        for name, diff_id in zip(saved.layers, ids, strict=True):
            self._take(name, diff_id, saved.foreign.get(diff_id))

    def _take(self, name: str, diff_id: str, foreign: Descriptor | None) -> None:
        if foreign is not None:
            self.layers.append(foreign)
            return
        place = self.files.place(posixpath.normpath(name))
        layer = docker_archive.layer_of(name, layer_at(place, diff_id=diff_id, name=name), path=_PATH)
        self.layers.append(layer)
        self.blobs[layer.digest] = Blob(layer.digest, layer.size_bytes, of_place(place))

    def is_plain(self) -> bool:
        """Whether every layer is a plain tar."""
        return all(layer.media_type == LAYER_TAR for layer in self.layers)

    def opened(self, platforms: Sequence[str]) -> Opened:
        manifest = compose_manifest(docker_archive.config_of(self.config), self.layers)
        own = told_platform(read_json(self.config, where=f"the image's configuration in {self.what}", path=_PATH))
        chosen = layout.prune(
            manifest, {}, platforms=platforms, platform_of=lambda *_: own, is_there=lambda _: True, path=_PATH
        )
        told = layout.notes(chosen, str(self.what))
        return Opened(Tree(manifest, (), self.blobs), notes=told, platforms=names_of([own]))
