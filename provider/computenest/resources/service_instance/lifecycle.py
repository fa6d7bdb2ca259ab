"""`ServiceInstance` as a `Lifecycle`: the use cases of each account's instances, once a process so that polls are
coalesced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from computenest.kernel import identity
from computenest.kernel.arguments import quoted
from computenest.kernel.errors import ComputeNestError, Reason
from computenest.kernel.lifecycle import SECRETS, Found, Path
from computenest.kernel.names import AccountName, OwnerId
from computenest.kernel.outcome import Checked, Difference, Failure
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import UNKNOWN
from computenest.reconcile.asking import asked
from computenest.resources._packages.opened import checks_of
from computenest.resources._program.accounts import AccountLifecycle, asked_in_check, asked_of
from computenest.resources._program.core import Account
from computenest.resources._program.offer import Offer, chosen_of, judge
from computenest.resources.service_instance import state, waiting
from computenest.resources.service_instance.allowed import (
    is_upgrade,
    refused_by_cloud,
    refused_by_program,
    refused_operation,
)
from computenest.resources.service_instance.api import CloudInstances
from computenest.resources.service_instance.check import Recorded, check, is_ahead, recorded_in
from computenest.resources.service_instance.classify import WAITING
from computenest.resources.service_instance.declaration import RESOURCE
from computenest.resources.service_instance.deploys import Deploys, Offered
from computenest.resources.service_instance.diff import diff
from computenest.resources.service_instance.foresee import foresee
from computenest.resources.service_instance.in_place import image_notes
from computenest.resources.service_instance.model import InstanceId
from computenest.resources.service_instance.staying import is_assumed

if TYPE_CHECKING:
    from computenest.resources.service_instance.use_cases import ServiceInstances

__all__ = ["LIFECYCLE", "InstanceLifecycle"]


@dataclass(slots=True)
class InstanceLifecycle(AccountLifecycle["ServiceInstances", Recorded]):
    """Lifecycle of `ServiceInstance`."""

    _noted: set[tuple[str, str]] = field(default_factory=set)
    """What was said of which instance: a replacement is checked twice, and a reviewer is told once."""

    shape = Shape(RESOURCE, id_key="instanceId")

    async def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        recorded = self._recall(news, recorded_in(olds))
        news = {**news, "association": self._promised(news), "concealed": _concealed(news)}
        deploys = self._deploys(olds, news)
        checked = await self._asked(olds, news, check(olds, news, recorded=recorded, deploys=deploys))
        if deploys is not None:
            service = deploys.now.service
            refused = refused_by_program(olds, checked.inputs, service)
            checked = checked.plus([*refused, *refused_operation(olds, checked.inputs, service)])
        judged = judge(self._offer(olds, news.get("service")), checked.inputs)
        if isinstance(news.get("service"), Mapping) and news["service"].get("stage") is UNKNOWN:
            # A service that changes: its instances may be made of the version before, which offers what it offers.
            judged.notes[:0] = [f"{failure.path}: {failure.reason}" for failure in judged.failures]
            judged.failures.clear()
        if is_assumed(checked.inputs, news, deploys):
            version, region = checked.inputs.get("serviceVersion"), checked.inputs.get("region")
            judged.notes.append(
                f"it stays on version {version}: the next one deploys the same in {region}, unless the ids of its "
                "images are re-issued; it is upgraded then"
            )
        judged.notes += checked.warnings
        judged.notes += [] if deploys is None else image_notes(olds, checked.inputs, deploys.text)
        judged.notes += [said] if (said := waiting.note(checked.inputs, olds)) else []
        notes = tuple(note for note in judged.notes if (str(checked.inputs["name"]), note) not in self._noted)
        self._noted.update((str(checked.inputs["name"]), note) for note in notes)
        return Checked(checked.inputs, (*checked.failures, *judged.failures), notes)

    async def _asked(self, olds: Mapping[str, Any], news: Mapping[str, Any], checked: Checked) -> Checked:
        """An account that nobody configured, a region that the cloud has not, a service by id that the account does not
        see: they fail the preview already. What was there in the last run is not asked again."""
        inputs = checked.inputs
        if inputs.get("account") is UNKNOWN:
            return checked
        try:
            account = await self.core.account(inputs)
        except ComputeNestError as error:
            return checked.plus((Failure("account", Reason.of(error)),))
        region, is_elsewhere = inputs.get("region"), inputs.get("account") != olds.get("account")
        is_asked = isinstance(region, str) and (is_elsewhere or region != olds.get("region"))
        checked = await checks_of(account).strange_regions(checked, {"region": str(region)} if is_asked else {})
        checked = await self._upgradable(olds, checked, account, path=_version_path(news))
        path = "service" if isinstance(news.get("service"), str) else "serviceId"
        named, version = inputs.get("serviceId"), inputs.get("serviceVersion")
        if not isinstance(news.get(path), str) or not isinstance(named, str) or version is UNKNOWN:
            return checked
        if not is_elsewhere and (named, version) == _service_of(olds):
            return checked
        which = f"service {quoted(named)}" + (f" has no version {quoted(version)}," if version else " does not exist,")
        refused = Failure(path, f"{which} or this account may not see it: check the id, and whom it is shared with")

        async def offered() -> Checked:
            instances = asked_in_check(account, account.session.port(CloudInstances))
            is_offered = await instances.is_offered(service_id=named, service_version=version)
            return checked if is_offered else checked.plus((refused,))

        return await asked(checked, offered(), path=path)

    async def _upgradable(self, olds: Mapping[str, Any], checked: Checked, account: Account, *, path: str) -> Checked:
        """An upgrade to a version that is there: whether the cloud offers it for the instance."""
        inputs = checked.inputs
        if checked.failures or not is_upgrade(olds, inputs) or inputs.get("serviceVersion") is UNKNOWN:
            return checked

        async def offered() -> Checked:
            instances = asked_in_check(account, account.session.port(CloudInstances))
            tags = identity.owner_tags(OwnerId(str(inputs["ownerId"])), int(inputs["generation"]))
            for found in await instances.find(tags=tags):
                seen = await instances.get(instance_id=found.instance_id)
                if seen is not None and seen.service_version == olds.get("serviceVersion"):
                    return checked.plus(refused_by_cloud(olds, inputs, seen.upgradable, path=path))
            return checked

        return await asked(checked, offered(), path=path)

    def _deploys(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Deploys | None:
        """What this process has seen of a service of this program, and of its packages' images."""
        service, association = news.get("service"), news.get("association")
        owner = str(service.get("ownerId")) if isinstance(service, Mapping) else ""
        if owner not in self.core.deployable:
            return None
        before, now = self.core.deployable[owner]
        given = association if isinstance(association, Mapping) else {}
        former = self.core.promised_before.get(str(given.get("ownerId")), {})
        offer = self.core.offered.get(owner, {})
        name = str(news.get("templateName") or olds.get("templateName") or next(iter(offer), ""))
        packages = self.core.related.versions
        return Deploys(
            Offered(now, UNKNOWN if association is UNKNOWN else given.get("substitutions"), packages),
            Offered(before, former.get("substitutions"), packages) if before else None,
            offer[name].text if name in offer else "",
        )

    def _offer(self, olds: Mapping[str, Any], service: Any) -> Offer:
        """Of a service of this program, in the version that the instance is going to run; {} where another may be."""
        if not isinstance(service, Mapping) or is_ahead(service):
            return {}
        if olds and service.get("stage") is UNKNOWN:
            return {}  # it may stay where it is while the reviewers look
        return self.core.offered.get(str(service.get("ownerId")), {})

    def _promised(self, news: Mapping[str, Any]) -> Any:
        """What the association's own check said, where the program could not hand it over; and the template, which
        decides with the instance's parameters what of it comes true."""
        association = news.get("association")
        if not isinstance(association, Mapping):
            return association
        inputs = self.core.promised.get(str(association.get("ownerId")), {})
        if association.get("substitutions") is UNKNOWN:
            known = {key: inputs[key] for key in ("positions", "substitutions") if key in inputs}
            association = {**association, **known}
        service, facts = news.get("service"), inputs.get("template")
        owner = str(service.get("ownerId")) if isinstance(service, Mapping) else ""
        offer = chosen_of(self.core.offered.get(owner, {}), news.get("templateName"))
        text = self.core.texts.get(str(facts.get("digest"))) if isinstance(facts, Mapping) else None
        return {
            **association,
            "text": text or (offer.text if offer else None) or None,
            "isWhole": not (offer and offer.is_filled_in),
        }

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
        return diff(olds, news)

    def foresee(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Mapping[str, Any]:
        return foresee(inputs, former)

    async def read(self, id_: str, known: Mapping[str, Any], *, owner_id: OwnerId) -> Found | None:
        if not known.get("instanceId") and known.get("status") != WAITING:
            if not known.get("serviceId"):
                return await self._adopted(id_, owner_id=owner_id)
            known = {**known, "instanceId": id_}  # a state of before the id was an output
        return await self._look(id_, known, (await self._of(known)).read, state.inputs_of)

    async def _adopted(self, id_: str, *, owner_id: OwnerId) -> Found | None:
        """An import, by `si-…`, or by `customer/si-…` where the instance is another account's than the default one."""
        account, _, instance_id = id_.rpartition("/")
        use_cases = await self._of({"account": account})
        made = await use_cases.adopt(InstanceId(instance_id), owner_id=owner_id, account=AccountName(account))
        return None if made is None else Found(made, state.inputs_of(made.state))

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        """What a deployment puts out may repeat what it was given."""
        return given | ({("outputs",)} if any(path[0] == "parameters" for path in given) else set())

    def _open(self, account: Account) -> ServiceInstances:
        from computenest.resources._packages.watch import ListWatch
        from computenest.resources.service_instance.use_cases import ServiceInstances

        port, clock = asked_of(account, account.session.port(CloudInstances)), account.session.clock
        watch = ListWatch(port.list_by_id, clock, self.core.settings.poll_interval_s)
        return ServiceInstances(port, watch, clock, self.core.progress, self.core.lease)


def _version_path(news: Mapping[str, Any]) -> str:
    return "serviceVersion" if news.get("serviceVersion") else "service"


def _service_of(olds: Mapping[str, Any]) -> tuple[Any, Any]:
    return olds.get("serviceId"), olds.get("serviceVersion")


def _concealed(news: Mapping[str, Any]) -> list[str] | None:
    """The parameters whose values no message repeats: those that the program names, and those that it made secret."""
    named, parameters = news.get("concealed"), news.get("parameters")
    found = {str(name) for name in named if name is not UNKNOWN} if isinstance(named, list | tuple) else set()
    paths = [path for path in SECRETS.get() if path[0] == "parameters"]
    found |= {str(path[1]) for path in paths if len(path) > 1}
    if ("parameters",) in paths and isinstance(parameters, Mapping):
        found |= {str(name) for name in parameters}
    return sorted(found) or None


LIFECYCLE = InstanceLifecycle
