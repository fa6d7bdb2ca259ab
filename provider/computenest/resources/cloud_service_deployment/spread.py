"""What a check says of a deployment: where its components go, and what happens on each cluster. Clusters are asked all
at once, and nothing is written there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from computenest.kernel.errors import ComputeNestError, Transient
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.resources._components.model import ClusterAccess
from computenest.resources._components.placement import MAIN, Candidate, Placement, UnknownPlacement, place
from computenest.resources._components.ports import Clusters, ClusterSeen
from computenest.resources._components.previewing import Before, Previewed, preview_releases
from computenest.resources._components.wish import Wish
from computenest.resources.cloud_service_deployment.check import wanted_releases
from computenest.resources.cloud_service_deployment.model import Inputs
from computenest.resources.cloud_service_deployment.parts import (
    accesses,
    is_spread,
    key_of,
    part_of,
    parts_of,
    placed_in,
)

__all__ = ["Spread", "preview_everywhere"]

_SILENT = "it does not answer"
Seen = ClusterSeen | ComputeNestError | None


@dataclass(slots=True)
class Spread(Previewed):
    """What is said of all clusters; keys as in `parts`.

    Args:
        uids: cluster -> the uid, of the further ones.
        is_whole: whether the maps say everything: no component is left out for what nobody knows of it yet.
    """

    uids: dict[str, Maybe[str]] = field(default_factory=dict)
    is_whole: bool = True


async def preview_everywhere(clusters: Clusters, inputs: Inputs[Unknown], olds: Inputs[Known] | None) -> Spread:
    """What a run would do on each cluster, by the same function as on one."""
    if not (is_spread(inputs) or (olds is not None and is_spread(olds))):
        found = Spread()
        wishes = wanted_releases(inputs)
        _add(found, MAIN, await preview_releases(clusters, inputs.cluster, wishes, _before(olds, inputs)))
        found.is_whole = _are_all(wishes, inputs)
        return found
    former = accesses(olds) if olds is not None else {}
    wanted = accesses(inputs)
    reach: dict[str, Maybe[ClusterAccess]] = {MAIN: inputs.cluster, **former, **wanted}
    seen = dict(zip(reach, await asyncio.gather(*(_ask(clusters, one) for one in reach.values())), strict=True))
    held = placed_in(olds) if olds is not None else {}
    found = Spread()
    try:
        placement = _placement(inputs, [MAIN, *wanted], seen, held)
    except UnknownPlacement:
        placement = Placement({}, ("where components go is not known before the run knows clusters and their labels",))
        found.is_whole = False
    found.warnings += placement.notes
    names = {MAIN: "", **{name: name for name in (*wanted, *former)}}
    before = parts_of(olds, former) if olds is not None else {}

    async def one(cluster: str) -> tuple[Previewed, bool]:
        placed = [name for name, where in placement.clusters.items() if cluster in where]
        part = part_of(inputs, cluster, reach[cluster], placed)
        old = before.get(cluster)
        wishes = wanted_releases(part)
        known = replace(_before(old, part), is_alone=False)
        asked = await preview_releases(clusters, reach[cluster], wishes, known, seen[cluster])
        return asked, _are_all(wishes, part)

    listed = [MAIN, *(name for name in names if name != MAIN and (name in wanted or held.get(name)))]
    for cluster, (asked, is_whole) in zip(listed, await asyncio.gather(*map(one, listed)), strict=True):
        _add(found, cluster, _at(asked, cluster, inputs, has_left=cluster != MAIN and cluster not in wanted))
        found.is_whole = found.is_whole and is_whole
        if cluster != MAIN and cluster in wanted:
            found.uids[cluster] = asked.uid
    _say_what_goes(found, held, inputs)
    return found


async def _ask(clusters: Clusters, access: Maybe[ClusterAccess]) -> Seen:
    if access is UNKNOWN or UNKNOWN in (access.kubeconfig, access.context):
        return None
    try:
        return await clusters.identify(access)
    except ComputeNestError as error:
        return error


def _placement(
    inputs: Inputs[Unknown], names: list[str], seen: Mapping[str, Seen], held: Mapping[str, tuple[str, ...]]
) -> Placement:
    """Where each component goes.

    Raises:
        UnknownPlacement: what decides is not known yet.
    """
    service = inputs.service
    if service is UNKNOWN or service.components is UNKNOWN or inputs.clusters is UNKNOWN or inputs.cluster is UNKNOWN:
        raise UnknownPlacement
    if UNKNOWN in [*(one.name for one in service.components), *(one.name for one in inputs.clusters)]:
        raise UnknownPlacement
    reach = {MAIN: inputs.cluster, **accesses(inputs)}
    candidates = [
        Candidate(
            name=name,
            labels=reach[name].labels or {},
            holds=frozenset(held.get(name, ())),
            kept_because=_SILENT if isinstance(seen[name], Transient) else "",
        )
        for name in names
    ]
    return place({str(one.name): one.cluster_selector for one in service.components}, candidates)


def _at(found: Previewed, cluster: str, inputs: Inputs[Unknown], *, has_left: bool) -> Previewed:
    """What is said of one cluster, in words that name it."""
    if cluster == MAIN:
        return found
    if has_left and found.warnings:
        found.warnings = [f"{one}; `abandon` with its name forgets what is there" for one in found.warnings]
    listed = inputs.clusters if inputs.clusters is not UNKNOWN else ()
    index = next((number for number, one in enumerate(listed) if one.name == cluster), None)
    own = f"clusters[{index}]" if index is not None else "clusters"

    def told(one: Failure) -> Failure:
        is_own = one.path == "cluster" or one.path.startswith("cluster.")
        path = own + one.path.removeprefix("cluster") if is_own else one.path
        said = f"on {cluster}: {one.reason}"
        return replace(one, path=path, reason=said)

    found.failures = [told(one) for one in found.failures]
    found.notes = [f"{cluster}/{one}" for one in found.notes]
    found.warnings = [f"{cluster}: {one}" for one in found.warnings]
    return found


def _add(found: Spread, cluster: str, one: Previewed) -> None:
    found.rollout |= {key_of(cluster, key): value for key, value in one.rollout.items()}
    found.objects |= {key_of(cluster, key): value for key, value in one.objects.items()}
    found.drifted |= {key_of(cluster, key): value for key, value in one.drifted.items()}
    if cluster == MAIN:
        found.uid = one.uid
    found.failures += one.failures
    found.warnings += one.warnings
    found.notes += one.notes


def _say_what_goes(found: Spread, held: Mapping[str, tuple[str, ...]], inputs: Inputs[Unknown]) -> None:
    """Of what is on a cluster and not wanted there any more; what is forgotten instead."""
    abandoned = inputs.abandon if inputs.abandon is not UNKNOWN else ()
    for cluster, names in held.items():
        gone = [name for name in names if key_of(cluster, name) not in found.rollout]
        if cluster in abandoned and names:
            left = ", ".join(names)
            found.warnings.append(f"{cluster} is abandoned: {left} stay there as they are, and are forgotten here")
        elif found.is_whole:
            found.notes += [f"{key_of(cluster, name)}: uninstall" for name in gone]


def _are_all(wishes: tuple[Wish, ...], inputs: Inputs[Unknown]) -> bool:
    """Whether no component is left out for what nobody knows of it yet."""
    service = inputs.service
    return service is not UNKNOWN and service.components is not UNKNOWN and len(wishes) == len(service.components)


def _before(olds: Inputs[Known] | None, news: Inputs[Unknown]) -> Before:
    if olds is None:
        return Before()
    return Before(
        uid=olds.uid,
        rollout=olds.rollout,
        objects=olds.objects,
        is_same=(olds.service, olds.configuration, olds.namespace)
        == (news.service, news.configuration, news.namespace),
    )
