"""`ProjectComponent`, as programs see it: they give what stands in `Arguments`, and get what stands in `State`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from computenest.kernel.fields import Asked, Given, Resource
from computenest.kernel.lifecycle import Models
from computenest.kernel.unknown import Known, Maybe, Unknown
from computenest.kernel.values import Json
from computenest.resources._components.fields import ConcealedOfOne, Drift, History, LongestOfOne, WayBack
from computenest.resources._components.model import Chart, ClusterAccess
from computenest.resources._components.policy import Conflicts
from computenest.resources.project_component.model import Inputs, State


class Arguments(Asked):
    """What a program gives."""

    cluster: Annotated[
        Maybe[ClusterAccess],
        Given(
            "Where it goes. Other credentials for the same cluster are recorded and change nothing there; another"
            " cluster replaces it.",
            needed="a cluster is needed: the `access` of a Cluster, or a name with a kubeconfig or a context",
        ),
    ]
    namespace: Annotated[
        Maybe[str],
        Given(
            "The project's namespace, which has to be there: nothing is made outside it.",
            replaces=True,
            is_always_shown=True,
            needed="the namespace of the project is needed",
        ),
    ]
    name: Annotated[
        Maybe[str] | None,
        Given(
            "Its name, and what helm calls its release; by default the resource's, in lower case.",
            replaces=True,
            is_always_shown=True,
        ),
    ] = None
    chart: Annotated[
        Maybe[Chart],
        Given(
            "What it is: a folder, a reference to a registry, or a package.",
            is_compared=False,
            needed="a chart is needed",
        ),
    ]
    values: Annotated[Maybe[Mapping[str, Json]] | None, Given("Given to the chart over its own defaults.")] = None
    labels: Annotated[
        Maybe[Mapping[str, Maybe[str]]] | None,
        Given("Labels for every workload, beside that of the component; nothing is restarted by them."),
    ] = None
    conflicts: Annotated[
        Maybe[Conflicts] | None,
        Given(
            "Of a field that the chart sets and somebody else owns: `fail` (the default) in the preview, or `force`.",
            is_compared=False,
        ),
    ] = None
    downgrade: WayBack = None
    drift: Drift = None
    adopt: Annotated[
        Maybe[bool] | None,
        Given("Whether a release of this name that nobody of ours made is taken over.", is_compared=False),
    ] = None
    history: History = None
    concealed: ConcealedOfOne = None
    timeout_s: LongestOfOne = None


RESOURCE = Resource(
    "ProjectComponent",
    """A chart in the namespace of a project, by somebody who has rights there and nowhere else.

It is brought, previewed and taken away as a component of a CloudServiceDeployment is, and rolled back where it fails.
What a chart has for the whole cluster, or for another namespace, is refused in the preview; its CRDs are left out.""",
    (Arguments, State),
)
MODELS = Models(Arguments, Inputs[Unknown], Inputs[Known], State[Known], State[Unknown])
