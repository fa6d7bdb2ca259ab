"""What a check says of the clusters of a hub: which it knows, what becomes of their labels, and what that moves. The
hub is asked, labels by dry runs, and nothing is written there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from computenest.kernel.arguments import quoted
from computenest.kernel.errors import ComputeNestError, Reason, Transient
from computenest.kernel.nearest import nearest
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown, has_unknown
from computenest.resources._components.managed import ManagedCluster
from computenest.resources._components.model import ClusterAccess
from computenest.resources._components.placement import MAIN, UnknownPlacement, matches
from computenest.resources._components.ports import Clusters
from computenest.resources.cloud_service_deployment.hub import (
    Labels,
    has_hub,
    kept_by_hub,
    labels_to_set,
    of_hub,
    wanted_labels,
    with_clusters,
)
from computenest.resources.cloud_service_deployment.model import Inputs
from computenest.resources.cloud_service_deployment.parts import held_in


@dataclass(slots=True, kw_only=True)
class Hub:
    """What is known of it.

    Args:
        inputs: with its clusters.
        olds: with those that something is on.
        kept: cluster -> why it stays as it is.
        needed: clusters of it that something is on, or may go to: nobody asks the others.
        labels: `cluster/label` -> value, of those that the deployment sets.
        drifted: what others have done to them, and is set right.
        silent: why the hub does not tell.
        is_known: whether the program is told already which hub it is.
    """

    inputs: Inputs[Unknown]
    olds: Inputs[Known] | None
    kept: dict[str, str] = field(default_factory=dict)
    needed: frozenset[str] | None = None
    labels: dict[str, Maybe[str]] = field(default_factory=dict)
    drifted: dict[str, str] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    silent: Transient | None = None
    is_known: bool = True

    def is_needed(self, cluster: str) -> bool:
        """Whether it has to be asked what is there."""
        return (
            self.needed is None or cluster in self.needed or (self.olds is not None and cluster in held_in(self.olds))
        )


async def look_at_hub(clusters: Clusters, inputs: Inputs[Unknown], olds: Inputs[Known] | None) -> Hub:
    """What the hub says, where there is one."""
    found = Hub(inputs=inputs, olds=olds)
    if not has_hub(inputs, olds):
        return found
    held = held_in(olds) if olds is not None else ()
    if olds is not None and olds.hub is not None:
        found.olds = with_clusters(olds, held, {})
    access = inputs.cluster
    if access is UNKNOWN or inputs.hub is UNKNOWN or UNKNOWN in (access.kubeconfig, access.context):
        found.is_known = False
        return found
    try:
        managed = of_hub(await clusters.managed_clusters(access), inputs)
        after = await _labelled(clusters, access, found, managed)
    except Transient as error:
        found.silent, found.inputs = error, with_clusters(inputs, held, {})
        found.labels = dict(olds.cluster_labels) if olds is not None else {}
        return found
    except ComputeNestError as error:
        if inputs.hub is not None:
            found.failures.append(Failure(getattr(error, "path", "") or "hub", Reason.of(error)))
        return found
    found.notes += _changes(inputs, managed, after)
    if inputs.hub is None:
        return found
    found.failures += _strangers(inputs, managed)
    found.warnings += _overlays_of_nobody(inputs, managed)
    found.labels = {
        f"{managed[name].name}/{key}": text
        for name, labels in wanted_labels(inputs, managed).items()
        for key, text in (labels.items() if labels is not UNKNOWN else ())
    }
    _drift(found, olds)
    found.kept = kept_by_hub(inputs, managed)
    found.inputs = with_clusters(inputs, managed, after)
    found.needed = frozenset(name for name in managed if name in held or _is_meant(inputs, after[name]))
    return found


async def _labelled(
    clusters: Clusters, access: ClusterAccess, found: Hub, managed: Mapping[str, ManagedCluster]
) -> dict[str, Maybe[Labels]]:
    """Cluster -> its labels as a run leaves them, as the hub itself says."""
    inputs = found.inputs
    wanted = wanted_labels(inputs, managed)
    changes = labels_to_set(inputs, managed)
    takes = inputs.conflicts == "force"

    async def one(name: str, now: ManagedCluster) -> Maybe[Labels]:
        labels = wanted[name]
        if labels is UNKNOWN:
            return UNKNOWN
        if name not in changes:
            return {**now.labels, **labels}
        try:
            seen = await clusters.label(access, now, changes[name], owner=inputs.owner_id, takes=takes, is_dry=True)
        except Transient:
            raise
        except ComputeNestError as error:
            path = getattr(error, "path", "") or _path_of(inputs, name)
            found.failures.append(Failure(path, Reason.of(error)))
            return now.labels
        return seen.labels

    return dict(zip(managed, await asyncio.gather(*(one(*each) for each in managed.items())), strict=True))


def _path_of(inputs: Inputs[Unknown], name: str) -> str:
    listed = inputs.clusters if inputs.clusters is not UNKNOWN else ()
    index = next((number for number, one in enumerate(listed) if one.name == name), None)
    return "cluster.labels" if name == MAIN else f"clusters[{index}].labels" if index is not None else "hub"


def _changes(
    inputs: Inputs[Unknown], managed: Mapping[str, ManagedCluster], after: Mapping[str, Maybe[Labels]]
) -> Iterator[str]:
    """A line for each cluster whose labels change: which, and what it gains and loses by it."""
    for name, one in managed.items():
        labels = after[name]
        if labels is UNKNOWN or labels == one.labels:
            continue
        gone = [f"-{key}" for key in sorted(one.labels.keys() - labels.keys())]
        come = [f"+{key}={text}" for key, text in sorted(labels.items()) if one.labels.get(key) != text]
        moved = _moved(inputs, one.labels, labels) if inputs.hub is not None else []
        yield f"labels of {one.name}: {', '.join((*come, *gone))}" + (f" ({'; '.join(moved)})" if moved else "")


def _moved(inputs: Inputs[Unknown], before: Labels, after: Labels) -> list[str]:
    service = inputs.service
    listed = service.components if service is not UNKNOWN and service.components is not UNKNOWN else ()
    gains: list[str] = []
    loses: list[str] = []
    for one in listed:
        try:
            if one.cluster_selector is None or one.cluster_selector is UNKNOWN:
                continue
            was, is_now = matches(one.cluster_selector, before), matches(one.cluster_selector, after)
        except UnknownPlacement:
            continue
        if was != is_now:
            (gains if is_now else loses).append(str(one.name))
    told = (("gains", gains), ("loses", loses))
    return [f"{word} {', '.join(names)}" for word, names in told if names]


def _is_meant(inputs: Inputs[Unknown], labels: Maybe[Labels]) -> bool:
    """Whether some component goes there, as far as that is known: nothing is placed before all of it is."""
    service = inputs.service
    if labels is UNKNOWN or service is UNKNOWN or service.components is UNKNOWN:
        return False
    selectors = [one.cluster_selector for one in service.components if one.cluster_selector is not None]
    try:
        return any(one is not UNKNOWN and matches(one, labels) for one in selectors)
    except UnknownPlacement:
        return False


def _strangers(inputs: Inputs[Unknown], managed: Mapping[str, ManagedCluster]) -> Iterator[Failure]:
    """Clusters that the program names, and the hub does not know."""
    names = [one.name for one in managed.values()]
    listed = inputs.clusters if inputs.clusters is not UNKNOWN else ()
    for index, one in enumerate(listed):
        if one.name is not UNKNOWN and one.name not in managed:
            said = f"the hub has no ManagedCluster {quoted(one.name)}, or it is being deleted{_meant(one.name, names)}"
            hint = "; register it there, or take it out: what is on it is uninstalled then"
            yield Failure(f"clusters[{index}].name", said + hint)


def _overlays_of_nobody(inputs: Inputs[Unknown], managed: Mapping[str, ManagedCluster]) -> Iterator[str]:
    """Others take clusters out of a hub, and that stops nobody."""
    names = [one.name for one in managed.values()]
    main = inputs.cluster.name if inputs.cluster is not UNKNOWN else UNKNOWN
    own = inputs.per_cluster if inputs.per_cluster is not UNKNOWN else {}
    for name in own:
        if UNKNOWN not in (main, inputs.clusters) and name != main and name not in managed:
            yield f"perCluster.{name}: the hub has no ManagedCluster {quoted(name)}{_meant(name, names)}"


def _meant(name: str, names: list[str]) -> str:
    near = nearest(name, names)
    return f"; did you mean {near!r}?" if near else ""


def _drift(found: Hub, olds: Inputs[Known] | None) -> None:
    """A label that the last run has set, and is to be set again, is a change though the program asks for the same."""
    if olds is None or has_unknown(found.labels) or found.labels != olds.cluster_labels:
        return
    found.drifted = {told.partition(":")[0]: told.partition(": ")[2] for told in found.notes}
