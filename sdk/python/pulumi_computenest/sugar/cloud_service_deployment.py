"""What a `CloudServiceDeployment` takes of clusters and services, and which of its values are never shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import pulumi

from pulumi_computenest.arguments import wire
from pulumi_computenest.declaration import Declaration, Prepared
from pulumi_computenest.declared.cloud_service import CloudServiceDeclaration
from pulumi_computenest.declared.cluster import ClusterDeclaration
from pulumi_computenest.sugar.releases import outputs_in, reach_of

if TYPE_CHECKING:
    from pulumi_computenest.declared.arguments import ClusterAccess, ServiceDefinition

__all__ = ["Sugar"]

HIDES = ("concealed",)

AnyCluster: TypeAlias = "ClusterDeclaration | ClusterAccess"
AnyDefinition: TypeAlias = "CloudServiceDeclaration | ServiceDefinition"


class Arguments:
    """What programs write."""

    cluster: AnyCluster
    """The main cluster: a Cluster of this program, or how one is reached. Other credentials for the same cluster are
    recorded and change nothing there; another cluster replaces the deployment."""
    clusters: Sequence[AnyCluster] | None = None
    """Further clusters, which components with a `cluster_selector` go to by the `labels` of each. One that is taken out
    loses what this deployment brought there."""
    service: AnyDefinition
    """What is deployed: a CloudService of this program, or what one would be made of."""


class Sugar(Declaration):
    """A deployment as a program declares it."""

    _word = "deployment"

    def _prepared(self, name: str, given: dict[str, Any], opts: pulumi.ResourceOptions | None) -> Prepared:
        given, opts = super()._prepared(name, given, opts)
        cluster, service = given.pop("cluster"), given.pop("service")
        further = given.pop("clusters", None)
        listed = further if isinstance(further, list | tuple) else ()
        needed = [one for one in (cluster, service, *listed) if isinstance(one, pulumi.Resource)]
        taken: dict[str, Any] = {
            "cluster": reach_of(cluster),
            "service": service.content if isinstance(service, CloudServiceDeclaration) else wire(service),
        }
        if further is not None:
            taken["clusters"] = [reach_of(one) for one in listed] if listed or further in ([], ()) else wire(further)
        concealed = sorted(set(_outputs(taken["service"], given.get("configuration"), given.get("perCluster"))))
        taken |= {"concealed": concealed} if concealed else {}
        return given | taken, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=needed))


def _outputs(service: Any, configuration: Any, overlays: Any) -> Iterator[str]:
    """Paths of the values that may be secret: every one that is an output, for whether it is shows only later."""
    components = service.get("components") if isinstance(service, Mapping) else None
    for one in components if isinstance(components, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("name"), str):
            yield from outputs_in(one["name"], one.get("values"))
    for key, values in configuration.items() if isinstance(configuration, Mapping) else ():
        yield from outputs_in(key, values)
    for cluster, overlay in overlays.items() if isinstance(overlays, Mapping) else ():
        for key, values in overlay.items() if isinstance(overlay, Mapping) else ():
            yield from outputs_in(f"{cluster}/{key}", values)
