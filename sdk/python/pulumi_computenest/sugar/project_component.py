"""What a `ProjectComponent` takes of clusters, and which of its values are never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import pulumi

from pulumi_computenest.declaration import Declaration
from pulumi_computenest.sugar.releases import outputs_in, reach_of

if TYPE_CHECKING:
    from pulumi_computenest.declared.arguments import ClusterAccess
    from pulumi_computenest.declared.cluster import ClusterDeclaration

__all__ = ["Sugar"]

HIDES = ("concealed",)

AnyCluster: TypeAlias = "ClusterDeclaration | ClusterAccess"


class Arguments:
    """What programs write."""

    cluster: AnyCluster
    """Where it goes: a Cluster of this program, or how one is reached. Other credentials for the same cluster are
    recorded and change nothing there; another cluster replaces it."""


class Sugar(Declaration):
    """A component as a program declares it."""

    _word = "component"

    def _prepared(
        self, name: str, given: dict[str, Any], opts: pulumi.ResourceOptions | None
    ) -> tuple[dict[str, Any], pulumi.ResourceOptions | None]:
        given, opts = super()._prepared(name, given, opts)
        cluster = given.pop("cluster")
        needed = [cluster] if isinstance(cluster, pulumi.Resource) else []
        concealed = sorted(set(outputs_in("", given.get("values"))))
        taken = {"cluster": reach_of(cluster), **({"concealed": concealed} if concealed else {})}
        return given | taken, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=needed))
