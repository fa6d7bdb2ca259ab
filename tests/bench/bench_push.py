# ruff: noqa: T201 - a program that prints
"""A 1 GiB image of 8 layers, pushed by us and by skopeo in turn to one registry: `python tests/bench/bench_push.py`.

    python tests/bench/bench_push.py [layers] [MiB each] [rounds]

The registry is Debian's docker-registry behind a token service, emptied before each push; the ratio is of the medians.
Memory is what the pushing process has at its peak above what it has before it starts.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from uploads.large import by_skopeo, by_us, forget, write_large
from uploads.rig import ROOT, Rig


def tool(*path: str) -> Path:
    """The folder or file that a tool prints, fetched or built where it is not kept already."""
    return Path(subprocess.run([ROOT.joinpath(*path)], check=True, capture_output=True, text=True).stdout.strip())


def main(layers: int = 8, layer_mib: int = 128, rounds: int = 3) -> None:
    skopeo = tool("tools", "registry", "clients") / "skopeo"
    ours, theirs, memory, processor = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        image = write_large(Path(folder) / "image", layers=layers, layer_mib=layer_mib)
        rig = Rig(Path(folder) / "registry", tool("tests", "uploads", "fetch-registry"))
        try:
            for number in range(rounds):
                told = by_us(rig, image, f"ns/ours{number}")
                forget(rig)
                ours.append(told["seconds"])
                memory.append(told["above_idle_mib"])
                processor.append(told["processor_s"])
                theirs.append(by_skopeo(rig, image, f"ns/theirs{number}", skopeo))
                forget(rig)
        finally:
            rig.stop()
    print(f"| {layers} × {layer_mib} MiB, median of {rounds} | ours | skopeo | ratio | memory above idle | processor |")
    print("| --- | --- | --- | --- | --- | --- |")
    one, other = statistics.median(ours), statistics.median(theirs)
    print(
        f"| push | {one:.1f} s | {other:.1f} s | {one / other:.2f} | {max(memory):.0f} MiB | "
        f"{statistics.median(processor):.1f} s |"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
