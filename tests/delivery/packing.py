"""Builds and pushes one package as a process of its own, and says what that took: `packing.py HOST CACHE IMAGE…`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from computenest.cloud.registry.client import Traffic
from computenest.kernel.unknown import Known
from computenest.resources.delivery_package.model import DeliveredImage, Inputs
from delivery.packs import built
from uploads.pusher import told
from uploads.rig import push_to


async def pack(host: str, cache: Path, images: list[str], traffic: Traffic) -> None:
    inputs = Inputs[Known](
        name="large",
        version="1",
        images=tuple(DeliveredImage(reference=f"acme/i{n}:1", path=path) for n, path in enumerate(images)),
    )
    async with built(inputs, cache) as tree:
        await push_to(host, "pkg/large", "1", tree, traffic=traffic)


if __name__ == "__main__":
    host, cache, *images = sys.argv[1:]
    told(partial(pack, host, Path(cache), images))
