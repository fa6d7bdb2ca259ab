"""A deployment on many clusters is one on each, and a state of all of them: how the one is made of the other. Pure.

Maps have a component's name as their key on the main cluster, and `cluster/component` on another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias, TypeVar

from computenest.kernel.outcome import INCOMPLETE
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.kernel.values import Json
from computenest.resources._components.merge import merge
from computenest.resources._components.model import ClusterAccess, ServiceDefinition
from computenest.resources._components.placement import MAIN
from computenest.resources.cloud_service_deployment.model import Inputs, State

T = TypeVar("T")
AnyInputs: TypeAlias = Inputs[Known] | Inputs[Unknown]
I = TypeVar("I", Inputs[Known], Inputs[Unknown], State[Known])  # noqa: E741
_MAPS = ("rollout", "objects", "drifted", "revisions")


def key_of(cluster: str, name: str) -> str:
    """Of a component, or of a `namespace/release`."""
    return f"{cluster}/{name}" if cluster else name


def of_cluster(found: Mapping[str, T], cluster: str) -> dict[str, T]:
    """What a map says of one cluster, by the names of components."""
    split = ((*key.rpartition("/"), value) for key, value in found.items())
    return {name: value for owner, _, name, value in split if owner == cluster}


def accesses(inputs: AnyInputs) -> dict[str, ClusterAccess]:
    """Name -> how it is reached, of the further clusters whose names are known."""
    left = inputs.leaving if isinstance(inputs, State) and inputs.leaving is not UNKNOWN else ()
    listed = (*left, *(inputs.clusters if inputs.clusters is not UNKNOWN else ()))
    abandoned = inputs.abandon if inputs.abandon is not UNKNOWN else ()
    return {one.name: one for one in listed if one.name is not UNKNOWN and one.name not in abandoned}


def placed_in(inputs: AnyInputs) -> dict[str, tuple[str, ...]]:
    """Cluster -> the components that are there, or will be, as the map `rollout` has it; the main one first."""
    found: dict[str, list[str]] = {MAIN: []}
    for key in inputs.rollout if inputs.rollout is not UNKNOWN else ():
        cluster, _, name = key.rpartition("/")
        found.setdefault(cluster, []).append(name)
    return {cluster: tuple(names) for cluster, names in found.items()}


def held_in(inputs: AnyInputs) -> tuple[str, ...]:
    """The further clusters that something of it is on, or will be."""
    known = inputs.uids if inputs.uids is not UNKNOWN else {}
    left = _clusters(inputs) if isinstance(inputs, State) else ()
    return tuple(name for name in dict.fromkeys((*placed_in(inputs), *known, *left)) if name != MAIN)


def is_spread(inputs: AnyInputs) -> bool:
    """Whether anything of it is decided by labels, or is on another cluster than the main one."""
    service = inputs.service
    components = service.components if service is not UNKNOWN else UNKNOWN
    has_selectors = components is not UNKNOWN and any(one.cluster_selector is not None for one in components)
    has_others = bool(inputs.clusters) or inputs.hub is not None or bool(inputs.uids)
    return has_others or has_selectors or len(placed_in(inputs)) > 1


def part_of(inputs: I, cluster: str, access: Maybe[ClusterAccess], components: Collection[str]) -> I:
    """The same on one cluster, as if there were no other.

    Args:
        inputs: of all.
        cluster: which.
        access: how it is reached.
        components: those that are there, or will be.
    """
    service = inputs.service
    if service is not UNKNOWN and service.components is not UNKNOWN:
        kept = tuple(one for one in service.components if one.name is UNKNOWN or one.name in components)
        service = service.model_copy(update={"components": kept})
    state = inputs if isinstance(inputs, State) else None
    return type(inputs).made(
        inputs,
        cluster=access,
        service=service,
        configuration=_configuration(inputs, access.name if access is not UNKNOWN else cluster),
        concealed=_concealed(inputs, access),
        uid=inputs.uid if cluster == MAIN else _uid(inputs, cluster),
        rollout=UNKNOWN if inputs.rollout is UNKNOWN else of_cluster(inputs.rollout, cluster),
        objects=UNKNOWN if inputs.objects is UNKNOWN else of_cluster(inputs.objects, cluster),
        drifted=UNKNOWN if inputs.drifted is UNKNOWN else of_cluster(inputs.drifted, cluster),
        **dict.fromkeys(("clusters", "hub", "cluster_labels", "per_cluster", "uids", "abandon", "leaving")),
        **({} if state is None else _of_state(state, cluster)),
    )


def _of_state(state: State[Known], cluster: str) -> dict[str, Json]:
    return {
        "revisions": of_cluster(state.revisions, cluster),
        "releases": tuple(_below(state.releases, cluster)),
        "reasons": {},
    }


def parts_of(inputs: I, reach: Mapping[str, ClusterAccess]) -> dict[str, I]:
    """Cluster -> the same there: of every cluster that the inputs or the state say something is on.

    Args:
        inputs: with their `rollout`.
        reach: how clusters are reached; one that nobody knows how to reach any more is reached by its name alone.
    """
    placed = {**dict.fromkeys(reach, ()), **placed_in(inputs)}
    if isinstance(inputs, State):
        placed = {**dict.fromkeys(_clusters(inputs), ()), **placed}
    found = {}
    for cluster, components in placed.items():
        access = inputs.cluster if cluster == MAIN else reach.get(cluster) or ClusterAccess(name=cluster)
        found[cluster] = part_of(inputs, cluster, access, components)
    return found


def secrets_in(inputs: AnyInputs) -> tuple[Maybe[ServiceDefinition], Mapping[str, Json], tuple[str, ...]]:
    """Definition, configuration and concealed paths, what single clusters have of their own among them."""
    own = inputs.configuration if inputs.configuration is not UNKNOWN else {}
    over = inputs.per_cluster if inputs.per_cluster is not UNKNOWN else {}
    each = {
        key_of(cluster, name): values
        for cluster, overlay in over.items()
        if isinstance(overlay, Mapping)
        for name, values in overlay.items()
    }
    return inputs.service, {**own, **each}, inputs.concealed


def joined(inputs: Inputs[Known], parts: Mapping[str, State[Known]]) -> State[Known]:
    """One state of all.

    Args:
        inputs: as they are wanted.
        parts: cluster -> its state.
    """
    maps = {
        name: {
            key_of(cluster, key): value for cluster, one in parts.items() for key, value in getattr(one, name).items()
        }
        for name in _MAPS
    }
    main = parts.get(MAIN, State[Known]())
    declared = accesses(Inputs[Known].made(inputs))
    known = [name for name, one in parts.items() if name != MAIN and (name in declared or one.releases)]
    statuses = [one.status for one in parts.values()]
    reasons = {cluster: "; ".join(one.reasons.values()) for cluster, one in parts.items() if one.reasons}
    return State[Known].made(
        inputs,
        **maps,
        uid=main.uid or inputs.uid,
        uids={cluster: parts[cluster].uid for cluster in known if parts[cluster].uid} or None,
        leaving=tuple(parts[cluster].cluster for cluster in known if cluster not in declared) or None,
        releases=tuple(key_of(cluster, place) for cluster, one in parts.items() for place in one.releases),
        status=INCOMPLETE if INCOMPLETE in statuses else max(statuses, default=""),
        reasons=reasons,
        incarnation=max((one.incarnation for one in parts.values()), default=1),
    )


def _configuration(inputs: AnyInputs, cluster: Maybe[str]) -> Maybe[Mapping[str, Json]]:
    own, all_over = inputs.configuration, inputs.per_cluster
    if own is UNKNOWN or all_over is UNKNOWN or (all_over and cluster is UNKNOWN):
        return UNKNOWN
    over = all_over.get(str(cluster), {})
    if over is UNKNOWN:
        return UNKNOWN
    found = dict(own)
    for name, values in over.items() if isinstance(over, Mapping) else ():
        before = found.get(name, {})
        is_known = isinstance(before, Mapping) and isinstance(values, Mapping)
        found[name] = merge(*(one for one in (before, values) if isinstance(one, Mapping))) if is_known else UNKNOWN
    return found


def _concealed(inputs: AnyInputs, access: Maybe[ClusterAccess]) -> tuple[str, ...]:
    """`edge-1/web.password` is `web.password` there."""
    own = f"{access.name}/" if access is not UNKNOWN else "/"
    return (*inputs.concealed, *(one.removeprefix(own) for one in inputs.concealed if one.startswith(own)))


def _uid(inputs: AnyInputs, cluster: str) -> Maybe[str]:
    return inputs.uids.get(cluster, "") if inputs.uids is not UNKNOWN else UNKNOWN


def _below(places: Iterable[str], cluster: str) -> Iterable[str]:
    """`namespace/release` of one cluster's."""
    for place in places:
        owner, _, rest = place.partition("/") if place.count("/") > 1 else (MAIN, "", place)
        if owner == cluster:
            yield rest


def _clusters(state: State[Known]) -> Iterable[str]:
    """Those that a state has something of."""
    yield from (place.partition("/")[0] for place in state.releases if place.count("/") > 1)
    yield from state.uids
