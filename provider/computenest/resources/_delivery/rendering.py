"""The images that a chart of a package uses: it is rendered as it is installed, without a cluster."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path

from computenest.cloud.kubernetes.charts import local_chart
from computenest.cloud.kubernetes.helm import Helm
from computenest.cloud.registry.oci import digest_of
from computenest.cloud.secret import Secret
from computenest.kernel.bounded_yaml import Unreadable
from computenest.kernel.errors import ComputeNestError, Invalid
from computenest.kernel.values import Json
from computenest.resources._components.objects import read_manifest
from computenest.resources._delivery.completeness import Used, images_in
from computenest.resources._delivery.sealed import PackedChart

KUBERNETES = "v1.34.0"
"""For which it is rendered: charts may ask for a range of versions."""
_REMEMBERED = 200
_known: dict[str, tuple[Used, ...]] = {}


async def used_by(chart: PackedChart, archive: bytes, values: Mapping[str, Json]) -> tuple[Used, ...]:
    """Every image that the chart's templates, hooks and tests name with these values; once a process.

    Args:
        chart: which.
        archive: it, as a `.tgz`.
        values: what it is installed with.

    Raises:
        Invalid: it does not render.
    """
    key = digest_of(repr((chart.name, chart.namespace, digest_of(archive), digest_of(chart.values))).encode())
    if key not in _known:
        if len(_known) >= _REMEMBERED:
            _known.clear()
        _known[key] = await _rendered(chart, archive, values)
    return _known[key]


async def _rendered(chart: PackedChart, archive: bytes, values: Mapping[str, Json]) -> tuple[Used, ...]:
    with tempfile.TemporaryDirectory(prefix="computenest-") as folder:
        where = Path(folder) / f"{chart.name}.tgz"
        await asyncio.to_thread(where.write_bytes, archive)
        try:
            return await used_in(where, name=chart.name, namespace=chart.namespace, values=values)
        except Invalid as error:
            raise Invalid(
                error.summary, path="charts", hint=error.hint or 'or say `ignore: ["*"]`, and nothing is rendered'
            ) from error


async def used_in(where: Path, *, name: str, namespace: str, values: Mapping[str, Json]) -> tuple[Used, ...]:
    """Every image that a chart's templates, hooks and tests name with these values.

    Args:
        where: the chart's folder or archive.
        name: of its release.
        namespace: of its release.
        values: what it is installed with.

    Raises:
        Invalid: it does not render.
    """
    try:
        local = await asyncio.to_thread(local_chart, where)
        found = await Helm(Secret("")).render(
            name, local, namespace=namespace, values=values, is_upgrade=False, offline=KUBERNETES
        )
        objects = read_manifest(found.manifest, namespace=namespace)
    except Unreadable as error:
        raise Invalid(f"the chart {name} renders no objects of Kubernetes: {error}") from error
    except ComputeNestError as error:
        raise Invalid(f"the images of the chart {name} cannot be found: {error.summary}", hint=error.hint) from error
    return images_in(objects, chart=name)
