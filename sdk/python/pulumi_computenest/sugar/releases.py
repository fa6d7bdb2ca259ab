"""What types made of releases of charts have by hand: the cluster that is meant, and values that may be secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pulumi

from pulumi_computenest.arguments import wire
from pulumi_computenest.declaration import Declaration, Prepared
from pulumi_computenest.declared.cluster import ClusterDeclaration

__all__ = ["OnCluster", "outputs_in", "reach_of"]


class OnCluster(Declaration):
    """What is in one cluster, as a program declares it."""

    _values: ClassVar[str]
    """The property that may hold secrets."""

    def _prepared(self, name: str, given: dict[str, Any], opts: pulumi.ResourceOptions | None) -> Prepared:
        given, opts = super()._prepared(name, given, opts)
        cluster = given.pop("cluster")
        needed = [cluster] if isinstance(cluster, pulumi.Resource) else []
        concealed = sorted(set(outputs_in("", given.get(self._values))))
        taken = {"cluster": reach_of(cluster), **({"concealed": concealed} if concealed else {})}
        return given | taken, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=needed))


def reach_of(cluster: Any) -> Any:
    """How a cluster of the program is reached, its kubeconfig a secret."""
    taken = cluster.reach if isinstance(cluster, ClusterDeclaration) else wire(cluster)
    if isinstance(taken, Mapping) and "kubeconfig" in taken:
        return {**taken, "kubeconfig": pulumi.Output.secret(taken["kubeconfig"])}
    return taken


def outputs_in(path: str, value: Any) -> Iterator[str]:
    """Paths of the values that may be secret: every one that is an output, for whether it is shows only later."""
    if isinstance(value, pulumi.Output):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from outputs_in(f"{path}.{key}" if path else str(key), item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from outputs_in(path, item)
