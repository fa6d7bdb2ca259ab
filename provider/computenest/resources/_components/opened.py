"""What the types that reach clusters stand on. What changes something is imported later: no preview waits for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from computenest.cloud.clock import RealClock
from computenest.kernel.ports import Clock, Progress
from computenest.reconcile.desk import Lease
from computenest.reconcile.retry import Retry, retrying
from computenest.reconcile.silence import Silence
from computenest.resources._components.api import KubernetesClusters
from computenest.resources._components.ports import Clusters
from computenest.resources._program.core import Core

__all__ = ["Desk", "open_desk"]


@dataclass(frozen=True, slots=True)
class Desk:
    """What every deployment of this process stands on.

    Args:
        clusters: for operations, which bear a network that is lost for a while.
        asking: the same for checks and refreshes, which say at once that a cluster does not answer.
        clock: of this machine.
        progress: where people look.
        lease: keeps a second process of this machine away.
    """

    clusters: Clusters
    asking: Clusters
    clock: Clock
    progress: Progress
    lease: Lease


def open_desk(core: Core) -> Desk:
    """Of one type in this process: what was pulled and the credentials that were made last as long."""
    clusters: Clusters = KubernetesClusters()
    clock, retry = RealClock(), Retry(silence=Silence(core.settings.no_answer_s))
    asking = retrying(clusters, replace(retry, attempts=1, bears_silence=False), clock)
    return Desk(retrying(clusters, retry, clock), asking, clock, core.progress, core.lease)
