"""What a check says of a deployment: where its components go, and what happens on each cluster. Clusters are asked all
at once, and nothing is written there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from computenest.kernel.errors import ComputeNestError, Transient
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.resources._components.by_secret import by_secret
from computenest.resources._components.model import ClusterAccess
from computenest.resources._components.placement import MAIN, Candidate, Placement, UnknownPlacement, place
from computenest.resources._components.ports import Clusters, ClusterSeen
from computenest.resources._components.previewing import Before, Previewed, preview_releases
from computenest.resources._components.wish import Wish
from computenest.resources.cloud_service_deployment.check import wanted_releases
from computenest.resources.cloud_service_deployment.hub import are_secrets_named
from computenest.resources.cloud_service_deployment.hub_check import Hub, look_at_hub
from computenest.resources.cloud_service_deployment.model import Inputs
from computenest.resources.cloud_service_deployment.parts import (
    accesses,
    is_spread,
    key_of,
    part_of,
    parts_of,
    placed_in,
)

_SILENT = "it does not answer"
Seen = ClusterSeen | ComputeNestError | None


@dataclass(slots=True)
class Spread(Previewed):
    """What is said of all clusters; keys as in `parts`.

    Args:
        uids: cluster -> the uid, of the further ones.
        labels: `cluster/label` -> value, of those that are set on the hub.
        is_whole: whether the maps say everything: no component is left out for what nobody knows of it yet.
    """

    uids: dict[str, Maybe[str]] = field(default_factory=dict)
    labels: dict[str, Maybe[str]] = field(default_factory=dict)
    is_whole: bool = True


async def preview_everywhere(clusters: Clusters, inputs: Inputs[Unknown], olds: Inputs[Known] | None) -> Spread:
    """What a run would do on each cluster, by the same function as on one."""
    if not (is_spread(inputs) or (olds is not None and is_spread(olds))):
        found = Spread()
        wishes = wanted_releases(inputs)
        _add(found, MAIN, await preview_releases(clusters, inputs.cluster, wishes, _before(olds, inputs)))
        found.is_whole = _are_all(wishes, inputs)
        return found
    paths = _paths(inputs)
    hub = await look_at_hub(clusters, inputs, olds)
    if hub.failures:
        return Spread(failures=hub.failures, is_whole=False)
    clusters = by_secret(clusters, inputs.cluster, is_named=are_secrets_named(inputs, olds))
    inputs, olds = hub.inputs, hub.olds
    former = accesses(olds) if olds is not None else {}
    wanted = accesses(inputs)
    reach: dict[str, Maybe[ClusterAccess]] = {MAIN: inputs.cluster, **wanted}
    abandoned = inputs.abandon if inputs.abandon is not UNKNOWN else ()
    reach |= {name: one for name, one in former.items() if name not in wanted and name not in abandoned}
    asked = [name for name in reach if name not in hub.kept and (name in paths or hub.is_needed(name))]
    told = await asyncio.gather(*(_ask(clusters, reach[name]) for name in asked))
    seen = {**dict.fromkeys(reach), **dict(zip(asked, told, strict=True))}
    held = placed_in(olds) if olds is not None else {}
    found = Spread(drifted=hub.drifted, warnings=hub.warnings, notes=hub.notes, labels=hub.labels)
    placement = _placement(found, hub, [MAIN, *wanted], seen, held)
    found.warnings += placement.notes
    before = parts_of(olds, former) if olds is not None else {}

    async def one(cluster: str) -> tuple[Previewed, bool]:
        old = before.get(cluster)
        if cluster in hub.kept:
            return _as_left(old, hub.kept[cluster]), True
        placed = [name for name, where in placement.clusters.items() if cluster in where]
        part = part_of(inputs, cluster, reach[cluster], placed)
        wishes = wanted_releases(part)
        known = replace(_before(old, part), is_alone=False)
        return await preview_releases(clusters, reach[cluster], wishes, known, seen[cluster]), _are_all(wishes, part)

    listed = [name for name in reach if name == MAIN or held.get(name) or (name in wanted and name in asked)]
    for cluster, (told_there, is_whole) in zip(listed, await asyncio.gather(*map(one, listed)), strict=True):
        has_left = cluster != MAIN and cluster not in wanted
        _add(found, cluster, _at(told_there, cluster, paths.get(cluster, "clusters"), has_left=has_left))
        found.is_whole = found.is_whole and is_whole
        if cluster != MAIN and cluster in wanted:
            found.uids[cluster] = told_there.uid
    _say_what_goes(found, held, inputs)
    return found


def _paths(inputs: Inputs[Unknown]) -> dict[str, str]:
    """Cluster -> where the program names it."""
    listed = inputs.clusters if inputs.clusters is not UNKNOWN else ()
    return {MAIN: "cluster"} | {
        one.name: f"clusters[{index}]" for index, one in enumerate(listed) if one.name is not UNKNOWN
    }


def _as_left(old: Inputs[Known] | None, why: str) -> Previewed:
    """Of a cluster that stays as it is, whatever is wanted there."""
    if old is None:
        return Previewed()
    said = [f"it is left as it is: {why}"] if old.rollout else []
    return Previewed(uid=old.uid, rollout=dict(old.rollout), objects=dict(old.objects), warnings=said)


async def _ask(clusters: Clusters, access: Maybe[ClusterAccess]) -> Seen:
    if access is UNKNOWN or UNKNOWN in (access.kubeconfig, access.context):
        return None
    try:
        return await clusters.identify(access)
    except ComputeNestError as error:
        return error


def _placement(
    found: Spread, hub: Hub, names: list[str], seen: Mapping[str, Seen], held: Mapping[str, tuple[str, ...]]
) -> Placement:
    """Where each component goes: as before, where a hub does not tell which clusters there are."""
    try:
        return _placed(hub, names, seen, held) if hub.silent is None else _as_held(hub, held)
    except UnknownPlacement:
        found.is_whole = False
        return Placement({}, ("where components go is not known before the run knows clusters and their labels",))


def _as_held(hub: Hub, held: Mapping[str, tuple[str, ...]]) -> Placement:
    service = hub.inputs.service
    listed = service.components if service is not UNKNOWN else UNKNOWN
    if listed is UNKNOWN:
        raise UnknownPlacement
    there = {str(one.name): tuple(where for where in held if one.name in held[where]) for one in listed}
    return Placement({str(one.name): there[str(one.name)] if one.cluster_selector else (MAIN,) for one in listed})


def _placed(hub: Hub, names: list[str], seen: Mapping[str, Seen], held: Mapping[str, tuple[str, ...]]) -> Placement:
    """By the labels of clusters.

    Raises:
        UnknownPlacement: what decides is not known yet.
    """
    inputs = hub.inputs
    service = inputs.service
    if service is UNKNOWN or service.components is UNKNOWN or inputs.clusters is UNKNOWN or inputs.cluster is UNKNOWN:
        raise UnknownPlacement
    if not hub.is_known:
        raise UnknownPlacement
    if UNKNOWN in [*(one.name for one in service.components), *(one.name for one in inputs.clusters)]:
        raise UnknownPlacement
    reach = {MAIN: inputs.cluster, **accesses(inputs)}
    candidates = [
        Candidate(
            name=name,
            labels=reach[name].labels or {},
            holds=frozenset(held.get(name, ())),
            kept_because=hub.kept.get(name, _SILENT if isinstance(seen[name], Transient) else ""),
        )
        for name in names
    ]
    return place({str(one.name): one.cluster_selector for one in service.components}, candidates)


def _at(found: Previewed, cluster: str, own: str, *, has_left: bool) -> Previewed:
    """What is said of one cluster, in words that name it; `own` is where the program names it."""
    if cluster == MAIN:
        return found
    if has_left and found.warnings:
        found.warnings = [f"{one}; `abandon` with its name forgets what is there" for one in found.warnings]

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
