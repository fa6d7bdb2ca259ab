"""Images and charts made on the spot: OCI layouts with layers of given sizes, deterministic by seed."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def _tar(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


@dataclass(frozen=True)
class Layout:
    """An OCI layout with one image, tagged `latest` in its index."""

    path: Path
    digest: str
    layers: tuple[str, ...]

    @property
    def source(self) -> str:
        """As skopeo names it."""
        return f"oci:{self.path}:latest"


class _Writer:
    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)

    def add(self, content: bytes, media_type: str) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        (self.path / "blobs" / "sha256" / digest).write_bytes(content)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


def layout(path: Path, *sizes: int, seed: int = 1, shared: int = 0) -> Layout:
    """Layers of the given sizes in bytes of random content; the first `shared` are the same for every seed."""
    writer = _Writer(path)
    layers, diffs = [], []
    for index, size in enumerate(sizes):
        content = random.Random(f"{0 if index < shared else seed}/{index}").randbytes(size)
        plain = _tar(f"file{index}", content)
        diffs.append("sha256:" + hashlib.sha256(plain).hexdigest())
        layers.append(writer.add(gzip.compress(plain, compresslevel=0, mtime=0), LAYER))
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": [f"SEED={seed}"]},
        "rootfs": {"type": "layers", "diff_ids": diffs},
    }
    described = writer.add(json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json")
    manifest_type = "application/vnd.oci.image.manifest.v1+json"
    manifest = {"schemaVersion": 2, "mediaType": manifest_type, "config": described, "layers": layers}
    entry = writer.add(json.dumps(manifest).encode(), manifest_type)
    index = {
        "schemaVersion": 2,
        "manifests": [{**entry, "annotations": {"org.opencontainers.image.ref.name": "latest"}}],
    }
    (path / "index.json").write_text(json.dumps(index))
    (path / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return Layout(path, entry["digest"], tuple(str(layer["digest"]) for layer in layers))


def chart(path: Path, name: str = "shop", version: str = "1.2.3") -> Path:
    """A chart's folder."""
    folder = path / name
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {version}\n")
    (folder / "values.yaml").write_text("replicas: 1\n")
    (folder / "templates" / "map.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata: {replicas: '{{ .Values.replicas }}'}\n"
    )
    return folder
