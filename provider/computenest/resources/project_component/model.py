"""What a component of a project is: as it is wanted, and as the state records it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Generic

from pydantic import Field

from computenest.kernel.fields import Computed
from computenest.kernel.unknown import UNKNOWN, U
from computenest.kernel.values import Json
from computenest.resources._components.deployed import BroughtInputs, DeployedState
from computenest.resources._components.model import Chart, ChartFolder, Component, ServiceDefinition
from computenest.resources._components.policy import Downgrade


class Inputs(BroughtInputs[U], Generic[U]):
    """Checked inputs. What they say will be there is never what happens: so a second preview is empty."""

    namespace: str | U = ""
    name: str | U = ""
    chart: Chart | U = Field(default_factory=lambda: ChartFolder(path=""))
    values: Mapping[str, Json] | U = Field(default_factory=dict)
    downgrade: Downgrade | U = "upgrade"
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


class State(Inputs[U], DeployedState[U], Generic[U]):
    """With what the provider finds out."""

    revision: Annotated[int | U, Computed("Of its release.")] = 0
    incarnation: Annotated[
        int, Computed("How often a create has taken its release over.", is_always_shown=False, is_internal=True)
    ] = 1
