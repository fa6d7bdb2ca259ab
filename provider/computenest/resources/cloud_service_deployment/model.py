"""What a deployment of a service is: as it is wanted, and as the state records it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Generic, Literal

from pydantic import Field

from computenest.kernel.fields import Computed
from computenest.kernel.names import OwnerId
from computenest.kernel.unknown import U
from computenest.kernel.values import Json, Values
from computenest.resources._components.model import ClusterAccess, ServiceDefinition
from computenest.resources._components.wish import DriftPolicy, OnFailure

__all__ = ["DEFAULT_HISTORY", "DEFAULT_TIMEOUT_S", "Conflicts", "Crds", "Downgrade", "Inputs", "State"]

DEFAULT_TIMEOUT_S = 1800
DEFAULT_HISTORY = 10
Conflicts = Literal["fail", "force"]
Downgrade = Literal["upgrade", "rollback"]
Crds = Literal["leave", "apply"]


class Inputs(Values, Generic[U]):
    """Checked inputs. The maps say what will be there, never what happens: so a second preview is empty."""

    owner_id: OwnerId = OwnerId("")
    generation: Annotated[
        int, Computed("1, and one more for each replacement.", is_always_shown=False, is_internal=True)
    ] = 1
    cluster: ClusterAccess | U = Field(default_factory=lambda: ClusterAccess(name=""))
    service: ServiceDefinition | U = Field(default_factory=lambda: ServiceDefinition(name="", components=()))
    namespace: str | U = ""
    configuration: Mapping[str, Json] | U = Field(default_factory=dict)
    labels: Mapping[str, str | U] | U = Field(default_factory=dict)
    conflicts: Conflicts | U = "fail"
    downgrade: Downgrade | U = "upgrade"
    crds: Crds | U = "leave"
    drift: DriftPolicy | U = "warn"
    on_failure: OnFailure | U = "rollback"
    adopt: bool | U = False
    history: int | U = DEFAULT_HISTORY
    concealed: tuple[str, ...] = ()
    timeout_s: int | U = DEFAULT_TIMEOUT_S
    uid: Annotated[
        str | U, Computed("Of the cluster's namespace kube-system: what tells it from another of its name.")
    ] = ""
    rollout: Annotated[
        Mapping[str, str | U] | U, Computed("Component -> the version of its chart that is there.", is_compared=True)
    ] = Field(default_factory=dict)
    objects: Annotated[
        Mapping[str, str | U] | U,
        Computed("Component -> a digest of the objects that it brings.", is_compared=True),
    ] = Field(default_factory=dict)
    drifted: Annotated[
        Mapping[str, str] | U,
        Computed(
            "Component -> what was found otherwise than the last run left it, and is brought back; empty after a run.",
            is_compared=True,
            is_always_shown=False,
        ),
    ] = Field(default_factory=dict)


class State(Inputs[U], Generic[U]):
    """With what the provider finds out."""

    status: Annotated[str | U, Computed("Deployed; Incomplete after a failed run.")] = ""
    revisions: Annotated[Mapping[str, int] | U, Computed("Component -> the revision of its release.")] = Field(
        default_factory=dict
    )
    releases: Annotated[
        tuple[str, ...] | U,
        Computed("`namespace/release` of what may be there of ours.", is_always_shown=False, is_internal=True),
    ] = ()
    reasons: Annotated[
        Mapping[str, str] | U, Computed("Why it is not as wanted; empty where it is.", is_always_shown=False)
    ] = Field(default_factory=dict)
    incarnation: Annotated[
        int,
        Computed("How often a create has taken its releases over.", is_always_shown=False, is_internal=True),
    ] = 1

    @property
    def tags(self) -> Mapping[str, str]:
        """Kubernetes has labels."""
        return {}
