"""Builds and pushes one package as a process of its own, and says what that took: `packing.py HOST CACHE IMAGE…`."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
import time
from pathlib import Path

import aiohttp

from computenest.cloud.registry.client import Traffic, open_registry
from computenest.cloud.registry.push import Shelf, push_tree
from computenest.resources._delivery.sources import ImageSource, Sources
from delivery.packs import built
from uploads.pusher import memory_kib
from uploads.rig import Key


async def pack(host: str, cache: Path, images: list[str], traffic: Traffic) -> None:
    sources = Sources(
        "large",
        "1",
        images=tuple(ImageSource(f"images[{n}]", f"acme/i{n}:1", path=path) for n, path in enumerate(images)),
    )
    async with built(sources, cache) as tree, open_registry(host, Key(), traffic=traffic) as registry:
        await push_tree(
            registry, "pkg/large", "1", tree, shelf=Shelf(), neighbours=(), show=lambda _: None, doing="push"
        )


async def _idle() -> None:
    async with aiohttp.ClientSession():
        await asyncio.sleep(0)


def main() -> None:
    host, cache, *images = sys.argv[1:]
    asyncio.run(_idle())
    idle_kib, traffic = memory_kib("VmRSS"), Traffic()
    began, processor = time.perf_counter(), time.process_time()
    asyncio.run(pack(host, Path(cache), images, traffic))
    told = {
        "seconds": time.perf_counter() - began,
        "processor_s": time.process_time() - processor,
        "above_idle_mib": (memory_kib("VmHWM") - idle_kib) / 1024,
        **dataclasses.asdict(traffic),
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
