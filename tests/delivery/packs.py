"""Packages made on the spot: charts, images and files in a folder, and what comes of them."""

from __future__ import annotations

import asyncio
import os
import sys
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from computenest.cloud.registry.client import Traffic, open_registry
from computenest.cloud.registry.login import Login
from computenest.cloud.registry.push import Shelf, Tree, push_tree
from computenest.kernel.unknown import Known
from computenest.resources._delivery.assembly import LayerCache, assemble
from computenest.resources._delivery.sealed import seal
from computenest.resources.delivery_package.model import DeliveredChart, DeliveredImage, Inputs
from computenest.resources.delivery_package.sources import PackageCharts, gathered
from registry.images import chart, layout

LARGE, SMALL = 300_000, 900
SAMPLE = b"".join(b"%d is a number, and %d another\n" % (number, number * 7919) for number in range(20_000))
"""Text that two compressors write differently."""


class Anybody:
    """No login."""

    async def login(self, *, renew: bool) -> Login | None:
        del renew
        return None


def shop(folder: Path, *, version: str = "1.0.0", changed: int = 0) -> Inputs[Known]:
    """Two charts, four images that share a layer, and a file.

    Args:
        changed: another number gives the last image another layer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    images = []
    for number in range(4):
        seed = number + (100 * changed if number == 3 else 0)
        path = folder / f"image{seed}"
        if not path.exists():
            layout(path, LARGE, LARGE + number, SMALL, seed=seed, shared=1)
        images.append(DeliveredImage(reference=f"registry.example.com/acme/web{number}:1.0", path=str(path)))
    charts = []
    for name in ("shop", "gateway"):
        where = folder / version
        if not (where / name).exists():
            chart(where, name=name, version=version)
        charts.append(DeliveredChart(path=str(where / name)))
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
    async with built(inputs, cache) as tree, open_registry(host, Anybody(), traffic=traffic) as registry:
        await push_tree(
            registry,
            repository,
            tag,
            tree,
            shelf=Shelf(),
            neighbours=[],
            show=lambda _: None,
            doing="push of a package",
        )
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
