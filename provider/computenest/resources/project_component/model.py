"""What a component of a project is: as it is wanted, and as the state records it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Generic

from pydantic import Field

from computenest.kernel.fields import Computed
from computenest.kernel.names import OwnerId
from computenest.kernel.unknown import UNKNOWN, U
from computenest.kernel.values import Json, Values
from computenest.resources._components.model import Chart, ChartFolder, ClusterAccess, Component, ServiceDefinition
from computenest.resources._components.wish import Conflicts, Downgrade, DriftPolicy

__all__ = ["DEFAULT_TIMEOUT_S", "Inputs", "State"]

DEFAULT_TIMEOUT_S = 1800


class Inputs(Values, Generic[U]):
    """Checked inputs. What they say will be there is never what happens: so a second preview is empty."""

    owner_id: OwnerId = OwnerId("")
    generation: Annotated[
        int, Computed("1, and one more for each replacement.", is_always_shown=False, is_internal=True)
    ] = 1
    cluster: ClusterAccess | U = Field(default_factory=lambda: ClusterAccess(name=""))
    namespace: str | U = ""
    name: str | U = ""
    chart: Chart | U = Field(default_factory=lambda: ChartFolder(path=""))
    values: Mapping[str, Json] | U = Field(default_factory=dict)
    labels: Mapping[str, str | U] | U = Field(default_factory=dict)
    conflicts: Conflicts | U = "fail"
    downgrade: Downgrade | U = "upgrade"
    drift: DriftPolicy | U = "warn"
    adopt: bool | U = False
    history: int | U = 10
    concealed: tuple[str, ...] = ()
    timeout_s: int | U = DEFAULT_TIMEOUT_S
    uid: Annotated[
        str | U,
        Computed("Of the cluster's namespace kube-system, where the credentials may read it; else empty."),
    ] = ""
    version: Annotated[str | U, Computed("The version of its chart that is there.", is_compared=True)] = ""
    objects: Annotated[str | U, Computed("A digest of the objects that it brings.", is_compared=True)] = ""
    drifted: Annotated[
        str | U,
        Computed(
            "What was found otherwise than the last run left it, and is brought back; empty after a run.",
            is_compared=True,
            is_always_shown=False,
        ),
    ] = ""

    @property
    def definition(self) -> ServiceDefinition:
        """The component as a service of nothing else."""
        chart = self.chart
        only = Component(name=self.name, release=self.name, chart=chart, values=self.values)
        return ServiceDefinition(name=self.name, components=(only,))

    @property
    def is_readable(self) -> bool:
        """Whether name and chart are known."""
        return UNKNOWN not in (self.name, self.chart, self.namespace)


class State(Inputs[U], Generic[U]):
    """With what the provider finds out."""

    status: Annotated[str | U, Computed("Deployed; Incomplete after a failed run.")] = ""
    revision: Annotated[int | U, Computed("Of its release.")] = 0
    releases: Annotated[
        tuple[str, ...] | U,
        Computed("`namespace/release` of what may be there of ours.", is_always_shown=False, is_internal=True),
    ] = ()
    reasons: Annotated[
        Mapping[str, str] | U, Computed("Why it is not as wanted; empty where it is.", is_always_shown=False)
    ] = Field(default_factory=dict)
    incarnation: Annotated[
        int, Computed("How often a create has taken its release over.", is_always_shown=False, is_internal=True)
    ] = 1

    @property
    def tags(self) -> Mapping[str, str]:
        """Kubernetes has labels."""
        return {}
