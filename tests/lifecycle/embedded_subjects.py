"""Subjects of stories and laws on the embedded cloud within this process, in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from computenest.cloud.client import Client
from computenest.cloud.settings import EmbeddedAccount, Settings, parse_settings
from computenest.kernel.names import AccountName
from computenest.kernel.ports import Clock
from computenest.kernel.urn import NO_ORGANIZATION, parse_urn
from computenest.reconcile.retry import Retry
from computenest.resources._program.core import Account, Core
from computenest.resources._program.session import Session
from computenest.resources.service.lifecycle import ServiceLifecycle
from computenest.resources.service_instance.lifecycle import InstanceLifecycle
from computenest.serve.lifecycles import served
from emulator.in_process import InProcess
from lifecycle import instances, shops
from lifecycle.driver import Screen
from lifecycle.faults import Faults, Struck
from lifecycle.lives import AnyLife
from lifecycle.subjects import MemorySubject, retry_of
from lifecycle.virtual import VirtualClock

SETTINGS = parse_settings({"computenest:cloud": "local", "computenest:pollIntervalS": "20"}, environ={})


@dataclass
class InsideCore(Core):
    """Of a provider's process that works on a cloud within this one."""

    cloud: InProcess = field(kw_only=True)
    clock: Clock = field(kw_only=True)
    retry: Retry = field(kw_only=True)

    async def account_of(self, name: AccountName) -> Account:
        if name not in self._accounts:
            credentials = self.settings.account(name)
            assert isinstance(credentials, EmbeddedAccount)
            session = replace(self.cloud.session(credentials.name), clock=self.clock)
            desk = (self.progress, self.lease, self.settings.poll_interval_s)
            self._accounts[name] = Account(session, self.retry, self.retry, *desk, network=self.clock)
        return self._accounts[name]


def core_inside(
    cloud: InProcess, clock: Clock, screen: Screen, retry: Retry | None = None, *, settings: Settings = SETTINGS
) -> Core:
    """What a new process has of it."""
    retry = retry or retry_of(clock)
    core = InsideCore(settings, screen, cloud=cloud, clock=clock, retry=retry)
    assert retry.silence is not None
    core.silence = retry.silence
    return core


class _StruckSession:
    """One whose calls may be struck."""

    def __init__(self, session: Session, faults: Faults) -> None:
        self._session, self._faults = session, faults

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def port(self, make: Callable[[Client], object]) -> Struck:
        return Struck(self._session.port(make), self._faults)


def struck(kind: type[Any], faults: Faults) -> type[Any]:
    """A type's lifecycle, what changes something in it being struck; its checks are not."""

    class StruckLifecycle(kind):  # type: ignore[misc]
        def _open(self, account: Account) -> Any:
            session: Any = _StruckSession(account.session, faults)
            return super()._open(replace(account, session=session))

    return StruckLifecycle


class EmbeddedSubject(MemorySubject):
    """A resource of an account of the cloud."""

    kind: ClassVar[type[Any]]

    def __init__(self, cloud: InProcess, account: str) -> None:
        super().__init__()
        self.cloud = cloud
        self.clock = VirtualClock(cloud.advance, now_s=cloud.now_s)
        self.retry = retry_of(self.clock)
        self.settings = SETTINGS.model_copy(update={"credentials": EmbeddedAccount(name=account)})

    def core(self) -> Core:
        return core_inside(self.cloud, self.clock, self.screen, self.retry, settings=self.settings)

    def lifecycle(self) -> Any:
        return struck(self.kind, self.faults)(self.core())

    def leftovers(self) -> list[str]:
        return self.things()


class ServiceSubject(EmbeddedSubject):
    """`Service`, up to its review."""

    type_name, id_key, kind = "Service", "serviceId", ServiceLifecycle

    def __init__(self, cloud: InProcess, *, is_bare: bool = False) -> None:
        super().__init__(cloud, "supplier")
        self.artifact_id = "" if is_bare else cloud.released()

    def news(self, number: int) -> dict[str, Any]:
        return shops.wish(self.artifact_id, publishing="online", tags={"number": str(number)}, timeoutS=100_000)

    def things(self) -> list[str]:
        return shops.outstanding(self.cloud)


class InstanceSubject(EmbeddedSubject):
    """`ServiceInstance`, deployed and then upgraded."""

    type_name, id_key, kind = "ServiceInstance", "instanceId", InstanceLifecycle

    def __init__(self, cloud: InProcess, account: str = "customer", *, is_bare: bool = False) -> None:
        super().__init__(cloud, account)
        self.service_id = ""
        if not is_bare:
            self.service_id, artifact_id = instances.offer(cloud)
            instances.next_version(cloud, self.service_id, artifact_id)

    def news(self, number: int) -> dict[str, Any]:
        return instances.wanted(serviceId=self.service_id, serviceVersion=str(number), timeoutS=100_000)

    def things(self) -> list[str]:
        return instances.outstanding(self.cloud)


def adopt(life: AnyLife, id_: str) -> bool:
    """Forgets the state, and imports what has this id; below the transports, of which one imports nothing."""
    owner = parse_urn(life.urn).owner_id(NO_ORGANIZATION)
    found = life.subject.run(served(life.subject.lifecycle()).read(id_, {}, owner_id=owner))
    if found is not None:
        life.id, life.state, life.inputs = found.outcome.id, dict(found.outcome.state), dict(found.inputs)
    return found is not None
