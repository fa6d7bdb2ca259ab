"""A deployment on the clusters of a hub: which there are, and which labels it sets on them. Pure.

Everything else works on a list of clusters, so the hub's are put into it, as long as a check or a run lasts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from computenest.kernel.unknown import UNKNOWN, Maybe, has_unknown
from computenest.resources._components.by_secret import HELD_BY_HUB
from computenest.resources._components.managed import LOCAL_LABEL, ManagedCluster, differs
from computenest.resources._components.model import ClusterAccess, HubClusters
from computenest.resources._components.placement import MAIN
from computenest.resources.cloud_service_deployment.parts import AnyInputs, I, accesses

Labels: TypeAlias = Mapping[str, Maybe[str]]
_NOT_ACCEPTED = "its hub has not accepted it"
_NOT_REACHED = "the program says nothing of how it is reached: list it in `clusters`, or set `hub.kubeconfig_secrets`"


def has_hub(*given: AnyInputs | None) -> bool:
    """Whether a hub is asked for its clusters, or has something to be taken back."""
    return any(one is not None and one.hub is not None for one in given)


def are_secrets_named(*given: AnyInputs | None) -> bool:
    """Whether one of them wants the hub's Secrets to be read."""
    hubs = [one.hub for one in given if one is not None]
    return any(isinstance(one, HubClusters) and one.kubeconfig_secrets is True for one in hubs)


def of_hub(managed: Iterable[ManagedCluster], inputs: AnyInputs) -> dict[str, ManagedCluster]:
    """Name -> cluster, of those whose deletion nobody has asked for; `MAIN` is the one that stands for the main one."""
    main = inputs.cluster.name if inputs.cluster is not UNKNOWN else UNKNOWN
    here = [one for one in managed if not one.is_leaving]
    return {MAIN if one.name == main or one.labels.get(LOCAL_LABEL) == "true" else one.name: one for one in here}


def wanted_labels(inputs: AnyInputs, managed: Iterable[str]) -> dict[str, Maybe[Labels]]:
    """Cluster of the hub -> the labels that the program wants there."""
    main = {MAIN: inputs.cluster} if inputs.cluster is not UNKNOWN else {}
    declared = {**main, **accesses(inputs)} if inputs.hub is not None else {}
    return {name: declared[name].labels or {} if name in declared else {} for name in managed}


def labels_to_set(inputs: AnyInputs, managed: Mapping[str, ManagedCluster]) -> dict[str, Mapping[str, str]]:
    """Cluster of the hub -> the labels that it should have of ours, where it has others of ours, and they are known."""
    wanted = wanted_labels(inputs, managed)
    known = {name: _texts(labels) for name, labels in wanted.items() if not has_unknown(labels)}
    return {name: labels for name, labels in known.items() if differs(managed[name], labels, inputs.owner_id)}


def kept_by_hub(inputs: AnyInputs, managed: Mapping[str, ManagedCluster]) -> dict[str, str]:
    """Cluster -> why it stays as it is, whatever is wanted there."""
    declared, is_named = accesses(inputs), are_secrets_named(inputs)
    unreached = {name: _NOT_REACHED for name in managed if name not in declared and not is_named}
    refused = {name: _NOT_ACCEPTED for name, one in managed.items() if not one.is_accepted}
    return {name: why for name, why in {**unreached, **refused}.items() if name != MAIN}


def with_clusters(inputs: I, further: Iterable[str], labels: Mapping[str, Maybe[Labels]]) -> I:
    """The same with the clusters of its hub in the list.

    Args:
        inputs: as the program, or the state, has them.
        further: names of clusters that it may not list.
        labels: cluster -> the labels that decide, of those that the hub has.
    """
    main = inputs.cluster
    if main is not UNKNOWN and MAIN in labels:
        main = main.model_copy(update={"labels": labels[MAIN]})
    return type(inputs).made(inputs, cluster=main, clusters=_clusters(inputs, further, labels))


def _clusters(
    inputs: AnyInputs, further: Iterable[str], labels: Mapping[str, Maybe[Labels]]
) -> Maybe[tuple[ClusterAccess, ...]]:
    if inputs.clusters is UNKNOWN:
        return UNKNOWN
    is_named = are_secrets_named(inputs)

    def listed(one: ClusterAccess) -> ClusterAccess:
        has = {"labels": labels[str(one.name)]} if one.name in labels else {}
        is_held = is_named and one.kubeconfig is None and one.context is None
        return one.model_copy(update=has | ({"kubeconfig": HELD_BY_HUB} if is_held else {}))

    abandoned = inputs.abandon if inputs.abandon is not UNKNOWN else ()
    names = {MAIN, *accesses(inputs), *abandoned}
    added = (ClusterAccess(name=name, kubeconfig=HELD_BY_HUB, labels=labels.get(name)) for name in further)
    return (*map(listed, inputs.clusters), *(one for one in added if one.name not in names))


def _texts(labels: Maybe[Labels]) -> dict[str, str]:
    return {key: str(text) for key, text in labels.items()} if labels is not UNKNOWN else {}
