"""A run at a hub: which of its clusters are worked on, and the labels that are set and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from computenest.kernel.errors import ComputeNestError, NotFound
from computenest.kernel.names import OwnerId
from computenest.kernel.unknown import UNKNOWN, Known, Maybe
from computenest.resources._components.by_secret import by_secret
from computenest.resources._components.managed import ManagedCluster
from computenest.resources._components.opened import Desk
from computenest.resources.cloud_service_deployment.hub import (
    Labels,
    are_secrets_named,
    has_hub,
    kept_by_hub,
    labels_to_set,
    of_hub,
    wanted_labels,
    with_clusters,
)
from computenest.resources.cloud_service_deployment.model import Inputs, State
from computenest.resources.cloud_service_deployment.parts import held_in


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHub:
    """What a run works with.

    Args:
        desk: reaches clusters by the hub's Secrets, too.
        given: what is wanted, as the state records it.
        wanted: the same with the clusters of the hub.
        former: the state before, with them.
        kept: cluster -> why it stays as it is.
        changes: clusters whose labels are set or taken back, with all that are wanted there.
        error: why nobody can tell what is to be taken back.
    """

    desk: Desk
    given: Inputs[Known]
    wanted: Inputs[Known]
    former: State[Known] | None
    kept: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[tuple[ManagedCluster, Mapping[str, str]], ...] = ()
    error: ComputeNestError | None = None


async def at_hub(desk: Desk, inputs: Inputs[Known], former: State[Known] | None, *, is_clearing: bool = False) -> AtHub:
    """The hub as it is now; where there is none, everything as it was given.

    Raises:
        ComputeNestError: it does not tell: nothing was changed.
    """
    if not has_hub(inputs, former):
        return AtHub(desk=desk, given=inputs, wanted=inputs, former=former)
    desk = with_secrets(desk, inputs, former)
    before = with_clusters(former, held_in(former), {}) if former is not None else None
    asked = Inputs[Known].made(inputs, hub=None) if is_clearing else inputs
    managed: Mapping[str, ManagedCluster] = {}
    unheard: ComputeNestError | None = None
    try:
        managed = of_hub(await desk.clusters.managed_clusters(inputs.cluster), inputs)
    except ComputeNestError as error:
        is_gone = isinstance(error, NotFound) and asked.hub is None
        if not (is_clearing or is_gone):
            raise
        unheard = None if is_gone else error
    wanted = wanted_labels(asked, managed)
    after = {name: _after(one, wanted[name], inputs.owner_id) for name, one in managed.items()}
    return AtHub(
        desk=desk,
        given=inputs,
        wanted=with_clusters(inputs, held_in(inputs), after),
        former=before,
        kept={} if is_clearing or inputs.hub is None else kept_by_hub(inputs, managed),
        changes=tuple((managed[name], labels) for name, labels in labels_to_set(asked, managed).items()),
        error=unheard,
    )


def _after(one: ManagedCluster, wanted: Maybe[Labels], owner: OwnerId) -> Labels:
    """Labels as they will be: what is taken back goes, and the rest stays."""
    others = {key: text for key, text in one.labels.items() if key not in one.labels_of(owner)}
    return others if wanted is UNKNOWN else {**others, **wanted}


async def has_labels(desk: Desk, known: State[Known]) -> bool:
    """Whether something is left to be taken back: what a destroy that was stopped has not come to.

    Raises:
        ComputeNestError: nobody can tell.
    """
    if not has_hub(known):
        return False
    try:
        managed = await desk.asking.managed_clusters(known.cluster)
    except NotFound:
        return False
    return any(one.labels_of(known.owner_id) for one in managed)


def with_secrets(desk: Desk, *given: Inputs[Known] | None) -> Desk:
    """A desk that reaches clusters by the Secrets of the main one."""
    hub = next(one.cluster for one in given if one is not None)
    is_named = are_secrets_named(*given)
    return replace(
        desk,
        clusters=by_secret(desk.clusters, hub, is_named=is_named),
        asking=by_secret(desk.asking, hub, is_named=is_named),
    )
