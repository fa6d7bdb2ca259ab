"""Large images, and what it takes to push one: by us and by skopeo, in turn, to the same registry."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from unit.images.layouts import LAYER, Layout
from uploads.rig import PASSWORD, ROOT, USER, Rig

_MIB = 1 << 20


def write_large(folder: Path, *, layers: int, layer_mib: int, seed: int = 0) -> Path:
    """An OCI layout of layers that do not compress, written in small pieces."""
    blobs, made = folder / "blobs" / "sha256", Layout()
    blobs.mkdir(parents=True)
    chance = random.Random(layers * layer_mib + (seed << 32))
    listed = []
    for _ in range(layers):
        seen = hashlib.sha256()
        with (blobs / "new").open("wb") as file:
            for _ in range(layer_mib):
                piece = chance.randbytes(_MIB)
                seen.update(piece)
                file.write(piece)
        (blobs / "new").rename(blobs / seen.hexdigest())
        kind = f"{LAYER}+gzip"  # skopeo sends these as they are
        listed.append({"mediaType": kind, "digest": f"sha256:{seen.hexdigest()}", "size": layer_mib * _MIB})
    made.top(made.manifest(listed, [one["digest"] for one in listed], config={"config": {}}))
    return made.write(folder)


def start_pusher(rig: Rig, image: Path, repository: str) -> subprocess.Popen[str]:
    """Our push as a process of its own."""
    path = os.pathsep.join([str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(ROOT / "tests/uploads/pusher.py"), rig.host, str(image), repository, "1"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path})


def by_us(rig: Rig, image: Path, repository: str) -> dict[str, Any]:
    """Seconds of the push alone, memory above the idle process, and what was sent."""
    running = start_pusher(rig, image, repository)
    told: dict[str, Any] = json.loads(running.communicate()[0])
    return told


def by_skopeo(rig: Rig, image: Path, repository: str, skopeo: Path) -> float:
    """Seconds."""
    options = ["--dest-tls-verify=false", f"--dest-creds={USER}:{PASSWORD}"]
    places = [f"oci:{image}", f"docker://{rig.host}/{repository}:1"]
    began = time.perf_counter()
    subprocess.run([skopeo, "--insecure-policy", "copy", *options, *places], check=True, capture_output=True)
    return time.perf_counter() - began


def forget(rig: Rig) -> None:
    """Empties the registry, so that the next push finds nothing."""
    shutil.rmtree(rig.folder / "data", ignore_errors=True)
