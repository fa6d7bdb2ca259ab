"""`ClusterComponent`, as programs see it: they give what stands in `Arguments`, and get what stands in `State`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from computenest.kernel.fields import Asked, Given, Resource
from computenest.kernel.lifecycle import Models
from computenest.kernel.unknown import Known, Maybe, Unknown
from computenest.kernel.values import Json
from computenest.resources._components.fields import ConcealedOfOne, LongestOfOne
from computenest.resources._components.model import Chart, ClusterAccess
from computenest.resources.cluster_component.model import Inputs, State


class Arguments(Asked):
    """What a program gives."""

    cluster: Annotated[
        Maybe[ClusterAccess],
        Given(
            "Where it is. Other credentials for the same cluster are recorded; another cluster replaces it.",
            needed="a cluster is needed: the `access` of a Cluster, or a name with a kubeconfig or a context",
        ),
    ]
    name: Annotated[
        Maybe[str] | None, Given("What it is called; by default as the resource, in lower case.", is_always_shown=True)
    ] = None
    chart: Annotated[
        Maybe[Chart],
        Given("What it is.", is_compared=False, needed="a chart is needed: a folder, or a reference to a registry"),
    ]
    values: Annotated[
        Maybe[Mapping[str, Json]] | None,
        Given("Given to the chart by an install or an upgrade; otherwise they are not applied.", is_compared=False),
    ] = None
    namespace: Annotated[
        Maybe[str] | None, Given("Where it goes; by default its name.", replaces=True, is_always_shown=True)
    ] = None
    release: Annotated[
        Maybe[str] | None,
        Given("What helm calls it: who asks for the same asks for one component. By default its name.", replaces=True),
    ] = None
    concealed: ConcealedOfOne = None
    timeout_s: LongestOfOne = None


RESOURCE = Resource(
    "ClusterComponent",
    """A component that a cluster has once, whoever needs it: a Helm chart with a lifecycle of its own.

Absent, it is installed; installed in a lower version, it is upgraded; otherwise it is left alone, its values included,
and a warning says so. Of several that ask for the same release the highest version wins. The last of them takes it
away, and only if one of them had installed it: what was there before stays.""",
    (Arguments, State),
)
MODELS = Models(Arguments, Inputs[Unknown], Inputs[Known], State[Known], State[Unknown])
