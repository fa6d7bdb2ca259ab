"""Clusters that are reached by a Secret of their hub: it is read when one is first asked, once a run, and nothing keeps
what is in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from computenest.kernel.errors import Invalid
from computenest.kernel.unknown import Maybe
from computenest.resources._components.model import ClusterAccess
from computenest.resources._components.ports import Clusters

HELD_BY_HUB = ""
"""In the place of a kubeconfig: the Secret in the cluster's namespace on the hub has it. It is none by itself, so
nobody falls back to the one of this machine."""
_OF_ONE = frozenset({"identify", "look", "preview", "bring", "take_over", "remove"})


def by_secret(port: Clusters, hub: Maybe[ClusterAccess], *, is_named: bool) -> Clusters:
    """The port, for clusters that a hub's Secrets reach, too.

    Args:
        port: of clusters whose kubeconfig is known.
        hub: how the hub is reached.
        is_named: whether the program wants these Secrets to be read.
    """
    return cast("Clusters", _BySecret(port, hub, is_named))


@dataclass(slots=True)
class _BySecret:
    port: Clusters
    hub: Maybe[ClusterAccess]
    is_named: bool
    read: dict[str, str] = field(default_factory=dict)
    """Cluster -> its kubeconfig, as long as this run lasts."""

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.port, name)
        if name not in _OF_ONE:
            return member

        async def call(access: ClusterAccess | None, *given: Any, **more: Any) -> Any:
            return await member(await self.reached(access), *given, **more)

        return call

    async def reached(self, access: ClusterAccess | None) -> ClusterAccess | None:
        if access is None or access.kubeconfig != HELD_BY_HUB or not isinstance(self.hub, ClusterAccess):
            return access
        name = str(access.name)
        if not self.is_named:
            raise Invalid(
                f"the program says nothing of how {name} is reached",
                path="hub.kubeconfigSecrets",
                hint="list it in `clusters`, set `kubeconfig_secrets`, or `abandon` it, if it is gone",
            )
        if name not in self.read:
            self.read[name] = await self.port.kubeconfig_of(self.hub, name)
        return access.model_copy(update={"kubeconfig": self.read[name]})
