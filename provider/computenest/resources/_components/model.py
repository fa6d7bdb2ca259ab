"""What a program says of a cluster, of charts and of a service made of them: the words that several types share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from computenest.kernel.fields import About
from computenest.kernel.names import AccountName
from computenest.kernel.unknown import Maybe
from computenest.kernel.values import Json, Model


class ClusterAccess(Model):
    """How a cluster is reached: what a `Cluster` gives as its `access`."""

    name: Annotated[Maybe[str], About("What the program calls the cluster.")]
    kubeconfig: Annotated[
        Maybe[str] | None,
        About("The text of a kubeconfig; by default that of `$KUBECONFIG` or `~/.kube/config`, read anew by each run."),
    ] = None
    context: Annotated[Maybe[str] | None, About("Which context of it; by default its current one.")] = None
    kubernetes_version: Annotated[
        Maybe[str] | None,
        About("`v1.31.0`: what charts are rendered for while the cluster is not there yet."),
    ] = None
    labels: Annotated[
        Maybe[Mapping[str, Maybe[str]]] | None, About("What `cluster_selector` of components is matched with.")
    ] = None


class HubClusters(Model):
    """Clusters that a hub of Open Cluster Management knows: the main cluster is the hub, its `ManagedCluster` objects
    are the clusters, and their labels there decide."""

    kubeconfig_secrets: Annotated[
        Maybe[bool] | None,
        About(
            "Whether clusters of which the program gives neither kubeconfig nor context are reached by the Secret"
            " `computenest-kubeconfig` (its key `kubeconfig`) in the namespace of their name on the hub. No other"
            " Secret is read, none is written, and no state holds it. By default those that are not listed keep what"
            " they have."
        ),
    ] = None


class LabelExpression(Model):
    """What a label of a cluster has to be, as Kubernetes has it in `matchExpressions`."""

    key: Annotated[Maybe[str], About("The label.")]
    operator: Annotated[
        Maybe[str],  # of no enumeration: YAML programs can hand none on from an output (pulumi-yaml 1.x)
        About("`In` or `NotIn` its `values`, `Exists` or `DoesNotExist`; a cluster without the label is `NotIn`."),
    ]
    values: Annotated[Maybe[tuple[Maybe[str], ...]] | None, About("For `In` and `NotIn`.")] = None


class ClusterSelector(Model):
    """Clusters by their labels: all of it has to hold. An empty one means no cluster."""

    match_labels: Annotated[Maybe[Mapping[str, Maybe[str]]] | None, About("Label -> its value.")] = None
    match_expressions: Annotated[Maybe[tuple[LabelExpression, ...]] | None, About("What else has to hold.")] = None


class ChartFolder(Model):
    """A chart on this machine."""

    kind: Annotated[Literal["folder"], About("Tells the kind of chart: `folder`.")] = "folder"
    path: Annotated[Maybe[str], About("Its folder, or its `.tgz`.")]


class ChartReference(Model):
    """A chart in a registry."""

    kind: Annotated[Literal["reference"], About("Tells the kind of chart: `reference`.")] = "reference"
    reference: Annotated[
        Maybe[str], About("`registry.example.com/team/web:1.0.0`, with or without `oci://` before it.")
    ]
    username: Annotated[Maybe[str] | None, About("Who pulls, where the registry asks.")] = None
    password: Annotated[
        Maybe[str] | None, About("Their password or temporary key: another one is no change.", is_secret=True)
    ] = None


class ChartPackage(Model):
    """A chart that is a `HelmChartPackage`. It is pulled with a temporary key, which a run takes together with a change
    and which no state holds."""

    kind: Annotated[Literal["package"], About("Tells the kind of chart: `package`.")] = "package"
    package: Annotated[Maybe[str], About("The `reference` of the HelmChartPackage.")]
    path: Annotated[
        Maybe[str] | None,
        About(
            "The folder or `.tgz` that the package is made of: previews render it, also before it is pushed. Without"
            " it a preview pulls the package."
        ),
    ] = None
    content: Annotated[
        Maybe[str] | None, About("The package's `content`, by which a chart of an earlier release is known again.")
    ] = None
    account: Annotated[AccountName | None, About("A key of `computenest:accounts`: whose package it is.")] = None


Chart: TypeAlias = Annotated[ChartFolder | ChartReference | ChartPackage, Field(discriminator="kind")]


class Component(Model):
    """A part of a service: a chart, and what it is given."""

    name: Annotated[Maybe[str], About("Its name, once in a service.")]
    chart: Annotated[Maybe[Chart], About("What it is: a folder, a reference to a registry, or a package.")]
    values: Annotated[Maybe[Mapping[str, Json]] | None, About("Given to the chart over its own defaults.")] = None
    namespace: Annotated[Maybe[str] | None, About("Where it goes; by default the deployment's namespace.")] = None
    release: Annotated[
        Maybe[str] | None, About("What helm calls it; by default the service's name and its own, `shop-web`.")
    ] = None
    needs: Annotated[
        Maybe[tuple[Maybe[str], ...]] | None, About("Components that come before it, and are taken away after it.")
    ] = None
    cluster_selector: Annotated[
        Maybe[ClusterSelector] | None,
        About(
            "Of the data plane: it goes to every cluster of the deployment with these labels, each on its own. Without"
            " it, it is of the control plane, and on the main cluster alone."
        ),
    ] = None


class ServiceDefinition(Model):
    """What a service is made of: what a `CloudService` gives as its `definition`."""

    name: Annotated[Maybe[str], About("The service's name.")]
    version: Annotated[Maybe[str] | None, About("The service's version, for people.")] = None
    components: Annotated[Maybe[tuple[Component, ...]], About("What it is made of.")]
