"""What a `ClusterComponent` takes of clusters, and which of its values are never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pulumi_computenest.sugar.releases import OnCluster

if TYPE_CHECKING:
    from pulumi_computenest.declared.arguments import ClusterAccess
    from pulumi_computenest.declared.cluster import ClusterDeclaration

__all__ = ["Sugar"]

HIDES = ("concealed",)

AnyCluster: TypeAlias = "ClusterDeclaration | ClusterAccess"


class Arguments:
    """What programs write."""

    cluster: AnyCluster
    """Where it is: a Cluster of this program, or how one is reached. Other credentials for the same cluster are
    recorded; another cluster replaces it."""


class Sugar(OnCluster):
    """A component of a cluster as a program declares it."""

    _word = "component"
    _values = "values"
