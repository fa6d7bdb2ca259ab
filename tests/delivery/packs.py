"""Packages made on the spot: charts, images and files in a folder, and what comes of them."""

from __future__ import annotations

import asyncio
import os
import sys
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from computenest.cloud.registry.client import Traffic
from computenest.cloud.registry.push import Tree
from computenest.kernel.unknown import Known
from computenest.resources._delivery.assembly import LayerCache, assemble
from computenest.resources._delivery.sealed import seal
from computenest.resources.delivery_package.model import DeliveredChart, DeliveredImage, Inputs
from computenest.resources.delivery_package.sources import PackageCharts, gathered
from delivery.wares import images_at
from registry.images import chart
from uploads.rig import Anybody, push_to

SAMPLE = b"".join(b"%d is a number, and %d another\n" % (number, number * 7919) for number in range(20_000))
"""Text that two compressors write differently."""


def shop(folder: Path, *, version: str = "1.0.0", changed: int = 0) -> Inputs[Known]:
    """Two charts, four images that share a layer, and a file.

    Args:
        changed: another number gives the last image another layer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    images = [
        DeliveredImage(reference=f"registry.example.com/{one['reference']}", path=one["path"])
        for one in images_at(folder, seed=changed)
    ]
    paths = [chart(folder / version, name=name, version=version) for name in ("shop", "gateway")]
    charts = [DeliveredChart(path=str(path)) for path in paths]
    (folder / "README.md").write_text("read me\n")
    files = {"README.md": str(folder / "README.md")}
    return Inputs[Known](name="shop", version=version, charts=tuple(charts), images=tuple(images), files=files)


@asynccontextmanager
async def built(inputs: Inputs[Known], cache: Path) -> AsyncIterator[Tree]:
    """The package, while what it is made of is open."""
    async with gathered(inputs, traffic=Traffic(), packages=PackageCharts()) as found:
        made = await assemble(
            seal(found.contents),
            found.bodies,
            cache=LayerCache(cache),
            may_read_bytes=None,
            remote=frozenset(found.far),
        )
        assert made.tree is not None
        yield made.tree


async def push(inputs: Inputs[Known], cache: Path, host: str, repository: str, tag: str) -> tuple[Tree, Traffic]:
    """Builds and pushes it."""
    traffic = Traffic()
    async with built(inputs, cache) as tree:
        await push_to(host, repository, tag, tree, key=Anybody(), traffic=traffic)
    return tree, traffic


def digest_of(inputs: Inputs[Known], cache: Path) -> str:
    """The digest that it has once it is built."""

    async def work() -> str:
        async with built(inputs, cache) as tree:
            return tree.root.digest

    return asyncio.run(work())


if __name__ == "__main__":  # in a process of another user, with another zlib

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a compressor has a part in it")

    wanted = shop(Path(sys.argv[1]))
    os.umask(0o077)
    zlib.compress = zlib.compressobj = refused  # type: ignore[assignment]
    sys.stdout.write(digest_of(wanted, Path(sys.argv[2])))
