"""Pushes one image as a process of its own and says what that took: `python pusher.py HOST LAYOUT REPOSITORY TAG`."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import sys
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from computenest.cloud.registry.client import Traffic
from computenest.cloud.registry.sources import open_image
from uploads.rig import push_to


def _memory_kib(what: str) -> int:
    found = re.search(rf"^{what}:\s+(\d+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


async def push(host: str, layout: str, repository: str, tag: str, traffic: Traffic) -> None:
    source = {"kind": "layout", "path": layout}
    async with open_image(source, traffic=traffic) as opened:
        await push_to(host, repository, tag, opened.tree, traffic=traffic)


async def _idle() -> None:
    async with aiohttp.ClientSession():
        await asyncio.sleep(0)


def told(work: Callable[[Traffic], Coroutine[Any, Any, None]]) -> None:
    """Prints what it took: seconds, memory above the idle process, and what was sent."""
    asyncio.run(_idle())
    idle_kib, traffic = _memory_kib("VmRSS"), Traffic()
    began, processor = time.perf_counter(), time.process_time()
    asyncio.run(work(traffic))
    found = {
        "seconds": time.perf_counter() - began,
        "processor_s": time.process_time() - processor,
        "above_idle_mib": (_memory_kib("VmHWM") - idle_kib) / 1024,
        **dataclasses.asdict(traffic),
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    host, layout, repository, tag = sys.argv[1:]
    told(partial(push, host, layout, repository, tag))
