"""Random images as tools may write them, by seed: layouts and docker-save archives, some of them damaged."""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unit.images.layouts import CONFIG, INDEX, LAYER, MANIFEST, Layout, at, digest, layer_tar, packed, saved, tar_of

DOCKER = "application/vnd.docker"
DOCKER_MANIFEST = f"{DOCKER}.distribution.manifest.v2+json"
DOCKER_LIST = f"{DOCKER}.distribution.manifest.list.v2+json"
DOCKER_CONFIG = f"{DOCKER}.container.image.v1+json"
DOCKER_LAYER = f"{DOCKER}.image.rootfs.diff.tar.gzip"
DOCKER_FOREIGN = f"{DOCKER}.image.rootfs.foreign.diff.tar.gzip"
PLATFORMS = ["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/s390x", "windows/amd64"]


@dataclass
class Case:
    """A layout, and which of its images is meant."""

    layout: Layout
    image: str
    """As we name it."""
    name: str
    """Its name in index.json, "" where index.json holds one."""
    is_whole: bool = False
    """index.json itself is meant."""


class _Maker:
    def __init__(self, seed: int) -> None:
        self.seed, self.random = seed, random.Random(seed)
        self.layout = Layout()
        self.is_docker = self.maybe(0.25)

    def maybe(self, chance: float) -> bool:
        return self.random.random() < chance

    def layer(self) -> tuple[dict[str, Any], str]:
        plain = layer_tar(self.seed * 1000 + self.random.randrange(50))  # skopeo mounts what another repository has
        notes = {"annotations": {"org.example.note": "é"}} if self.maybe(0.2) else {}
        if self.maybe(0.1):
            kind = DOCKER_FOREIGN if self.is_docker else f"{LAYER.replace('layer', 'layer.nondistributable')}+gzip"
            far = {"mediaType": kind, "digest": digest(plain), "size": len(plain)}
            return {**far, "urls": ["https://example.com/base"]}, digest(plain)
        if not self.is_docker and self.maybe(0.3):
            return self.layout.blob(plain, LAYER, **notes), digest(plain)
        kind = DOCKER_LAYER if self.is_docker else f"{LAYER}+gzip"
        return self.layout.blob(gzip.compress(plain, mtime=0), kind, **notes), digest(plain)

    def manifest(self, platform: str) -> dict[str, Any]:
        layers = [self.layer() for _ in range(self.random.randrange(4))]
        if layers and self.maybe(0.2):
            layers.append(layers[0])
        os, architecture, *variant = platform.split("/")
        config = {
            "os": os, "architecture": architecture, "config": {"Env": [f"N={self.random.random()}"]},
            **({"variant": variant[0]} if variant else {}),
            "rootfs": {"type": "layers", "diff_ids": [diff for _, diff in layers]},
        }  # fmt: skip
        kind = DOCKER_MANIFEST if self.is_docker else MANIFEST
        body: dict[str, Any] = {"schemaVersion": 2}
        if self.is_docker or self.maybe(0.6):
            body["mediaType"] = kind
        body["config"] = self.layout.blob(config, DOCKER_CONFIG if self.is_docker else CONFIG)
        body["layers"] = [part for part, _ in layers]
        if self.maybe(0.2) and not self.is_docker:
            body["annotations"] = {"org.example.a": "b"}
        return self.layout.blob(json.dumps(body, indent=self.random.choice([None, 1, 3])).encode(), kind)

    def index(self, *, nested: bool) -> dict[str, Any]:
        entries = [
            {**self.manifest(platform), **(at(platform) if self.maybe(0.9) else {})}
            for platform in self.random.sample(PLATFORMS, self.random.randint(1, 3))
        ]
        if nested and not self.is_docker:
            entries.append(self.index(nested=False))
        kind = DOCKER_LIST if self.is_docker else INDEX
        return self.layout.blob({"schemaVersion": 2, "mediaType": kind, "manifests": entries}, kind)


def layout_of(seed: int) -> Case:
    """A layout of one image or several: plain, indexes, indexes below indexes, index.json itself; some damaged."""
    maker = _Maker(seed)
    parts = []
    for _ in range(1 + maker.maybe(0.3)):
        form = maker.random.choice(["image", "index", "nested"])
        parts.append(maker.manifest("linux/amd64") if form == "image" else maker.index(nested=form == "nested"))
    is_whole = maker.maybe(0.2)
    if is_whole:
        platforms = maker.random.sample(PLATFORMS, 2)
        parts = [{**maker.manifest(platform), **at(platform)} for platform in platforms]
        maker.layout.top(*parts)
        image, name = maker.random.choice(["", digest(maker.layout.files["index.json"])]), ""
    else:
        names = [f"v{number}" for number in range(len(parts))]
        entries = [
            {**part, "annotations": {"org.opencontainers.image.ref.name": name}}
            for part, name in zip(parts, names, strict=True)
        ]
        maker.layout.top(*entries, *([{**entries[0], "annotations": {}}] if maker.maybe(0.2) else []))
        name = maker.random.choice(names)
        image = name if len(parts) > 1 or maker.maybe(0.5) else ""
    if maker.maybe(0.25):
        _harm(maker)
    elif maker.maybe(0.2):
        _thin_out(maker)
    return Case(maker.layout, image, name, is_whole)


def _harm(maker: _Maker) -> None:
    blob = maker.random.choice(sorted(name for name in maker.layout.files if name.startswith("blobs/")))
    data = maker.layout.files.pop(blob)
    how = maker.random.choice(["gone", "cut", "changed"])
    if how == "cut":
        maker.layout.files[blob] = data[:-1]
    elif how == "changed":
        maker.layout.files[blob] = bytes([data[0] ^ 1]) + data[1:]


def _thin_out(maker: _Maker) -> None:
    """As docker keeps an image of which not all platforms were pulled."""
    indexes = [json.loads(data) for data in maker.layout.files.values() if b'"manifests"' in data and b"index" in data]
    below = [
        part for index in indexes for part in index["manifests"] if "platform" in part and "annotations" not in part
    ]
    for part in maker.random.sample(below, len(below) // 2):
        maker.layout.files.pop("blobs/" + part["digest"].replace(":", "/"), None)


def archive_of(seed: int, path: Path) -> None:
    """A docker-save archive of one image; its layers plain, compressed, or some of each; some damaged."""
    chance = random.Random(seed)
    plain = [layer_tar(seed * 1000 + chance.randrange(50)) for _ in range(chance.randint(1, 4))]
    forms = ["plain", "gzip"] if seed % 2 else ["plain", "gzip", "mixed"]  # crane looks at the first layer only
    form = forms[seed // 2 % len(forms)]
    layers = []
    for data in plain:
        is_zipped = form == "gzip" or (form == "mixed" and chance.random() < 0.5)
        layers.append(gzip.compress(data, compresslevel=chance.randint(1, 9), mtime=0) if is_zipped else data)
    files = saved(
        layers, [digest(data) for data in plain], names=["acme/web:1.0", "acme/web:latest"][: chance.randint(1, 2)]
    )
    if chance.random() < 0.2:
        name = chance.choice([name for name in files if name != "manifest.json"])
        files[name] = files[name][:-600] if chance.random() < 0.5 else packed(b"x" * len(files[name]))
    path.write_bytes(tar_of(files))
