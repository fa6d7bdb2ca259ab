"""Where everything meets: the use cases of each account, built once for a process. Both transports stand on this.

Polls can only be coalesced in one place, and a replacement is only told from a first create by what the same process
saw in the state before; so this object lives as long as the process, on one event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from computenest.cloud.clock import RealClock
from computenest.cloud.local import cloud_folder
from computenest.cloud.session import Session, open_session
from computenest.cloud.settings import Settings
from computenest.domain.association import check as association
from computenest.domain.distribution.check import Recorded, recorded_in
from computenest.domain.distribution.foresee import foresee
from computenest.domain.errors import ComputeNestError, Invalid, Reason
from computenest.domain.identity import digest
from computenest.domain.instance.offer import Offer
from computenest.domain.names import AccountName, ArtifactId, OwnerId
from computenest.domain.outcome import Checked, Failure, Outcome
from computenest.domain.unknown import UNKNOWN
from computenest.engine.checks import PackageChecks, Sibling
from computenest.engine.direct import DirectPackages, Hub
from computenest.engine.direct_checks import HubChecks, hub_of
from computenest.engine.direct_dispatch import Dispatcher
from computenest.engine.direct_look import Inventory
from computenest.engine.direct_poll import Polls
from computenest.engine.packages import Packages
from computenest.engine.retry import Retry, retrying
from computenest.engine.service_use import ServiceUse
from computenest.engine.silence import Silence
from computenest.engine.watch import ArtifactWatch, ImageReader
from computenest.ports import ImageCopies, Progress
from computenest.transports.plugin.urn import NO_ORGANIZATION, parse_urn
from computenest.transports.related import Related
from computenest.transports.rows import CURRENT_URN

__all__ = ["CHECK_RETRY", "Account", "Core"]

_LEASE_LOOKS_S = 0.25
_LEASE_LONGEST_S = 10.0

# The network answers in real time, however fast the cloud's own clock runs.
_NETWORK_CLOCK = RealClock()
_LOCAL_RETRY = Retry(base_s=0.05, cap_s=1.0)
# Hundreds of calls a package: with every other call throttled, eight attempts would leave some unanswered.
_PATIENT_ATTEMPTS, _PATIENT_BUDGET_S = 20, 300.0
CHECK_RETRY = Retry(attempts=3, budget_s=10.0, base_s=0.2, cap_s=2.0, bears_silence=False)


@dataclass(frozen=True, slots=True)
class Account:
    """The use cases of one account."""

    session: Session
    retry: Retry
    """For every port of this account that is asked over the network."""
    packages: Packages
    checks: PackageChecks
    copies: ImageCopies
    hub: Hub
    hub_checks: HubChecks


@dataclass(slots=True)
class Core:
    """Checks, creates, reads, updates and deletes, for every account that the stack names.

    Args:
        settings: the provider's configuration.
        progress: where live status goes.
    """

    settings: Settings
    progress: Progress
    _recorded: dict[str, Recorded] = field(default_factory=dict)
    """Owner id, minted or kept -> what the state says of it: how a replacement knows that it is one."""
    promised: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Owner id of an association -> its inputs as checked last: a program hands a map with one unknown in it over as
    unknown altogether, so whoever depends on one region asks here."""
    promised_before: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Owner id of an association -> its inputs as the last run left them."""
    deployable: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = field(default_factory=dict)
    """Owner id of a service -> its inputs as the last run left them, {} for a new one, and as checked last."""
    related: Related = field(default_factory=Related)
    """The packages of the program, as far as this process has come across them."""
    offered: dict[str, Offer] = field(default_factory=dict)
    """Owner id of a service -> what its program lets instances choose from, as checked last."""
    _named: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """Account and artifact name -> owner id and logical name of the package that this program gives that name."""
    texts: dict[str, str] = field(default_factory=dict)
    """Digest -> text of every template that an association was checked with: no state holds one."""
    silence: Silence = field(init=False)
    """Whether the cloud answers: one for all accounts, since all calls leave through one network."""
    _accounts: dict[AccountName, Account] = field(default_factory=dict)
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.silence = Silence(self.settings.no_answer_s)

    async def check_package(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[Checked, tuple[str, ...]]:
        """Checked inputs with every failure, and warnings about what could not be asked."""
        minted, known = str(news.get("ownerId", "")), recorded_in(olds)
        if known is not None:
            self._recorded[minted] = self._recorded[known.owner_id] = known
        account = await self.account(news)
        recorded = None if known else self._recorded.get(minted)
        if known is None and recorded is None:
            recorded = await account.checks.renamed(account.checks.artifacts, news)
        checked, warnings = await account.checks.check(olds, news, recorded=recorded)
        checked = Checked(checked.inputs, (*checked.failures, *self.duplicates(checked, news)))
        if (hub := hub_of(checked.inputs)) is None:
            return checked, warnings
        try:
            checks = (await self.account({"account": hub})).hub_checks
        except ComputeNestError as error:
            unknown = Failure("direct.hubAccount", Reason.of(error))
            return Checked(checked.inputs, (*checked.failures, unknown)), warnings
        return await checks.check(checked, warnings)

    def duplicates(self, checked: Checked, news: Mapping[str, Any]) -> tuple[Failure, ...]:
        """A name that another package of this program has too: before either exists, the cloud cannot tell."""
        inputs = checked.inputs
        name, account = inputs.get("artifactName"), inputs.get("account")
        if any(failure.path == "name" for failure in checked.failures):
            return ()
        if not isinstance(name, str) or account is UNKNOWN or "direct" in inputs:  # there the name belongs to nobody
            return ()
        mine = (str(inputs.get("ownerId", "")), str(news.get("logicalName", "")))
        owner, logical_name = self._named.setdefault((str(account or ""), name), mine)
        if owner == mine[0]:
            return ()
        return (Failure("name", f"package {logical_name!r} of this program is named {name!r} too; rename one of them"),)

    def sibling(self, name: str, own: OwnerId) -> OwnerId | None:
        """Whose identity a resource of the current one's type and stack has that is called `name`; None where that
        cannot be told: only the engine's name for a stack without organization is known here.

        Args:
            own: that of the current resource, which shows whether the rest of what it is made of is known.
        """
        try:
            urn = parse_urn(CURRENT_URN.get())
        except Invalid:
            return None
        return replace(urn, name=name).owner_id(NO_ORGANIZATION) if urn.owner_id(NO_ORGANIZATION) == own else None

    def check_association(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        """Checked inputs of an association, exact where the packages' own states allow it."""
        checked = association.check(
            olds,
            news,
            assume_stable_delivery=self.settings.assume_stable_delivery,
            distributed={owner: known.regions for owner, known in self._recorded.items()},
        )
        owner = str(checked.inputs.get("ownerId", ""))
        self.promised[owner] = checked.inputs
        if olds:
            self.promised_before[owner] = olds
        text, facts = news.get("template"), checked.inputs.get("template")
        if isinstance(text, str) and isinstance(facts, Mapping) and "digest" in facts:
            self.texts[facts["digest"]] = text
        return checked

    async def create_package(self, inputs: Mapping[str, Any]) -> Outcome:
        outcome = await (await self._use_cases(inputs)).create(inputs)
        self.related.made(outcome.state)
        return outcome

    async def update_package(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome:
        outcome = await (await self._use_cases(inputs)).update(inputs, former)
        self.related.made(outcome.state)
        return outcome

    def promised_of(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Mapping[str, Any]:
        """The state of a package after the operation, as far as a preview may promise it; {} before a create."""
        promised = foresee(inputs, former, assume_stable_delivery=self.settings.assume_stable_delivery)
        self.related.will_be(former, promised)
        return promised

    async def read_package(self, known: Mapping[str, Any]) -> Outcome | None:
        return await (await self._use_cases(known)).read(known)

    async def adopt_package(
        self, artifact_id: ArtifactId, *, owner_id: OwnerId, account: AccountName
    ) -> Outcome | None:
        """The state of an artifact that no state records yet; None where there is no such artifact."""
        use_cases = (await self.account({"account": account})).packages
        return await use_cases.adopt(artifact_id, owner_id=owner_id, account=account)

    async def delete_package(self, known: Mapping[str, Any]) -> None:
        await (await self._use_cases(known)).delete(known)

    async def _use_cases(self, properties: Mapping[str, Any]) -> Packages | DirectPackages:
        """Those of the way that a package is distributed."""
        direct = properties.get("direct")
        account = await self.account(properties)
        if not isinstance(direct, Mapping):
            return account.packages
        hub = await self.account({"account": direct.get("hubAccount")})
        return DirectPackages(
            account.copies, account.hub.inventory, hub.hub, hub.session.clock, self.progress, self.lease
        )

    async def account(self, properties: Mapping[str, Any]) -> Account:
        """The account that `properties` name by their key `account`; the default one where they name none."""
        named = properties.get("account")
        name = AccountName(named if isinstance(named, str) else "")
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
        patient = replace(retry, attempts=_PATIENT_ATTEMPTS, budget_s=_PATIENT_BUDGET_S)
        copies = retrying(session.images, retry=patient, clock=_NETWORK_CLOCK)
        inventory = Inventory(copies, session.clock)
        polls = Polls(session.images, session.clock, self.silence)  # not tried again: the next tick asks anyway
        dispatcher = Dispatcher(copies, inventory, polls, session.clock, self.settings.poll_interval_s)
        hub = Hub(copies, inventory, dispatcher)
        quick = replace(CHECK_RETRY, silence=self.silence)
        hub_checks = HubChecks(retrying(session.caller, retry=quick, clock=_NETWORK_CLOCK))
        checks = _checks(session, quick, self.sibling)
        return Account(session, retry, self._packages(session, retry), checks, copies, hub, hub_checks)

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

    def _packages(self, session: Session, retry: Retry) -> Packages:
        artifacts = retrying(session.artifacts, retry=retry, clock=_NETWORK_CLOCK)
        reader = ImageReader(retrying(session.images, retry=retry, clock=_NETWORK_CLOCK), session.clock)
        watch = ArtifactWatch(artifacts, session.clock, self.settings.poll_interval_s, glances=session.artifacts)
        use = ServiceUse(retrying(session.services, retry=retry, clock=_NETWORK_CLOCK))
        return Packages(artifacts, reader, watch, session.clock, self.progress, self.lease, use=use)


def _checks(session: Session, retry: Retry, sibling: Sibling) -> PackageChecks:
    """Checks give up early: a cloud that cannot be reached is a warning there, not a reason to wait."""
    return PackageChecks(
        artifacts=retrying(session.artifacts, retry=retry, clock=_NETWORK_CLOCK),
        images=retrying(session.images, retry=retry, clock=_NETWORK_CLOCK),
        market=retrying(session.market, retry=retry, clock=_NETWORK_CLOCK),
        sibling=sibling,
    )


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
