"""What a deployment of a service is: as it is wanted, and as the state records it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Generic

from pydantic import Field

from computenest.kernel.fields import Computed
from computenest.kernel.unknown import Known, U
from computenest.kernel.values import Json
from computenest.resources._components.deployed import BroughtInputs, DeployedState
from computenest.resources._components.model import ClusterAccess, HubClusters, ServiceDefinition
from computenest.resources._components.policy import Crds, Downgrade, OnFailure

DEFAULT_AT_ONCE = 5


class Inputs(BroughtInputs[U], Generic[U]):
    """Checked inputs. The maps say what will be there, never what happens: so a second preview is empty."""

    clusters: tuple[ClusterAccess, ...] | U = ()
    hub: HubClusters | U | None = None
    service: ServiceDefinition | U = Field(default_factory=lambda: ServiceDefinition(name="", components=()))
    namespace: str | U = ""
    configuration: Mapping[str, Json] | U = Field(default_factory=dict)
    per_cluster: Mapping[str, Json] | U = Field(default_factory=dict)
    downgrade: Downgrade | U = "upgrade"
    crds: Crds | U = "leave"
    on_failure: OnFailure | U = "rollback"
    max_clusters_at_once: int | U = DEFAULT_AT_ONCE
    wave_label: str | U = ""
    max_failures_percent: int | U = 100
    abandon: tuple[str | U, ...] | U = ()
    uids: Annotated[
        Mapping[str, str | U] | U, Computed("Cluster -> the same, of the others.", is_always_shown=False)
    ] = Field(default_factory=dict)
    cluster_labels: Annotated[
        Mapping[str, str | U] | U,
        Computed(
            "`cluster/label` -> its value, of the labels that the deployment sets on clusters of its hub.",
            is_compared=True,
            is_always_shown=False,
        ),
    ] = Field(default_factory=dict)
    rollout: Annotated[
        Mapping[str, str | U] | U,
        Computed(
            "Component -> the version of its chart that is there; `cluster/component` of a further cluster.",
            is_compared=True,
        ),
    ] = Field(default_factory=dict)
    objects: Annotated[
        Mapping[str, str | U] | U,
        Computed("The same -> a digest of the objects that it brings.", is_compared=True),
    ] = Field(default_factory=dict)
    drifted: Annotated[
        Mapping[str, str] | U,
        Computed(
            "The same -> what was found otherwise than the last run left it, and is brought back; empty after a run.",
            is_compared=True,
            is_always_shown=False,
        ),
    ] = Field(default_factory=dict)

    @property
    def name(self: Inputs[Known]) -> str:
        """What messages call it: as its service."""
        return str(self.service.name)


class State(Inputs[U], DeployedState[U], Generic[U]):
    """With what the provider finds out."""

    revisions: Annotated[Mapping[str, int] | U, Computed("The same -> the revision of its release.")] = Field(
        default_factory=dict
    )
    releases: Annotated[
        tuple[str, ...] | U,
        Computed(
            "`namespace/release` of what may be there of ours, `cluster/namespace/release` elsewhere.",
            is_always_shown=False,
            is_internal=True,
        ),
    ] = ()
    leaving: Annotated[
        tuple[ClusterAccess, ...] | U,
        Computed(
            "How clusters are reached that are not declared any more, and still have something of it.",
            is_always_shown=False,
            is_internal=True,
        ),
    ] = ()
