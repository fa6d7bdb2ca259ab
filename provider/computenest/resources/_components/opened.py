"""What the types that reach clusters stand on. What changes something is imported later: no preview waits for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from computenest.cloud.clock import RealClock
from computenest.cloud.registry.login import Login
from computenest.kernel.errors import Permanent, Transient
from computenest.kernel.names import AccountName
from computenest.kernel.ports import Clock, Progress
from computenest.reconcile.desk import Lease
from computenest.reconcile.retry import Retry, retrying
from computenest.reconcile.silence import Silence
from computenest.resources._components.api import KubernetesClusters
from computenest.resources._components.chart_store import ChartStore, PullKeys
from computenest.resources._components.model import ClusterAccess
from computenest.resources._components.ports import Clusters
from computenest.resources._program.accounts import asked_of
from computenest.resources._program.core import Core


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
    clusters = KubernetesClusters(ChartStore(pull_keys(core)), heard=core.heard)
    clock, retry = RealClock(), Retry(silence=Silence(core.settings.no_answer_s))
    bearing: Clusters = clusters
    questions: Clusters = replace(clusters, is_patient=False)
    asking = retrying(questions, replace(retry, attempts=1, bears_silence=False), clock)
    return Desk(retrying(bearing, retry, clock), asking, clock, core.progress, core.lease)


async def refuse_silent(desk: Desk, access: ClusterAccess) -> None:
    """A cluster that the check of this run could not ask is asked once more, and waited for only where all are silent,
    as in a network that is lost for a while.

    Raises:
        Transient: it does not answer, and others do.
    """
    try:
        await desk.asking.identify(access)
    except Transient:
        try:
            await desk.asking.hear_another(access)
        except Transient:
            return
        raise


def pull_keys(core: Core) -> PullKeys:
    """Where the keys for the charts of packages come from: the account is opened when the first is asked for."""

    async def take(named: AccountName) -> tuple[str, Login]:
        from computenest.resources._packages.content_model import Kind
        from computenest.resources._packages.repositories import CloudRepositories

        account = await core.account_of(named)
        key = await asked_of(account, account.session.port(CloudRepositories)).temporary_key(kind=Kind.CHART)
        if key.login is None:
            raise Permanent("the cloud gave a key for charts that has no login")
        return key.resources[0].name, key.login

    return take
