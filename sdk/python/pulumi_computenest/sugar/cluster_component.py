"""What a `ClusterComponent` takes of clusters, and which of its values are never shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import pulumi

from pulumi_computenest.arguments import wire
from pulumi_computenest.declaration import Declaration
from pulumi_computenest.declared.cluster import ClusterDeclaration

if TYPE_CHECKING:
    from pulumi_computenest.declared.arguments import ClusterAccess

__all__ = ["Sugar"]

HIDES = ("concealed",)

AnyCluster: TypeAlias = "ClusterDeclaration | ClusterAccess"


class Arguments:
    """What programs write."""

    cluster: AnyCluster
    """Where it is: a Cluster of this program, or how one is reached. Other credentials for the same cluster are
    recorded; another cluster replaces it."""


class Sugar(Declaration):
    """A component of a cluster as a program declares it."""

    _word = "component"

    def _prepared(
        self, name: str, given: dict[str, Any], opts: pulumi.ResourceOptions | None
    ) -> tuple[dict[str, Any], pulumi.ResourceOptions | None]:
        given, opts = super()._prepared(name, given, opts)
        cluster = given.pop("cluster")
        access = cluster.reach if isinstance(cluster, ClusterDeclaration) else wire(cluster)
        if isinstance(access, Mapping) and "kubeconfig" in access:
            access = {**access, "kubeconfig": pulumi.Output.secret(access["kubeconfig"])}
        concealed = sorted(set(_outputs("", given.get("values"))))
        taken = {"cluster": access, **({"concealed": concealed} if concealed else {})}
        needed = [cluster] if isinstance(cluster, pulumi.Resource) else []
        return given | taken, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=needed))


def _outputs(path: str, value: Any) -> Iterator[str]:
    """Paths of the values that may be secret: every one that is an output, for whether it is shows only later."""
    if isinstance(value, pulumi.Output):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _outputs(f"{path}.{key}" if path else str(key), item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _outputs(path, item)
