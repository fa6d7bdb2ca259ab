"""`CloudServiceDeployment`, as programs see it: they give what stands in `Arguments`, and get what is in `State`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from computenest.kernel.arguments import Count
from computenest.kernel.fields import Asked, Given, Resource
from computenest.kernel.lifecycle import Models
from computenest.kernel.unknown import Known, Maybe, Unknown
from computenest.kernel.values import Json
from computenest.resources._components.fields import (
    Adopt,
    Concealed,
    Drift,
    History,
    Longest,
    OfDefinitions,
    OfOthers,
    WayBack,
)
from computenest.resources._components.model import ClusterAccess, HubClusters, ServiceDefinition
from computenest.resources._components.policy import OnFailure
from computenest.resources.cloud_service_deployment.model import Inputs, State


class Arguments(Asked):
    """What a program gives."""

    cluster: Annotated[
        Maybe[ClusterAccess],
        Given(
            "The main cluster, where it goes. Other credentials for the same cluster are recorded and change nothing"
            " there; another cluster replaces the deployment.",
            needed="a cluster is needed: the `access` of a Cluster, or a name with a kubeconfig or a context",
        ),
    ]
    clusters: Annotated[
        Maybe[tuple[ClusterAccess, ...]] | None,
        Given(
            "Further clusters, which components with a `cluster_selector` go to by the `labels` of each. One that is"
            " taken out loses what this deployment brought there."
        ),
    ] = None
    hub: Annotated[
        Maybe[HubClusters] | None,
        Given(
            "Where the main cluster is a hub of Open Cluster Management: components go to its `ManagedCluster` objects"
            " by their labels there. The `labels` of `cluster` and `clusters` are then set on those of their names, and"
            " taken back where the program does not want them any more; what others have set stays."
        ),
    ] = None
    service: Annotated[
        Maybe[ServiceDefinition],
        Given(
            "What is deployed.",
            is_compared=False,
            needed="a service is needed: the `definition` of a CloudService, or a name with components",
        ),
    ]
    namespace: Annotated[
        Maybe[str] | None, Given("Where its components go; by default the service's name.", is_always_shown=True)
    ] = None
    configuration: Annotated[
        Maybe[Mapping[str, Json]] | None,
        Given("Component -> values over those of the definition. Maps are merged, `null` takes a default away."),
    ] = None
    per_cluster: Annotated[
        Maybe[Mapping[str, Json]] | None,
        Given("Cluster -> component -> values over those of `configuration`, on that cluster alone."),
    ] = None
    labels: Annotated[
        Maybe[Mapping[str, Maybe[str]]] | None,
        Given("Labels for every workload, beside those of service and component; nothing is restarted by them."),
    ] = None
    conflicts: OfOthers = None
    downgrade: WayBack = None
    crds: OfDefinitions = None
    drift: Drift = None
    on_failure: Annotated[
        Maybe[OnFailure] | None,
        Given(
            "Of a component that fails: `rollback` (the default) takes it back and ends the run, `stop` ends the run,"
            " `leave` goes on with those that do not need it.",
            is_compared=False,
        ),
    ] = None
    adopt: Adopt = None
    history: History = None
    concealed: Concealed = None
    timeout_s: Longest = None
    max_clusters_at_once: Annotated[
        Maybe[Count] | None, Given("How many clusters are worked on at the same time (default 5).", is_compared=False)
    ] = None
    wave_label: Annotated[
        Maybe[str] | None,
        Given(
            "Clusters with the same value of this label are changed together, one value after the other, those without"
            " it last. The main cluster is always the first.",
            is_compared=False,
        ),
    ] = None
    max_failures_percent: Annotated[
        Maybe[Count] | None,
        Given(
            "Once more than this share of the clusters has failed, no further one is begun (default 100: the failure of"
            " one leaves the others).",
            is_compared=False,
        ),
    ] = None
    abandon: Annotated[
        Maybe[tuple[Maybe[str], ...]] | None,
        Given("Clusters that are gone for good: what is there is forgotten, and nobody asks them.", is_compared=False),
    ] = None


RESOURCE = Resource(
    "CloudServiceDeployment",
    """A service on one Kubernetes cluster or many: one Helm release for each of its components.

A preview tells what happens to which object, as the cluster itself says: added, changed with both values, removed, run
as a hook, refused. Components are brought in the order of their needs, one after the other; what a killed run left is
taken up again. Releases that are not of this resource are refused, unless `adopt` says otherwise.

Components with a `cluster_selector` go to every cluster whose labels match, each on its own; the others are on the main
cluster alone. A cluster that does not answer keeps what it has, and the others go on.

It is no object of its own and is not imported: declare it with `adopt` where the releases are there.""",
    (Arguments, State),
)
MODELS = Models(Arguments, Inputs[Unknown], Inputs[Known], State[Known], State[Unknown])
