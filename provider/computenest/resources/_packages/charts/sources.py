"""Where charts come from: folders, packages (`.tgz`), other registries.

Reading, checking and packaging take seconds for a large chart, so they are done beside the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from computenest.cloud.registry.blobs import Opened, of_bytes
from computenest.cloud.registry.client import Traffic
from computenest.cloud.registry.image_files import unreadable
from computenest.cloud.registry.login import Keys
from computenest.cloud.registry.oci import CHART_CONFIG, CHART_CONTENT, digest_of
from computenest.cloud.registry.push import Blob, Tree
from computenest.cloud.registry.sources import open_reference
from computenest.kernel.errors import Invalid
from computenest.resources._packages.charts import chart as charts
from computenest.resources._packages.charts.chart_folder import read_bounded, read_folder
from computenest.resources._packages.charts.tarball import MAX_BYTES

_MAX_CONFIG_BYTES = 1 << 20


@asynccontextmanager
async def chart_of(
    source: Mapping[str, str], *, traffic: Traffic, known_digest: str = "", keys: Keys | None = None
) -> AsyncIterator[Opened]:
    """Opens a chart's source: `kind` is directory, archive or reference; a folder is packaged in memory.

    Args:
        source: checked properties of the source.
        traffic: counts what is received.
        known_digest: what a folder's chart had as its manifest's digest before, "" for nothing.
        keys: the login at the registry of a reference, by default what `docker login` left.

    Raises:
        Invalid: it cannot be read, or is no chart that helm takes.
    """
    if source["kind"] == "reference":
        async with open_reference(source["reference"], traffic=traffic, keys=keys) as opened:
            name, version = await _of_registry(opened.tree, source["reference"])
            yield Opened(opened.tree, name, version)
        return
    chart = await asyncio.to_thread(_local, source["kind"], Path(source["path"]), known_digest)
    blobs = {
        digest_of(data): Blob(digest_of(data), len(data), of_bytes(data)) for data in (chart.config, chart.content)
    }
    yield Opened(Tree(chart.manifest(), (), blobs), chart.name, chart.tag)


def _local(kind: str, path: Path, known_digest: str) -> charts.Chart:
    if kind == "directory":
        return charts.package(read_folder(path), path="source.path", known_digest=known_digest)
    try:
        content = read_bounded(path, limit_bytes=MAX_BYTES, what=str(path))
    except OSError as error:
        raise unreadable(path, error) from error
    return charts.read_package(content, path="source.path")


async def _of_registry(tree: Tree, reference: str) -> tuple[str, str]:
    """Name and version (as a tag) of a chart in a registry, which its own configuration tells."""
    config, *layers = tree.root.blobs or (None,)
    is_chart = config is not None and config.media_type == CHART_CONFIG
    if config is None or not is_chart or CHART_CONTENT not in {layer.media_type for layer in layers}:
        what = "an index of several images" if config is None else f"made of {config.media_type or 'something else'}"
        raise Invalid(
            f"{reference} is no chart: it is {what}",
            path="source.reference",
            hint="name a chart that was pushed by `helm push`; an image is a ContainerImagePackage",
        )
    if config.size_bytes > _MAX_CONFIG_BYTES:
        raise Invalid(f"{reference} has a configuration of {config.size_bytes} bytes", path="source.reference")
    data = b"".join([block async for block in tree.blobs[config.digest].open(0)])
    return charts.read_config(data, where=reference, path="source.reference")
