"""A delivery package as one OCI image of sealer's app-installer form: its layers, configuration and manifest. Pure.

Source of the form: sealer 0.11.0, read and tried (pkg/define/image/v1, pkg/define/application/v1, pkg/application):

- annotation `sealer.image.extension`: kind, applications, how they are launched; without it `sealer inspect` fails;
- annotation `sealer.image.container.images`: every container image, as charts name it;
- `application/apps/<name>/…`: a chart, unpacked; sealer enters its folder and runs the application's command;
- `registry/`: a file tree of the distribution registry with every container image, their hosts left out.

Each blob of a container image has a layer of its own, so that a registry which has the blob is sent nothing of it;
small ones are together, since storage drivers bear about 120 layers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from computenest.cloud.registry.oci import (
    IMAGE_CONFIG,
    LAYER_TAR,
    MANIFEST,
    Descriptor,
    Manifest,
    Reference,
    digest_of,
)
from computenest.cloud.registry.stored import FOLDER_MODE, MODE, padding, stored_size, tar_end, tar_header

EXTENSION = "sealer.image.extension"
IMAGES = "sealer.image.container.images"
CONTENTS = "computenest.delivery.contents"
"""What is in it, with digests and versions: sealer's own annotations tell neither."""
HOLDS = "holds "
"""How the comment in a layer's history begins, where it holds one blob: an installation need not read it to know."""
REGISTRY = "registry/docker/registry/v2"
APPLICATIONS = "application/apps"
VALUES = "application/values"
FILES = "application/files"

MAX_LAYERS = 100
_OWN_LAYER_BYTES = 64 << 10  # smaller blobs are sent sooner than asked for
_MAX_SMALL_LAYERS = 20
_MAX_CHART_LAYERS = 30
_EPOCH = "1970-01-01T00:00:00Z"
_BY = "pulumi-computenest"


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """A file of a layer."""

    name: str
    digest: str
    size_bytes: int
    mode: int = MODE


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: its files, sorted by name."""

    items: tuple[Item, ...]

    @property
    def tar_bytes(self) -> int:
        """The size of its tar."""
        return sum(len(part) if isinstance(part, bytes) else part.size_bytes for part in self.parts())

    @property
    def size_bytes(self) -> int:
        """The size of the layer, known without reading what is in it."""
        return stored_size(self.tar_bytes)

    @property
    def key(self) -> str:
        """What makes its bytes: two layers of one key are one."""
        return digest_of(repr([(one.name, one.digest, one.size_bytes, one.mode) for one in self.items]).encode())

    @property
    def held(self) -> str:
        """The digest of the one blob of a container image that it holds, "" for any other layer."""
        is_one = len(self.items) == 1 and self.items[0].name.startswith(f"{REGISTRY}/blobs/")
        return self.items[0].digest if is_one else ""

    def parts(self) -> Iterator[bytes | Item]:
        """Its tar: what lies between the files, and the files."""
        folders: set[str] = set()
        size = 0
        for item in self.items:
            for folder in _folders(item.name):
                if folder not in folders:
                    folders.add(folder)
                    head = tar_header(f"{folder}/", 0, mode=FOLDER_MODE, is_folder=True)
                    size += len(head)
                    yield head
            head, tail = tar_header(item.name, item.size_bytes, mode=item.mode), padding(item.size_bytes)
            size += len(head) + item.size_bytes + len(tail)
            yield head
            yield item
            if tail:
                yield tail
        yield tar_end(size)


def _folders(name: str) -> Iterator[str]:
    parts = name.split("/")[:-1]
    return ("/".join(parts[: count + 1]) for count in range(len(parts)))


@dataclass(frozen=True, slots=True)
class Measured:
    """What a layer comes to: the digests of its tar and of the layer."""

    diff_id: str
    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class PackedChart:
    """A chart of a package.

    Args:
        name: of the application, and of its release.
        chart: the chart's own name.
        version: of the chart.
        digest: of the chart, as a registry has it.
        namespace: where it is installed.
        items: its files, below its folder.
        values: what it is installed with, as YAML; b"" for its defaults.
    """

    name: str
    chart: str
    version: str
    digest: str
    namespace: str
    items: tuple[Item, ...]
    values: bytes = b""

    @property
    def command(self) -> str:
        """How sealer installs it. Its own `helm install` would fail the second time."""
        given = f" --values ../../values/{self.name}.yaml" if self.values else ""
        return f"helm upgrade --install {self.name} . --namespace {self.namespace} --create-namespace{given}"


@dataclass(frozen=True, slots=True)
class PackedImage:
    """A container image of a package, under the name that charts have for it."""

    reference: Reference
    root: Manifest
    children: tuple[Manifest, ...] = ()

    @property
    def blobs(self) -> Mapping[str, int]:
        """Digest -> size of each blob."""
        nodes = (self.root, *self.children)
        return {part.digest: part.size_bytes for node in nodes for part in node.sent}


@dataclass(frozen=True, slots=True)
class PackedFile:
    """Any other file, by its path in the package."""

    path: str
    digest: str
    size_bytes: int
    mode: int = MODE


@dataclass(frozen=True, slots=True)
class Contents:
    """What a package is made of; each list in any order."""

    name: str
    version: str
    charts: tuple[PackedChart, ...] = ()
    images: tuple[PackedImage, ...] = ()
    files: tuple[PackedFile, ...] = ()
    architecture: str = "amd64"
    os: str = "linux"

    def in_order(self) -> Contents:
        """The same, sorted: the order of a program's lists makes no other package."""
        return replace(
            self,
            charts=tuple(sorted(self.charts, key=lambda one: one.name)),
            images=tuple(sorted(self.images, key=lambda one: str(one.reference))),
            files=tuple(sorted(self.files, key=lambda one: one.path)),
        )


