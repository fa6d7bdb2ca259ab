# ruff: noqa: T201 - a program that prints
"""A package of 8 images, 1 GiB, built and pushed, beside skopeo's copies of the same images; then a second version.

    python tests/bench/bench_delivery.py [images] [MiB of each of two layers]

The registry is Debian's docker-registry behind a token service, emptied before. The second version has another layer in
one image. Memory is what the process has at its peak above what it has before it starts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from uploads.large import by_skopeo, forget, write_large
from uploads.rig import ROOT, Rig

_MIB = 1 << 20


def tool(*path: str) -> Path:
    """The folder or file that a tool prints, fetched or built where it is not kept already."""
    return Path(subprocess.run([ROOT.joinpath(*path)], check=True, capture_output=True, text=True).stdout.strip())


def packed(rig: Rig, cache: Path, images: list[Path]) -> dict[str, Any]:
    """What it took to build and push a package of these images."""
    path = os.pathsep.join([str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, ROOT / "tests/delivery/packing.py", rig.host, cache, *images]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def main(count: int = 8, layer_mib: int = 64) -> None:
    skopeo = tool("tools", "registry", "clients") / "skopeo"
    with tempfile.TemporaryDirectory() as folder:
        where, size = Path(folder), {"layers": 2, "layer_mib": layer_mib}
        images = [write_large(where / f"image{number}", seed=number, **size) for number in range(count)]
        changed = [*images[:-1], write_large(where / "changed", seed=count, **size)]
        rig = Rig(where / "registry", tool("tests", "uploads", "fetch-registry"))
        try:
            theirs = sum(by_skopeo(rig, image, f"ns/theirs{number}", skopeo) for number, image in enumerate(images))
            forget(rig)
            first = packed(rig, where / "cache", images)
            second = packed(rig, where / "cache", changed)
        finally:
            rig.stop()
    new = size["layers"] * layer_mib * _MIB
    print(f"| {count} images of 2 × {layer_mib} MiB | ours | skopeo | ratio | memory above idle | processor |")
    print("| --- | --- | --- | --- | --- | --- |")
    print(
        f"| build and push | {first['seconds']:.1f} s | {theirs:.1f} s | {first['seconds'] / theirs:.2f} | "
        f"{first['above_idle_mib']:.0f} MiB | {first['processor_s']:.1f} s |"
    )
    print(
        f"| second version, one image changed | {second['seconds']:.1f} s | | "
        f"{second['blob_bytes_sent'] / new:.3f} × its new bytes are sent | {second['above_idle_mib']:.0f} MiB | "
        f"{second['processor_s']:.1f} s |"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
