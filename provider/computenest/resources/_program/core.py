"""Where everything meets: the accounts, opened once for a process. The lifecycles of both transports stand on this.

Polls can only be coalesced in one place, and a replacement is only told from a first create by what the same process
saw in the state before; so this object lives as long as the process, on one event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from computenest.cloud.clock import RealClock
from computenest.cloud.local import cloud_folder
from computenest.cloud.settings import Settings
from computenest.kernel.identity import digest
from computenest.kernel.names import AccountName, OwnerId
from computenest.kernel.ports import Clock, Progress
from computenest.reconcile.retry import Retry
from computenest.reconcile.silence import Silence
from computenest.resources._program.related import Related
from computenest.resources._program.session import Session, open_session

if TYPE_CHECKING:
    from computenest.kernel.unknown import Known
    from computenest.kernel.values import Values
    from computenest.reconcile.desk import Lease
    from computenest.resources._components.model import ClusterAccess
    from computenest.resources._packages.cloud_checks import PackageChecks
    from computenest.resources._packages.image_package import Package, State
    from computenest.resources._packages.packages import Packages
    from computenest.resources._program.facts import AssociationFacts, Defined, ServiceFacts, Substitutions
    from computenest.resources._program.offer import Offer

_LEASE_LOOKS_S = 0.25
_LEASE_LONGEST_S = 10.0

_LOCAL_RETRY = Retry(base_s=0.05, cap_s=1.0)
CHECK_RETRY = Retry(attempts=3, budget_s=10.0, base_s=0.2, cap_s=2.0, bears_silence=False)


@dataclass(slots=True)
class Shared:
    """What several types use in an account, opened when first needed, so that their polls are coalesced."""

    packages: Packages[Package[Known], State[Known]] | None = None
    checks: PackageChecks | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What the use cases of one account stand on, whatever type they are of."""

    session: Session
    retry: Retry
    """For every port of this account that is asked over the network."""
    quick: Retry
    """For what a check asks: a cloud that cannot be reached is a warning there, not a reason to wait."""
    progress: Progress
    lease: Lease
    poll_interval_s: float
    shared: Shared = field(default_factory=Shared)
    network: Clock = field(default_factory=RealClock)
    """The network answers in real time, however fast the cloud's own clock runs."""


@dataclass(slots=True)
class Core:
    """The accounts that the stack names, and what this run has seen of one resource that decides about another.

    Args:
        settings: the provider's configuration.
        progress: where live status goes.
    """

    settings: Settings
    progress: Progress
    distributed: dict[OwnerId, frozenset[str]] = field(default_factory=dict)
    """Owner id of an image package -> the regions that its own state has: what is drifted away is not among them."""
    previewed: dict[str, Values] = field(default_factory=dict)
    """Artifact id -> what the preview under way promises of its package."""
    promised: dict[str, AssociationFacts] = field(default_factory=dict)
    """Owner id of an association -> what was checked of it last: a program hands a map with one unknown in it over as
    unknown altogether, so whoever depends on one region asks here."""
    promised_before: dict[str, Substitutions] = field(default_factory=dict)
    """Owner id of an association -> its substitutions as the last run left them."""
    deployable: dict[str, tuple[ServiceFacts | None, ServiceFacts]] = field(default_factory=dict)
    """Owner id of a service -> it as the last run left it, None for a new one, and as checked last."""
    defined: dict[str, Defined] = field(default_factory=dict)
    """Name of a CloudService -> it as checked last: most languages hand its definition over as unknown altogether where
    one value in it is, and as secret altogether where one is secret."""
    related: Related = field(default_factory=Related)
    """The packages of the program, as far as this process has come across them."""
    offered: dict[str, Offer] = field(default_factory=dict)
    """Owner id of a service -> what its program lets instances choose from, as checked last."""
    named: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """Account and artifact name -> owner id and logical name of the package that this program gives that name."""
    bringing: set[str] = field(default_factory=set)
    """References of the delivery packages that this program brings somewhere, as checked last: one that is not there
    yet is no fault."""
    texts: dict[str, str] = field(default_factory=dict)
    """Digest -> text of every template that an association was checked with: no state holds one."""
    platforms: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """`repository:tag` of a container image package -> the platforms that it is for, as its source was read last."""
    heard: dict[str, ClusterAccess] = field(default_factory=dict)
    """How they are reached -> the Kubernetes clusters that have answered in this run, to whatever type."""
    silence: Silence = field(init=False)
    """Whether the cloud answers: one for all accounts, since all calls leave through one network."""
    _accounts: dict[AccountName, Account] = field(default_factory=dict)
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.silence = Silence(self.settings.no_answer_s)

    async def account_of(self, name: AccountName) -> Account:
        """The account of that name, "" for the default one."""
        async with self._opening:
            if name not in self._accounts:
                news: list[str] = []
                # May start the embedded cloud.
                session = await asyncio.to_thread(open_session, self.settings, name, announce=news.append)
                for line in news:
                    self.progress.warn(line)
                self._accounts[name] = self._open(session)
            return self._accounts[name]

    def _open(self, session: Session) -> Account:
        retry = replace(_LOCAL_RETRY if self.settings.cloud == "local" else Retry(), silence=self.silence)
        quick = replace(CHECK_RETRY, silence=self.silence)
        return Account(session, retry, quick, self.progress, self.lease, self.settings.poll_interval_s)

    @contextlib.asynccontextmanager
    async def lease(self, owner_id: OwnerId) -> AsyncIterator[None]:
        """One owner in one cloud: the same stack on another cloud has nothing to wait for. Whoever holds it is told
        when the cloud does not answer."""
        settings = self.settings
        folder = cloud_folder(environ=os.environ, cwd=Path.cwd())
        cloud = str(folder) if settings.cloud == "local" else settings.endpoint or settings.region
        async with _hold_lease(cloud, owner_id):
            with self.silence.told(self.progress):
                yield


@contextlib.asynccontextmanager
async def _hold_lease(cloud: str, owner_id: OwnerId) -> AsyncIterator[None]:
    """A lock file of this machine, held by the kernel for as long as the process that took it lives.

    A courtesy, not what correctness rests on: names and tokens make two runs at once do one thing. So the wait is
    bounded, a holder that is stuck stops nobody for good, and a machine that gives no such file has no lease.
    """
    folder = Path(tempfile.gettempdir()) / f"computenest-leases-{os.getuid()}"
    clock = RealClock()
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            # A state may name an owner of any length.
            file = held.enter_context((folder / digest(owner_id, cloud, length=32)).open("w"))
            while clock.now_s() < _LEASE_LONGEST_S and not _is_locked(file.fileno()):
                await clock.sleep(_LEASE_LOOKS_S)
        yield


def _is_locked(descriptor: int) -> bool:
    """Takes the lock unless another process holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
