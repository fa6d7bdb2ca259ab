"""Images as files, written by hand: whatever a tool may write, and what none should."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from written import write_files

OCI = "application/vnd.oci.image"
MANIFEST, INDEX, CONFIG = f"{OCI}.manifest.v1+json", f"{OCI}.index.v1+json", f"{OCI}.config.v1+json"
LAYER = f"{OCI}.layer.v1.tar"


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def packed(data: Any) -> bytes:
    return data if isinstance(data, bytes) else json.dumps(data).encode()


def tar_of(files: Mapping[str, bytes], *, links: Mapping[str, str] | None = None) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return out.getvalue()


def layer_tar(number: int) -> bytes:
    return tar_of({f"file{number}": f"content {number}\n".encode() * 50})


@dataclass
class Layout:
    """An OCI layout in the making: name -> bytes."""

    files: dict[str, bytes] = field(default_factory=dict)

    def blob(self, data: Any, media_type: str, **more: Any) -> dict[str, Any]:
        found = packed(data)
        self.files["blobs/" + digest(found).replace(":", "/")] = found
        return {"mediaType": media_type, "digest": digest(found), "size": len(found), **more}

    def image(
        self,
        number: int = 1,
        *,
        on: str = "linux/amd64",
        layers: int | Sequence[bytes] = 2,
        zipped: bool = True,
        level: int = 9,
        config: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """One with so many small layers, or with these; `config`: what else it says of itself."""
        plain = [layer_tar(number + 10 * n) for n in range(layers)] if isinstance(layers, int) else layers
        parts = [
            self.blob(gzip.compress(data, level, mtime=0), f"{LAYER}+gzip") if zipped else self.blob(data, LAYER)
            for data in plain
        ]
        return self.manifest(parts, [*map(digest, plain)], on=on, config=config, **more)

    def manifest(
        self,
        parts: Sequence[Mapping[str, Any]],
        diff_ids: Sequence[str],
        *,
        on: str = "linux/amd64",
        config: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Of layers that are somewhere; its bytes are no other program's."""
        os, architecture = on.split("/")[:2]
        rootfs = {"type": "layers", "diff_ids": [*diff_ids]}
        told = self.blob({"os": os, "architecture": architecture, "rootfs": rootfs, **(config or {})}, CONFIG)
        body = {"schemaVersion": 2, "mediaType": MANIFEST, "config": told, "layers": [*parts]}
        return self.blob(json.dumps(body, indent=3).encode(), MANIFEST, **more)

    def index(self, *entries: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        return self.blob({"schemaVersion": 2, "mediaType": INDEX, "manifests": [*entries]}, INDEX, **more)

    def top(self, *entries: Mapping[str, Any], **more: Any) -> None:
        self.files["index.json"] = packed({"schemaVersion": 2, "manifests": [*entries], **more})
        self.files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'

    def drop(self, part: Mapping[str, Any]) -> None:
        del self.files["blobs/" + part["digest"].replace(":", "/")]

    def read(self, part: Mapping[str, Any]) -> Any:
        return json.loads(self.files["blobs/" + part["digest"].replace(":", "/")])

    def folder(self, path: Path) -> Path:
        shutil.rmtree(path, ignore_errors=True)
        return self.write(path)

    def write(self, path: Path) -> Path:
        """Beside what lies there."""
        return write_files(path, self.files)

    def archive(self, path: Path) -> Path:
        path.write_bytes(tar_of(self.files))
        return path


def at(platform: str) -> dict[str, Any]:
    """`platform` of an index's entry."""
    os, architecture, *variant = platform.split("/")
    return {"platform": {"os": os, "architecture": architecture, **({"variant": variant[0]} if variant else {})}}


def named(name: str, containerd: str = "") -> dict[str, Any]:
    """The annotations of an entry of index.json."""
    notes = {"org.opencontainers.image.ref.name": name}
    return {"annotations": {**notes, **({"io.containerd.image.name": containerd} if containerd else {})}}


def saved(
    layers: Sequence[bytes], diff_ids: Sequence[str], *, names: Sequence[str] = ("acme/web:1.0",), **more: Any
) -> dict[str, bytes]:
    """The members of a docker-save archive; the layers as they are given."""
    config = packed({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": [*diff_ids]}})
    files = {f"{index}/layer.tar": data for index, data in enumerate(layers)}
    told = [{"Config": f"{digest(config)[7:]}.json", "RepoTags": [*names], "Layers": [*files], **more}]
    return {**files, f"{digest(config)[7:]}.json": config, "manifest.json": packed(told)}