@dataclass(frozen=True, slots=True)
class Sealed:
    """The layers of a package, and the bytes of what is made for it: links, manifests, values."""

    contents: Contents
    layers: tuple[Layer, ...]
    made: Mapping[str, bytes]


def seal(contents: Contents) -> Sealed:
    """The layers of a package."""
    contents = contents.in_order()
    made: dict[str, bytes] = {}

    def item(name: str, data: bytes) -> Item:
        made[digest_of(data)] = data
        return Item(name, digest_of(data), len(data))

    charts = [
        (
            *(replace(one, name=f"{APPLICATIONS}/{chart.name}/{one.name}") for one in chart.items),
            *((item(f"{VALUES}/{chart.name}.yaml", chart.values),) if chart.values else ()),
        )
        for chart in contents.charts
    ]
    if len(charts) > _MAX_CHART_LAYERS:
        charts = [tuple(one for chart in charts for one in chart)]
    files = tuple(Item(f"{FILES}/{one.path}", one.digest, one.size_bytes, one.mode) for one in contents.files)
    others = [*charts, *([files] if files else [])]
    own, small = _blobs(contents.images, room=MAX_LAYERS - len(others) - min(len(contents.images), _MAX_SMALL_LAYERS))
    for image in contents.images:
        for node in (image.root, *image.children):
            made[node.digest] = node.data
        links = (item(name, text.encode()) for name, text in _links(image).items())
        small[str(image.reference)] = (*small[str(image.reference)], *links)
    groups = [*others, *((_blob(digest, size),) for digest, size in own), *_together(small)]
    layers = tuple(Layer(tuple(sorted(group))) for group in groups if group)
    return Sealed(contents, layers, made)


def layer_of_blob(digest: str, size_bytes: int) -> Layer:
    """The layer that holds one blob of a container image."""
    return Layer((_blob(digest, size_bytes),))


def _blob(digest: str, size_bytes: int) -> Item:
    hexadecimal = digest.partition(":")[2]
    return Item(f"{REGISTRY}/blobs/sha256/{hexadecimal[:2]}/{hexadecimal}/data", digest, size_bytes)


def _blobs(images: Sequence[PackedImage], *, room: int) -> tuple[list[tuple[str, int]], dict[str, tuple[Item, ...]]]:
    """The blobs that have a layer of their own, sorted; and the others with the manifests, image by image."""
    sizes = {digest: size for image in images for digest, size in image.blobs.items()}
    large = sorted((one for one in sizes.items() if one[1] >= _OWN_LAYER_BYTES), key=lambda one: (-one[1], one[0]))
    own = dict(large[: max(room, 0)])
    seen, small = set(own), {}
    for image in images:
        nodes = {node.digest: len(node.data) for node in (image.root, *image.children)}
        rest = {digest: size for digest, size in {**image.blobs, **nodes}.items() if digest not in seen}
        seen |= rest.keys()
        small[str(image.reference)] = tuple(_blob(digest, size) for digest, size in rest.items())
    return sorted(own.items()), small


