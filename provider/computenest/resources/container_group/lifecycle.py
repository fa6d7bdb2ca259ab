"""`ContainerGroup` as a `Lifecycle`: the use cases of each account's container_groups, on values of this type."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from computenest.kernel.errors import ComputeNestError, Invalid, Reason
from computenest.kernel.lifecycle import Path
from computenest.kernel.names import AccountName, OwnerId, RegionId
from computenest.kernel.outcome import Checked, Difference, Failure, Outcome
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import Known, Unknown
from computenest.resources._program.accounts import AccountLifecycle, asked_in_check, asked_of
from computenest.resources._program.core import Account
from computenest.resources.container_group.check import MOST_LOGINS, check
from computenest.resources.container_group.check_containers import of_platforms
from computenest.resources.container_group.cloud_checks import GroupChecks
from computenest.resources.container_group.declaration import MODELS, RESOURCE, Arguments
from computenest.resources.container_group.diff import diff, preview
from computenest.resources.container_group.model import ContainerGroupId, Inputs, State
from computenest.resources.container_group.temporary_keys import key_ends, key_is_temporary

if TYPE_CHECKING:
    from computenest.resources.container_group.use_cases import ContainerGroupUseCases


def use_cases_of(account: Account) -> ContainerGroupUseCases:
    """The container groups of an account. What changes one is imported here: no preview waits for it to load."""
    from computenest.resources.container_group.api import CloudContainerGroups, CloudPullKeys
    from computenest.resources.container_group.use_cases import ContainerGroupUseCases

    session = account.session
    port = asked_of(account, session.port(CloudContainerGroups))
    keys = asked_of(account, session.port(CloudPullKeys))
    return ContainerGroupUseCases(port, keys, session.clock, account.progress, account.lease, account.poll_interval_s)


def checks_of(account: Account) -> GroupChecks:
    """The questions that checks ask of an account."""
    from computenest.resources.container_group.api import CloudOffers

    return GroupChecks(asked_in_check(account, account.session.port(CloudOffers)))


@dataclass(slots=True)
class ContainerGroupLifecycle(AccountLifecycle["ContainerGroupUseCases", Inputs[Known], Inputs[Known], State[Known]]):
    """Lifecycle of `ContainerGroup`."""

    _checks: dict[AccountName, GroupChecks] = field(default_factory=dict, kw_only=True)
    """What was asked in each account: one run may make a hundred groups."""

    shape: ClassVar[Shape] = Shape(RESOURCE, id_key="containerGroupId", models=MODELS)

    async def check(self, olds: Inputs[Known] | None, news: Arguments) -> Checked[Inputs[Unknown]]:
        checked = check(olds, news, replaced=self._remembered(news.owner_id, olds))
        checked = checked.plus(of_platforms(checked.inputs, self.core.platforms))
        said = "" if olds is not None else key_is_temporary(checked.inputs)
        return await self._asked(olds, checked.plus(warnings=(said,) if said else ()))

    async def _asked(self, olds: Inputs[Known] | None, checked: Checked[Inputs[Unknown]]) -> Checked[Inputs[Unknown]]:
        """An account that nobody configured, a region without the product, more than the account may have: told in
        the preview already, with the price. Nothing is asked of a group that stays as it is."""
        if checked.failures:
            return checked
        try:
            account = await self.core.account_of(checked.inputs.account)
        except ComputeNestError as error:
            return checked.plus((Failure("account", Reason.of(error)),))
        name = checked.inputs.account
        checks = self._checks.get(name) or self._checks.setdefault(name, checks_of(account))
        return await checks.check(olds, checked)

    def diff(self, olds: State[Known], news: Inputs[Unknown]) -> Difference:
        found = diff(olds, news)
        if olds.key_expiry and not found.has_changes and (said := key_ends(news, olds.key_expiry)):
            self.core.progress.warn(f"{olds.name}: {said}")
        return found

    def preview(self, inputs: Inputs[Unknown], former: State[Known] | None) -> State[Unknown]:
        return preview(inputs, former)

    async def read(self, id_: str, known: State[Known] | None, *, owner_id: OwnerId) -> Outcome[State[Known]] | None:
        """An import is by `REGION/eci-…`: no region tells of the groups of another."""
        region, _, group_id = id_.rpartition("/")
        if known is None and not region:
            raise Invalid(
                f"a container group cannot be imported by {id_!r} alone: its region has to be said",
                hint=f"import it as REGION/{id_}, as in cn-hangzhou/{id_}",
            )
        if known is None and not group_id.startswith("eci-"):
            raise Invalid(
                f"{id_!r} cannot be imported: a set of container groups is known by its program alone",
                hint="import its groups one by one, as in cn-hangzhou/eci-…",
            )
        before = known if known is not None else State[Known](owner_id=owner_id, region=RegionId(region))
        read = partial((await self._of(before)).read, ContainerGroupId(group_id))
        return await (read(before) if known is None else self._look(id_, known, read, name=known.name))

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        """Passwords of registries are secrets whether the program says so or not."""
        return given | {("registryLogins", number, "password") for number in range(MOST_LOGINS)}

    def _open(self, account: Account) -> ContainerGroupUseCases:
        return use_cases_of(account)


LIFECYCLE = ContainerGroupLifecycle
