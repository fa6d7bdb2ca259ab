"""Images and charts as files: OCI layouts, docker-save archives, chart folders."""

from __future__ import annotations

import hashlib
import io
import json
import random
import tarfile
from collections.abc import Sequence
from pathlib import Path

BLOCK = 1 << 20


def layer(seed: int, size_bytes: int = 50_000) -> bytes:
    return random.Random(seed).randbytes(size_bytes)


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def write_layout(folder: Path, layers: Sequence[bytes], *, name: str = "latest", note: str = "") -> str:
    """An OCI layout of one image; the manifest's digest."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def keep(data: bytes) -> dict[str, object]:
        found = digest(data)
        (blobs / found.partition(":")[2]).write_bytes(data)
        return {"digest": found, "size": len(data)}

    config = json.dumps({
        "architecture": "amd64", "os": "linux", "note": note, "config": {},
        "rootfs": {"type": "layers", "diff_ids": [digest(data) for data in layers]},
    }).encode()  # fmt: skip
    manifest = json.dumps({
        "schemaVersion": 2,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **keep(config)},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **keep(data)} for data in layers],
    }, indent=3).encode()  # fmt: skip
    entry = {"mediaType": "application/vnd.oci.image.manifest.v1+json", **keep(manifest)}
    entry["annotations"] = {"org.opencontainers.image.ref.name": name}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return digest(manifest)


def tar_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def write_saved(path: Path, layers: Sequence[bytes], *, names: Sequence[str] = ("web:1.0",)) -> None:
    """What an older `docker save` writes."""
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [digest(data) for data in layers]},
    }).encode()  # fmt: skip
    files = {f"{digest(config)[7:]}.json": config}
    files |= {f"{index:064x}/layer.tar": data for index, data in enumerate(layers)}
    told = [{
        "Config": f"{digest(config)[7:]}.json", "RepoTags": list(names),
        "Layers": [f"{index:064x}/layer.tar" for index in range(len(layers))],
    }]  # fmt: skip
    path.write_bytes(tar_of({**files, "manifest.json": json.dumps(told).encode()}))


CHART = """apiVersion: v2
name: {name}
description: A shop
type: application
version: {version}
appVersion: "1.16.0"
icon: https://example.com/icon.png
"""
TEMPLATE = """apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-settings
data:
  greeting: {{ .Values.greeting | quote }}
"""


def write_chart(folder: Path, *, name: str = "shop", version: str = "1.2.3", greeting: str = "hello") -> None:
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    (folder / "Chart.yaml").write_text(CHART.format(name=name, version=version))
    (folder / "values.yaml").write_text(f"greeting: {greeting}\n")
    (folder / "templates" / "settings.yaml").write_text(TEMPLATE)
    (folder / ".helmignore").write_text("# what stays here\n*.orig\nnotes/\n")
    (folder / "a.orig").write_text("left out")
    (folder / "notes").mkdir(exist_ok=True)
    (folder / "notes" / "todo.txt").write_text("left out")
