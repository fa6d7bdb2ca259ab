"""Renders a chart as its release will be, with the cluster's help or without: twice where that tells what is unsure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from computenest.cloud.kubernetes.helm import Helm, HelmChart, HelmError, Rendered
from computenest.kernel.bounded_yaml import Unreadable
from computenest.kernel.errors import Invalid
from computenest.kernel.unknown import has_unknown
from computenest.resources._components.observation import Rendering
from computenest.resources._components.plan import Declared
from computenest.resources._components.rendered import rendering_of
from computenest.resources._components.unknowns import STAND_INS, stand_in, unknown_leaves

_NO_OBJECT = "unable to build kubernetes objects"
_ANY_KUBERNETES = "v1.31.0"


async def render(
    helm: Helm,
    declared: Declared,
    chart: HelmChart,
    *,
    is_upgrade: bool,
    cluster_kinds: frozenset[str] = frozenset(),
    offline: str = "",
) -> Rendering:
    """What the chart comes to.

    Args:
        helm: for the cluster.
        declared: whose release, and with which values; some may be unknown.
        chart: which.
        is_upgrade: whether the release is there.
        cluster_kinds: `group/Kind` of what belongs to no namespace.
        offline: a version of Kubernetes to render for without a cluster.

    Raises:
        HelmError: it does not render; helm names template and line.
        Invalid: what it renders is no object.
    """

    async def one(values: Mapping[str, Any]) -> Rendered:
        return await helm.render(
            declared.release,
            chart,
            namespace=declared.namespace,
            values=values,
            is_upgrade=is_upgrade,
            offline=offline,
        )

    is_whole = not has_unknown(declared.values)
    try:
        if is_whole:
            again = 1 if chart.makes_values_up else 0
            first, *more = await _all(one(declared.values) for _ in range(1 + again))
        else:
            first, *more = await _with_stand_ins(one, declared)
    except HelmError as error:
        if _NO_OBJECT not in error.summary or offline:
            raise
        # Helm does not say which template it is; without a cluster it renders what is no object.
        await render(helm, declared, chart, is_upgrade=is_upgrade, cluster_kinds=cluster_kinds, offline=_ANY_KUBERNETES)
        raise
    notes = [first.note] if first.note else []
    if chart.counts_revisions:
        notes.append("the chart reads the number of the revision: where it writes it, 1 stands here")
    try:
        found = rendering_of(
            first.manifest,
            more[0].manifest if more else first.manifest,
            namespace=declared.namespace,
            cluster_kinds=cluster_kinds,
            notes=tuple(notes),
        )
    except Unreadable as error:
        raise Invalid(f"what the chart {chart.name} renders is no object: {error}", path="chart") from None
    found = replace(found, is_of_one=first.is_of_one)
    return found if is_whole else replace(found, unknown=unknown_leaves(found.objects, found.again or ()))


async def _with_stand_ins(one: Any, declared: Declared) -> list[Rendered]:
    refused: HelmError | None = None
    for pair in STAND_INS:
        try:
            return await _all(one(stand_in(declared.values, each)) for each in pair)
        except HelmError as error:
            refused = refused or error
    assert refused is not None  # noqa: S101 - one of them was tried
    raise refused


async def _all(works: Iterable[Awaitable[Rendered]]) -> list[Rendered]:
    """Of the same chart: one that fails is waited for as the others are, so that no helm is left at work."""
    done = await asyncio.gather(*works, return_exceptions=True)
    for one in done:
        if isinstance(one, BaseException):
            raise one
    return [one for one in done if isinstance(one, Rendered)]