def _together(small: Mapping[str, tuple[Item, ...]]) -> list[tuple[Item, ...]]:
    """Image by image; of many images several in one layer, always the same ones."""
    if len(small) <= _MAX_SMALL_LAYERS:
        return list(small.values())
    shared: dict[int, dict[str, Item]] = {}
    for reference, items in small.items():
        number = int(digest_of(reference.encode())[-8:], 16) % _MAX_SMALL_LAYERS
        shared.setdefault(number, {}).update((one.name, one) for one in items)
    return [tuple(items.values()) for _, items in sorted(shared.items())]


def _links(image: PackedImage) -> dict[str, str]:
    """The files by which the distribution registry finds what its repositories hold."""
    place = f"{REGISTRY}/repositories/{image.reference.repository}"
    found = {f"{place}/_layers/sha256/{digest.partition(':')[2]}/link": digest for digest in image.blobs}
    for node in (image.root, *image.children):
        found[f"{place}/_manifests/revisions/sha256/{node.digest.partition(':')[2]}/link"] = node.digest
    if image.reference.tag:
        tag, root = f"{place}/_manifests/tags/{image.reference.tag}", image.root.digest
        found[f"{tag}/current/link"] = root
        found[f"{tag}/index/sha256/{root.partition(':')[2]}/link"] = root
    return found


def image_of(sealed: Sealed, measured: Sequence[Measured]) -> tuple[Manifest, bytes]:
    """The package's manifest and configuration, once its layers are measured."""
    contents = sealed.contents
    history = [
        {"created": _EPOCH, "created_by": _BY, **({"comment": f"{HOLDS}{held}"} if (held := one.held) else {})}
        for one in sealed.layers
    ]
    labels = {"computenest.delivery.name": contents.name, "computenest.delivery.version": contents.version}
    config = _json({
        "architecture": contents.architecture,
        "config": {"Labels": labels},
        "created": _EPOCH,
        "history": history,
        "os": contents.os,
        "rootfs": {"diff_ids": [one.diff_id for one in measured], "type": "layers"},
    })  # fmt: skip
    layers = [Descriptor(f"{LAYER_TAR}+gzip", one.digest, one.size_bytes, {}) for one in measured]
    head = Descriptor(IMAGE_CONFIG, digest_of(config), len(config), {})
    body = {
        "annotations": _annotations(contents),
        "config": {"digest": head.digest, "mediaType": head.media_type, "size": head.size_bytes},
        "layers": [{"digest": one.digest, "mediaType": one.media_type, "size": one.size_bytes} for one in layers],
        "mediaType": MANIFEST,
        "schemaVersion": 2,
    }
    data = _json(body)
    return Manifest(data, MANIFEST, digest_of(data), (head, *layers), ()), config


def _annotations(contents: Contents) -> dict[str, str]:
    """Sealer's two, and ours; texts that are the same for the same contents."""
    names = [chart.name for chart in contents.charts]
    extension = {
        "applications": [
            {"cmds": [chart.command], "name": chart.name, "type": "helm", "version": "v1"} for chart in contents.charts
        ],
        "buildClient": {"buildahVersion": "", "sealerVersion": _BY},
        "launch": {"app_names": names},
        "schemaVersion": "v1alpha1",
        "type": "app-installer",
    }
    platform = {"architecture": contents.architecture, "os": contents.os}
    images = [{"image": str(one.reference), "platform": platform} for one in contents.images]
    told = {
        "charts": {
            one.name: {"chart": one.chart, "digest": one.digest, "namespace": one.namespace, "version": one.version}
            for one in contents.charts
        },
        "files": {one.path: one.digest for one in contents.files},
        "images": {str(one.reference): one.root.digest for one in contents.images},
        "name": contents.name,
        "version": contents.version,
    }
    return {EXTENSION: _text(extension), IMAGES: _text(images), CONTENTS: _text(told)}


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _json(value: object) -> bytes:
    return _text(value).encode()
