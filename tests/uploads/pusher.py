"""Pushes one image as a process of its own and says what that took: `python pusher.py HOST LAYOUT REPOSITORY TAG`."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import sys
import time
from pathlib import Path

import aiohttp

from computenest.cloud.registry.client import Traffic, open_registry
from computenest.cloud.registry.push import Shelf, push_tree
from computenest.cloud.registry.sources import open_image
from uploads.rig import Key

__all__ = ["main"]


def memory_kib(what: str) -> int:
    found = re.search(rf"^{what}:\s+(\d+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


async def push(host: str, layout: str, repository: str, tag: str, traffic: Traffic) -> None:
    source = {"kind": "layout", "path": layout}
    async with open_image(source, traffic=traffic) as opened, open_registry(host, Key(), traffic=traffic) as registry:
        await push_tree(
            registry, repository, tag, opened.tree, shelf=Shelf(), neighbours=(),
            show=lambda _: None, doing=f"push of {repository}:{tag}",
        )  # fmt: skip


async def _idle() -> None:
    async with aiohttp.ClientSession():
        await asyncio.sleep(0)


def main() -> None:
    host, layout, repository, tag = sys.argv[1:]
    asyncio.run(_idle())
    idle_kib, traffic = memory_kib("VmRSS"), Traffic()
    began, processor = time.perf_counter(), time.process_time()
    asyncio.run(push(host, layout, repository, tag, traffic))
    told = {
        "seconds": time.perf_counter() - began,
        "processor_s": time.process_time() - processor,
        "above_idle_mib": (memory_kib("VmHWM") - idle_kib) / 1024,
        **dataclasses.asdict(traffic),
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
