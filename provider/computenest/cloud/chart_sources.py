"""Where charts come from: folders, packages (`.tgz`), other registries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from computenest.cloud.blobs import Opened, of_bytes
from computenest.cloud.content_sources import open_reference
from computenest.cloud.image_files import unreadable
from computenest.cloud.registry import Traffic
from computenest.cloud.registry_push import Blob, Tree
from computenest.domain.content import chart as charts
from computenest.domain.content.oci import digest_of, parse_reference
from computenest.domain.errors import Invalid

__all__ = ["chart_of"]

_MAX_CHART_FILES = 10_000


@asynccontextmanager
async def chart_of(source: Mapping[str, str], *, traffic: Traffic) -> AsyncIterator[Opened]:
    """Opens a chart's source: `kind` is directory, archive or reference; a folder is packaged in memory."""
    if source["kind"] == "reference":
        reference = parse_reference(source["reference"], path="source.reference")
        async with open_reference(source["reference"], traffic=traffic) as opened:
            yield Opened(opened.tree, reference.repository.rpartition("/")[2], reference.tag)
        return
    path = Path(source["path"])
    if source["kind"] == "directory":
        chart = charts.package(await asyncio.to_thread(_chart_files, path), path="source.path")
    else:
        chart = charts.read_package(await asyncio.to_thread(_bytes, path), path="source.path")
    blobs = {
        digest_of(data): Blob(digest_of(data), len(data), of_bytes(data)) for data in (chart.config, chart.content)
    }
    yield Opened(Tree(chart.manifest(), (), blobs), chart.name, chart.tag)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error


def _chart_files(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        raise Invalid(f"{folder} is no folder", path="source.path", hint="name the chart's folder, or its .tgz")
    files: dict[str, bytes] = {}
    for found in sorted(folder.rglob("*")):
        if found.is_symlink():
            name = found.relative_to(folder)
            raise Invalid(
                f"{name} in the chart is a symbolic link; its target would differ elsewhere", path="source.path"
            )
        if found.is_file():
            files[found.relative_to(folder).as_posix()] = _bytes(found)
            if len(files) > _MAX_CHART_FILES:
                raise Invalid(f"{folder} holds more than {_MAX_CHART_FILES} files: is it a chart?", path="source.path")
    return files
