"""What types of resource ask of clusters: `api.py` answers with helm and a cluster's API, tests with one in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from computenest.kernel.names import OwnerId
from computenest.resources._components.managed import ManagedCluster
from computenest.resources._components.model import ClusterAccess
from computenest.resources._components.plan import Declared
from computenest.resources._components.release import ReleaseName, Revision
from computenest.resources._components.wish import Outlook, Wish


@dataclass(frozen=True, slots=True)
class ClusterSeen:
    """A cluster that answered.

    Args:
        uid: of its namespace kube-system: what tells it from another of the same name; "" where nobody may read it.
        version: of Kubernetes, `v1.37.2`.
    """

    uid: str
    version: str


@dataclass(frozen=True, slots=True)
class Looked:
    """A release as it is.

    Args:
        history: its revisions, oldest first; () where there is none.
        age_s: how many seconds ago the last one began; None where its process is gone, or nobody can tell.
    """

    history: tuple[Revision, ...]
    age_s: float | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """A release that was taken away.

    Args:
        stays: what of it is still there, each with the reason.
        is_anothers: whether it was left, because a later create has taken it over.
        left_because: why one that is shared was left, "" where it was not.
    """

    stays: tuple[str, ...] = ()
    is_anothers: bool = False
    left_because: str = ""


class Clusters(Protocol):
    """Raises (each call):
    Invalid: the kubeconfig, or the chart, is none.
    Transient: the cluster does not answer.
    Permanent: it refuses.
    """

    async def identify(self, access: ClusterAccess) -> ClusterSeen:
        """Which cluster it is."""
        ...

    async def hear_another(self, access: ClusterAccess) -> None:
        """Asks the other clusters that have answered in this run: where one does now, the network is not lost.

        Raises:
            Transient: none does.
        """
        ...

    async def declared(self, wish: Wish) -> Declared:
        """With the chart's name, version and digest; nothing of it unknown."""
        ...

    async def look(self, access: ClusterAccess, release: ReleaseName, namespace: str) -> Looked:
        """What helm keeps of a release."""
        ...

    async def preview(self, access: ClusterAccess | None, wish: Wish, *, kubernetes_version: str = "") -> Outlook:
        """What `bring` would do. Nothing is written.

        Args:
            access: None for a cluster that nobody can ask yet.
            wish: the release.
            kubernetes_version: what charts are rendered for where nobody can ask.
        """
        ...

    async def bring(
        self, access: ClusterAccess, wish: Wish, *, incarnation: int, acting: Callable[[str], None]
    ) -> None:
        """Makes the release what is wanted.

        Args:
            access: of the cluster.
            wish: the release.
            incarnation: how often a create has taken it over.
            acting: is told right before the first change, and how it goes on.

        Raises:
            Conflict: it would fail or harm somebody; nothing was changed.
            Permanent: helm failed.
        """
        ...

    async def take_over(self, access: ClusterAccess, wish: Wish, *, incarnation: int) -> None:
        """Writes on a release whose it is, and how often a create has found it."""
        ...

    async def remove(
        self,
        access: ClusterAccess,
        release: ReleaseName,
        namespace: str,
        *,
        owner: OwnerId,
        incarnation: int,
        timeout_s: float,
        is_shared: bool = False,
    ) -> Removal:
        """Takes a release away; gone already is as good. One that is shared only where nobody else asks for it.

        Raises:
            Conflict: it is not ours.
        """
        ...

    async def managed_clusters(self, access: ClusterAccess) -> tuple[ManagedCluster, ...]:
        """The clusters that a hub knows.

        Raises:
            NotFound: it is no hub.
            Invalid: nobody lets us ask.
        """
        ...

    async def label(
        self,
        access: ClusterAccess,
        cluster: ManagedCluster,
        labels: Mapping[str, str],
        *,
        owner: OwnerId,
        takes: bool = False,
        is_dry: bool = False,
    ) -> ManagedCluster:
        """The cluster as it is with these labels of the owner's, and none that the owner alone had set before.

        Args:
            access: of the hub.
            cluster: as it was seen: another one of its name is left alone.
            labels: all that the owner wants there.
            owner: whose they are.
            takes: whether what others have set otherwise is taken from them.
            is_dry: whether it is only asked.

        Raises:
            Conflict: somebody else has set one otherwise, or the cluster is not there any more.
            Invalid: nobody lets us.
        """
        ...

    async def kubeconfig_of(self, access: ClusterAccess, cluster: str) -> str:
        """What the hub's Secret says of how a cluster is reached.

        Raises:
            Invalid: there is none, nobody lets us read it, or it cannot be used.
        """
        ...
