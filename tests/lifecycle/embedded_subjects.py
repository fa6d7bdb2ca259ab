"""Subjects of stories and laws whose checks ask the embedded cloud, too, and the core of their processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from computenest.cloud.settings import EmbeddedAccount, Settings, parse_settings
from computenest.kernel.names import AccountName
from computenest.kernel.ports import Clock
from computenest.kernel.urn import NO_ORGANIZATION, parse_urn
from computenest.reconcile.retry import Retry
from computenest.resources._program.core import Account, Core
from computenest.resources.service.lifecycle import ServiceLifecycle
from computenest.resources.service_instance.lifecycle import InstanceLifecycle
from computenest.serve.lifecycles import served
from emulator.harness import Cloud
from lifecycle import instances, shops
from lifecycle.cores import session_on
from lifecycle.driver import Screen
from lifecycle.lives import AnyLife
from lifecycle.subjects import CloudSubject, retry_of

SETTINGS = parse_settings({"computenest:cloud": "local", "computenest:pollIntervalS": "20"}, environ={})


@dataclass
class InsideCore(Core):
    """Of a provider's process that works on a cloud within this one."""

    cloud: Cloud = field(kw_only=True)
    clock: Clock = field(kw_only=True)
    retry: Retry = field(kw_only=True)

    async def account_of(self, name: AccountName) -> Account:
        if name not in self._accounts:
            credentials = self.settings.account(name)
            assert isinstance(credentials, EmbeddedAccount)
            whose = {"account": AccountName(credentials.name), "clock": self.clock}
            session = replace(self.cloud.session(credentials.name), **whose)
            desk = (self.progress, self.lease, self.settings.poll_interval_s)
            self._accounts[name] = Account(session, self.retry, self.retry, *desk, network=self.clock)
        return self._accounts[name]


def core_inside(
    cloud: Cloud, clock: Clock, screen: Screen, retry: Retry | None = None, *, settings: Settings = SETTINGS
) -> Core:
    """What a new process has of it."""
    retry = retry or retry_of(clock)
    core = InsideCore(settings, screen, cloud=cloud, clock=clock, retry=retry)
    assert retry.silence is not None
    core.silence = retry.silence
    return core


class EmbeddedSubject(CloudSubject):
    """What changes it is struck, and not what checks it."""

    kind: ClassVar[type[Any]]
    what: ClassVar[str]
    """As the ledger calls it."""

    def core(self) -> Core:
        settings = SETTINGS.model_copy(update={"credentials": EmbeddedAccount(name=self.account)})
        return core_inside(self.cloud, self.clock, self.screen, self.retry, settings=settings)

    def struck(self, account: Account) -> Account:
        session = session_on(self.cloud, account.session.account, self.clock, self.faults)
        return replace(account, session=session)

    def lifecycle(self) -> Any:
        struck = self.struck

        class Struck(self.kind):  # type: ignore[misc, name-defined]
            def _open(self, account: Account) -> Any:
                return super()._open(struck(account))

        return Struck(self.core())

    def things(self) -> list[str]:
        lines = self.cloud.ledger()["accounts"][self.account]
        return [row[f"{self.what}_id"] for row in lines[f"{self.what}s_outstanding"]]

    def leftovers(self) -> list[str]:
        return self.things()


class ServiceSubject(EmbeddedSubject):
    """`Service`, up to its review."""

    type_name, id_key, kind, what = "Service", "serviceId", ServiceLifecycle, "service"

    def __init__(self, cloud: Cloud | None = None, *, is_bare: bool = False) -> None:
        super().__init__(cloud)
        self.artifact_id = "" if is_bare else self.cloud.released()

    def news(self, number: int) -> dict[str, Any]:
        return shops.wish(self.artifact_id, publishing="online", tags={"number": str(number)}, timeoutS=100_000)


class InstanceSubject(EmbeddedSubject):
    """`ServiceInstance`, deployed and then upgraded."""

    type_name, id_key, kind, what = "ServiceInstance", "instanceId", InstanceLifecycle, "instance"
    account = "customer"

    def __init__(
        self, cloud: Cloud | None = None, *, switches: Mapping[str, Any] | None = None, is_bare: bool = False
    ) -> None:
        super().__init__(cloud, switches=switches)
        self.service_id = ""
        if not is_bare:
            self.service_id, artifact_id = instances.offer(self.cloud)
            instances.next_version(self.cloud, self.service_id, artifact_id)

    def news(self, number: int) -> dict[str, Any]:
        return instances.wanted(serviceId=self.service_id, serviceVersion=str(number), timeoutS=100_000)


def adopt(life: AnyLife, id_: str) -> bool:
    """Forgets the state, and imports what has this id; below the transports, of which one imports nothing."""
    owner = parse_urn(life.urn).owner_id(NO_ORGANIZATION)
    found = life.subject.run(served(life.subject.lifecycle()).read(id_, {}, owner_id=owner))
    if found is not None:
        life.id, life.state, life.inputs = found.outcome.id, dict(found.outcome.state), dict(found.inputs)
    return found is not None
