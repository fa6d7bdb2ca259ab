"""`DeliveryInstallation`, as programs see it: they give what stands in `Arguments`, and get what is in `State`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from computenest.kernel.arguments import Count
from computenest.kernel.fields import Asked, Given, Resource
from computenest.kernel.lifecycle import Models
from computenest.kernel.unknown import Known, Maybe, Unknown
from computenest.kernel.values import Json
from computenest.resources._components.fields import Adopt, Concealed, Drift, Longest, OfDefinitions, OfOthers
from computenest.resources._components.model import ClusterAccess
from computenest.resources._components.policy import OnFailure
from computenest.resources.delivery_installation.model import (
    ImageValue,
    Inputs,
    InstallationRegistry,
    State,
)


class Arguments(Asked):
    """What a program gives."""

    cluster: Annotated[
        Maybe[ClusterAccess],
        Given(
            "Where it goes. Other credentials for the same cluster are recorded and change nothing there; another"
            " cluster replaces the installation.",
            needed="a cluster is needed: the `access` of a Cluster, or a name with a kubeconfig or a context",
        ),
    ]
    package: Annotated[
        Maybe[str],
        Given(
            "The package: a reference (`registry.example.com/pkg/shop:1.0.0`, one of a DeliveryPackage's `references`),"
            " or an archive or OCI layout on this machine.",
            needed="a package is needed: a reference, as in registry.example.com/pkg/shop:1.0.0, or an archive",
        ),
    ]
    verify: Annotated[
        Maybe[str] | None,
        Given(
            "A file with the public key (PEM, as `cosign.pub`) that has to have signed the package in its registry;"
            " any other package is refused.",
            is_compared=False,
        ),
    ] = None
    registry: Annotated[
        Maybe[InstallationRegistry] | None,
        Given("Where the package's images are put for the cluster; without it they are pulled by their own names."),
    ] = None
    images: Annotated[
        Maybe[tuple[ImageValue, ...]] | None,
        Given("Which values of the charts name images, so that they name those in `registry`.", is_compared=False),
    ] = None
    mirrored: Annotated[
        Maybe[tuple[Maybe[str], ...]] | None,
        Given(
            "Images that charts may go on calling by their own names, since the nodes pull them through a mirror; `*`"
            " stands for anything.",
            is_compared=False,
        ),
    ] = None
    namespace: Annotated[
        Maybe[str] | None, Given("Where all charts go; by default each where the package says.", is_compared=False)
    ] = None
    configuration: Annotated[
        Maybe[Mapping[str, Json]] | None,
        Given("Application -> values over those of the package. Maps are merged, `null` takes a default away."),
    ] = None
    clusterfile: Annotated[
        Maybe[str] | None,
        Given(
            "A Clusterfile of sealer on this machine: its overrides of values (`Config` and `Application`, strategies"
            " `merge` and `overwrite`) come over those of the package, and below `configuration`.",
        ),
    ] = None
    labels: Annotated[
        Maybe[Mapping[str, Maybe[str]]] | None,
        Given("Labels for every workload; nothing is restarted by them."),
    ] = None
    conflicts: OfOthers = None
    crds: OfDefinitions = None
    drift: Drift = None
    on_failure: Annotated[
        Maybe[OnFailure] | None,
        Given(
            "Of a chart that fails: `rollback` (the default) takes it back and ends the run, `stop` ends the run,"
            " `leave` goes on with the others.",
            is_compared=False,
        ),
    ] = None
    adopt: Adopt = None
    history: Annotated[Maybe[Count] | None, Given("How many revisions helm keeps (default 10).", is_compared=False)] = (
        None
    )
    concealed: Concealed = None
    timeout_s: Longest = None


RESOURCE = Resource(
    "DeliveryInstallation",
    """A delivery package on a Kubernetes cluster: its images in the cluster's registry, and a release for each chart.

A preview tells what the registry is sent and what happens to which object. Charts are not rewritten: `images` says
which of their values name images, and an image that a chart would pull from elsewhere is refused, unless `mirrored`
names it. Packages that sealer built are installed the same way. A destroy uninstalls the charts, and takes away the
images that nobody else relies on.""",
    (Arguments, State),
)
MODELS = Models(Arguments, Inputs[Unknown], Inputs[Known], State[Known], State[Unknown])
