"""Pushing what is large: flat memory, and after a kill nothing that was finished is sent again."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from uploads.large import by_us, start_pusher, write_large
from uploads.rig import Rig

MEMORY_MIB = 60


@pytest.mark.parametrize(
    ("layers", "layer_mib"),
    [(8, 8), pytest.param(8, 128, marks=[pytest.mark.long, pytest.mark.timeout(900)])],
    ids=["64MiB", "1GiB"],
)
def test_a_large_image_in_little_memory_and_killed_half_way(
    rig: Rig, tmp_path: Path, layers: int, layer_mib: int
) -> None:
    image = write_large(tmp_path / "image", layers=layers, layer_mib=layer_mib)
    killed = start_pusher(rig, image, "ns/killed")
    while len(rig.blob_files()) < layers // 2:
        assert killed.poll() is None, "it was too quick to be killed half-way"
        threading.Event().wait(0.002)
    killed.kill()
    killed.communicate()
    finished = {name for name, path in rig.blob_files().items() if path.stat().st_size == layer_mib << 20}
    rest = by_us(rig, image, "ns/killed")
    assert rest["blobs_present"] >= len(finished) >= layers // 2  # one may have ended after its sender did
    assert rest["blob_bytes_sent"] < (layers - len(finished)) * (layer_mib << 20) + 10_000
    whole = by_us(rig, image, "ns/whole")
    assert whole["blob_bytes_sent"] >= layers * (layer_mib << 20)
    assert whole["above_idle_mib"] <= MEMORY_MIB, whole
    print(f"{layers} × {layer_mib} MiB: {whole['seconds']:.1f} s, {whole['above_idle_mib']:.0f} MiB above idle")  # noqa: T201 - shown by -rP
