"""What every type made of releases keeps, as it is wanted and as the state records it, and what separates the two.
Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Generic, TypeVar

from pydantic import Field

from computenest.kernel.fields import Computed, Generation, Reasons, Resource
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import INCOMPLETE, Difference, unfinished
from computenest.kernel.unknown import UNKNOWN, Known, U, Unknown
from computenest.kernel.values import Json, Values
from computenest.resources._components.model import ClusterAccess
from computenest.resources._components.policy import Conflicts, DriftPolicy, Policy, default_history

DEFAULT_TIMEOUT_S = 1800
DEPLOYED = "Deployed"
"""The status of what is as wanted."""


class DeployedInputs(Values, Generic[U]):
    """Checked inputs, whatever else they say."""

    owner_id: OwnerId = OwnerId("")
    generation: Generation = 1
    cluster: ClusterAccess | U = Field(default_factory=lambda: ClusterAccess(name=""))
    concealed: tuple[str, ...] = ()
    timeout_s: int | U = DEFAULT_TIMEOUT_S
    uid: Annotated[
        str | U, Computed("Of the cluster's namespace kube-system: what tells it from another of its name.")
    ] = ""

    @property
    def tags(self) -> Mapping[str, str]:
        """Kubernetes has labels."""
        return {}


class BroughtInputs(DeployedInputs[U], Generic[U]):
    """Those of what programs say how it is brought."""

    labels: Mapping[str, str | U] | U = Field(default_factory=dict)
    conflicts: Conflicts | U = "fail"
    drift: DriftPolicy | U = "warn"
    adopt: bool | U = False
    history: int | U = 10

    @property
    def policy(self: BroughtInputs[Unknown]) -> Policy:
        """That; what a preview does not know yet is as it is by default."""
        return Policy(
            adopts=self.adopt is True,
            conflicts="fail" if self.conflicts is UNKNOWN else self.conflicts,
            drift="warn" if self.drift is UNKNOWN else self.drift,
            history=default_history(self.concealed) if self.history is UNKNOWN else self.history,
            timeout_s=DEFAULT_TIMEOUT_S if self.timeout_s is UNKNOWN else self.timeout_s,
            labels={} if self.labels is UNKNOWN else {key: str(text) for key, text in self.labels.items()},
            concealed=self.concealed,
        )


class DeployedState(DeployedInputs[U], Generic[U]):
    """With what the provider finds out."""

    status: Annotated[str | U, Computed("Deployed; Incomplete after a failed run.")] = ""
    releases: Annotated[
        tuple[str, ...] | U,
        Computed("`namespace/release` of what may be there of ours.", is_always_shown=False, is_internal=True),
    ] = ()
    reasons: Reasons[U] = Field(default_factory=dict)
    incarnation: Annotated[
        int, Computed("How often a create has taken its releases over.", is_always_shown=False, is_internal=True)
    ] = 1


P = TypeVar("P", bound=DeployedState[Unknown])


def difference(
    resource: Resource, olds: DeployedState[Known], news: DeployedInputs[Unknown], *, is_confined: bool = False
) -> Difference:
    """An incomplete state always has changes, so that the next run finishes what is missing. Another cluster replaces:
    one of another name whose uid is not known to be the same.

    Args:
        resource: the type.
        olds: the state.
        news: what is wanted.
        is_confined: whether its credentials may be unable to read a uid: one that is empty tells nothing then.
    """
    changed = resource.changed(olds, news)
    if not changed and olds.status == INCOMPLETE:
        changed = (unfinished(olds.reasons),)
    is_elsewhere = isinstance(news.cluster, ClusterAccess) and news.cluster.name != olds.cluster.name
    is_moved = is_elsewhere and (news.uid != olds.uid or (is_confined and not news.uid))
    moved = ("cluster",) if is_moved and "cluster" in changed else ()
    return Difference(changed, (*moved, *(key for key in resource.replaces if key in changed)))


def promised(
    model: type[P],
    inputs: DeployedInputs[Unknown],
    former: DeployedState[Known] | None,
    *,
    found_out: tuple[str, ...],
    **sure: Json,
) -> P:
    """The state as an operation would leave it.

    Args:
        model: of the state.
        inputs: checked inputs.
        former: the state before where nothing of it changes, None otherwise.
        found_out: what only the operation finds out, and what stays with the rest.
        sure: what is there after an operation, whatever it does.
    """
    kept = {name: UNKNOWN if former is None else getattr(former, name) for name in found_out}
    return model.made(inputs, reasons={}, **sure, **kept)
