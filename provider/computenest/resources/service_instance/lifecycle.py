"""`ServiceInstance` as a `Lifecycle`: the use cases of each account's instances, once a process so that polls are
coalesced."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from computenest.kernel import identity
from computenest.kernel.arguments import quoted
from computenest.kernel.errors import ComputeNestError, Reason
from computenest.kernel.lifecycle import SECRETS, Path
from computenest.kernel.names import AccountName, OwnerId
from computenest.kernel.outcome import Checked, Failure, Outcome
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.reconcile.asking import asked
from computenest.resources._packages.opened import checks_of
from computenest.resources._program.accounts import AccountLifecycle, asked_in_check, asked_of
from computenest.resources._program.core import Account
from computenest.resources._program.offer import Offer, chosen_of, judge
from computenest.resources.service_instance import diff as diffs
from computenest.resources.service_instance import preview as previews
from computenest.resources.service_instance import waiting
from computenest.resources.service_instance.allowed import (
    is_upgrade,
    refused_by_cloud,
    refused_by_program,
    refused_operation,
)
from computenest.resources.service_instance.api import CloudInstances
from computenest.resources.service_instance.check import check, recorded_in
from computenest.resources.service_instance.classify import WAITING
from computenest.resources.service_instance.cloud_checks import InstanceChecks, quotes_of
from computenest.resources.service_instance.declaration import (
    MODELS,
    RESOURCE,
    Arguments,
    AssociationReference,
    ServiceReference,
)
from computenest.resources.service_instance.deploys import Deploys, Offered, is_ahead
from computenest.resources.service_instance.images import Associated
from computenest.resources.service_instance.in_place import image_notes
from computenest.resources.service_instance.model import InstanceId, State, Wanted
from computenest.resources.service_instance.staying import is_assumed

if TYPE_CHECKING:
    from computenest.resources.service_instance.use_cases import ServiceInstances


@dataclass(slots=True)
class InstanceLifecycle(AccountLifecycle["ServiceInstances", Wanted[Known], Wanted[Known], State[Known]]):
    """Lifecycle of `ServiceInstance`."""

    _noted: set[tuple[str, str]] = field(default_factory=set)
    """What was said of which instance: a replacement is checked twice, and a reviewer is told once."""
    _quotes: dict[AccountName, InstanceChecks] = field(default_factory=dict, kw_only=True)
    """What was asked of deployments in each account."""

    shape: ClassVar[Shape] = Shape(RESOURCE, id_key="instanceId", models=MODELS)
    diff = staticmethod(diffs.diff)
    preview = staticmethod(previews.preview)

    async def check(self, olds: Wanted[Known] | None, news: Arguments) -> Checked[Wanted[Unknown]]:
        recorded = self._remembered(news.owner_id, recorded_in(olds))
        associated = self._associated(news)
        news = Arguments.made(
            news, association=associated.given if associated else news.association, concealed=_concealed(news)
        )
        service, deploys = news.service, self._deploys(olds, news)
        checked = check(olds, news, recorded=recorded, deploys=deploys, associated=associated)
        inputs = checked.inputs
        checked = await self._quoted(olds, await self._asked(olds, news, checked))
        if deploys is not None:
            offered = deploys.now.service
            refused = refused_by_program(olds, inputs, offered)
            checked = checked.plus([*refused, *refused_operation(olds, inputs, offered)])
        judged = judge(
            self._offer(olds, service),
            chosen=inputs.template_name,
            region=inputs.region,
            parameters=inputs.parameters,
        )
        if isinstance(service, ServiceReference) and service.stage is UNKNOWN:
            # A service that changes: its instances may be made of the version before, which offers what it offers.
            judged.notes[:0] = [f"{failure.path}: {failure.reason}" for failure in judged.failures]
            judged.failures.clear()
        if is_assumed(inputs, news, deploys):
            judged.notes.append(
                f"it stays on version {inputs.service_version}: the next one deploys the same in {inputs.region}, "
                "unless the ids of its images are re-issued; it is upgraded then"
            )
        judged.notes += checked.warnings
        judged.notes += [] if deploys is None else image_notes(olds, inputs, deploys.text)
        judged.notes += [said] if (said := waiting.note(inputs, olds)) else []
        notes = tuple(note for note in judged.notes if (str(inputs.name), note) not in self._noted)
        self._noted.update((str(inputs.name), note) for note in notes)
        return Checked(inputs, (*checked.failures, *judged.failures), notes)

    async def _asked(
        self, olds: Wanted[Known] | None, news: Arguments, checked: Checked[Wanted[Unknown]]
    ) -> Checked[Wanted[Unknown]]:
        """An account that nobody configured, a region that the cloud has not, a service by id that the account does not
        see: they fail the preview already. What was there in the last run is not asked again."""
        inputs, name = checked.inputs, checked.inputs.account
        if name is UNKNOWN:
            return checked
        try:
            account = await self.core.account_of(name)
        except ComputeNestError as error:
            return checked.plus((Failure("account", Reason.of(error)),))
        region, is_elsewhere = inputs.region, olds is None or name != olds.account
        is_asked = region is not UNKNOWN and (is_elsewhere or olds is None or region != olds.region)
        checked = await checks_of(account).strange_regions(checked, {"region": str(region)} if is_asked else {})
        version_path = "serviceVersion" if news.service_version else "service"
        checked = await self._upgradable(olds, checked, account, path=version_path)
        service_id, version = inputs.service_id, inputs.service_version
        path = "service" if isinstance(news.service, str) else "serviceId"
        is_by_id = isinstance(news.service, str) or bool(news.service_id)
        if not is_by_id or service_id is UNKNOWN or not service_id or version is UNKNOWN:
            return checked
        if olds is not None and not is_elsewhere and (service_id, version) == (olds.service_id, olds.service_version):
            return checked
        which = f"service {quoted(service_id)}"
        which += f" has no version {quoted(version)}," if version else " does not exist,"
        refused = Failure(path, f"{which} or this account may not see it: check the id, and whom it is shared with")

        async def offered() -> Checked[Wanted[Unknown]]:
            instances = asked_in_check(account, account.session.port(CloudInstances))
            is_offered = await instances.is_offered(service_id=service_id, service_version=version)
            return checked if is_offered else checked.plus((refused,))

        return await asked(checked, offered(), path=path)

    async def _quoted(self, olds: Wanted[Known] | None, checked: Checked[Wanted[Unknown]]) -> Checked[Wanted[Unknown]]:
        """What a deployment that is new, or becomes another, costs, and what stands in its way."""
        name = checked.inputs.account
        if checked.failures or name is UNKNOWN:
            return checked
        account = await self.core.account_of(name)
        quotes = self._quotes.get(name) or self._quotes.setdefault(name, quotes_of(account))
        return await quotes.check(olds, checked)

    async def _upgradable(
        self, olds: Wanted[Known] | None, checked: Checked[Wanted[Unknown]], account: Account, *, path: str
    ) -> Checked[Wanted[Unknown]]:
        """An upgrade to a version that is there: whether the cloud offers it for the instance."""
        inputs = checked.inputs
        if checked.failures or not is_upgrade(olds, inputs) or inputs.service_version is UNKNOWN:
            return checked

        async def offered() -> Checked[Wanted[Unknown]]:
            instances = asked_in_check(account, account.session.port(CloudInstances))
            for found in await instances.find(tags=identity.owner_tags(inputs.owner_id, inputs.generation)):
                seen = await instances.get(instance_id=found.instance_id)
                if seen is not None and olds is not None and seen.service_version == olds.service_version:
                    return checked.plus(refused_by_cloud(olds, inputs, seen.upgradable, path=path))
            return checked

        return await asked(checked, offered(), path=path)

    def _deploys(self, olds: Wanted[Known] | None, news: Arguments) -> Deploys | None:
        """What this process has seen of a service of this program, and of its packages' images."""
        owner, association = _owner(news.service), news.association
        if owner not in self.core.deployable:
            return None
        before, now = self.core.deployable[owner]
        given = association if isinstance(association, AssociationReference) else None
        former = self.core.promised_before.get(str(given.owner_id) if given else "")
        offer = self.core.offered.get(owner, {})
        name = str(news.template_name or (olds.template_name if olds else "") or next(iter(offer), ""))
        packages = self.core.related.versions
        shown = UNKNOWN if association is UNKNOWN else given.substitutions if given else None
        return Deploys(
            Offered(now, shown, packages),
            None if before is None else Offered(before, former, packages),
            offer[name].text if name in offer else "",
        )

    def _offer(self, olds: Wanted[Known] | None, service: object) -> Offer:
        """Of a service of this program, in the version that the instance is going to run; {} where another may be."""
        if not isinstance(service, ServiceReference) or is_ahead(service):
            return {}
        if olds is not None and service.stage is UNKNOWN:
            return {}  # it may stay where it is while the reviewers look
        return self.core.offered.get(_owner(service), {})

    def _associated(self, news: Arguments) -> Associated | None:
        """What the association's own check said, where the program could not hand it over; and the template, which
        decides with the instance's parameters what of it comes true."""
        association = news.association
        if not isinstance(association, AssociationReference):
            return None
        promised = self.core.promised.get(str(association.owner_id))
        if association.substitutions is UNKNOWN and promised is not None:
            association = AssociationReference.made(
                association, positions=promised.positions, substitutions=promised.substitutions
            )
        offer = chosen_of(self.core.offered.get(_owner(news.service), {}), news.template_name)
        text = self.core.texts.get(str(promised.digest)) if promised is not None else None
        return Associated(
            association, text or (offer.text if offer else None) or None, not (offer and offer.is_filled_in)
        )

    async def read(self, id_: str, known: State[Known] | None, *, owner_id: OwnerId) -> Outcome[State[Known]] | None:
        if known is None or not (known.instance_id or known.status == WAITING or known.service_id):
            return await self._adopted(id_, owner_id=owner_id)
        if not known.instance_id and known.status != WAITING:
            known = State[Known].made(known, instance_id=id_)  # a state of before the id was an output
        return await self._look(id_, known, (await self._of(known)).read, name=known.name)

    async def _adopted(self, id_: str, *, owner_id: OwnerId) -> Outcome[State[Known]] | None:
        """An import, by `si-…`, or by `customer/si-…` where the instance is another account's than the default one."""
        named, _, instance_id = id_.rpartition("/")
        account = AccountName(named)
        return await (await self._of_account(account)).adopt(
            InstanceId(instance_id), owner_id=owner_id, account=account
        )

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        """What a deployment puts out may repeat what it was given."""
        return given | ({("outputs",)} if any(path[0] == "parameters" for path in given) else set())

    def _open(self, account: Account) -> ServiceInstances:
        from computenest.resources._packages.watch import ListWatch
        from computenest.resources.service_instance.use_cases import ServiceInstances

        port, clock = asked_of(account, account.session.port(CloudInstances)), account.session.clock
        watch = ListWatch(port.list_by_id, clock, self.core.settings.poll_interval_s)
        return ServiceInstances(port, watch, clock, self.core.progress, self.core.lease)


def _owner(service: object) -> str:
    """The owner id of a service of this program."""
    return str(service.owner_id) if isinstance(service, ServiceReference) else ""


def _concealed(news: Arguments) -> tuple[str, ...] | None:
    """The parameters whose values no message repeats: those that the program names, and those that it made secret."""
    named, parameters = news.concealed, news.parameters
    found = {name for name in named if name is not UNKNOWN} if named is not UNKNOWN else set()
    paths = [path for path in SECRETS.get() if path[0] == "parameters"]
    found |= {str(path[1]) for path in paths if len(path) > 1}
    if ("parameters",) in paths and parameters is not UNKNOWN:
        found |= {*parameters}
    return tuple(sorted(found)) or None


LIFECYCLE = InstanceLifecycle
