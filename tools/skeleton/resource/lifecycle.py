"""`Widget` as a `Lifecycle`: the use cases of each account's widgets, on values of this type."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from computenest.kernel.errors import Reason, Transient
from computenest.kernel.lifecycle import Path
from computenest.kernel.names import AccountName, OwnerId
from computenest.kernel.outcome import Checked, Difference, Outcome
from computenest.kernel.shapes import Shape
from computenest.kernel.told import UNREAD
from computenest.kernel.unknown import Known, Unknown
from computenest.resources._program.accounts import asked_of
from computenest.resources._program.core import Account, Core
from computenest.resources.widget.check import check
from computenest.resources.widget.declaration import MODELS, RESOURCE, Arguments
from computenest.resources.widget.diff import diff, preview
from computenest.resources.widget.model import Inputs, State, WidgetId

if TYPE_CHECKING:
    from computenest.resources.widget.use_cases import WidgetUseCases

__all__ = ["LIFECYCLE", "WidgetLifecycle"]


def use_cases_of(account: Account) -> WidgetUseCases:
    """The widgets of an account. What changes one is imported here: no preview waits for it to load."""
    from computenest.resources.widget.api import CloudWidgets
    from computenest.resources.widget.use_cases import WidgetUseCases

    session = account.session
    port = asked_of(account, session.port(CloudWidgets))
    return WidgetUseCases(port, session.clock, account.progress, account.lease, account.poll_interval_s)


@dataclass(slots=True)
class WidgetLifecycle:
    """Lifecycle of `Widget`."""

    core: Core
    _recorded: dict[OwnerId, Inputs[Known]] = field(default_factory=dict)
    """Owner id -> what the state says of it: how a replacement knows that it is one."""

    shape = Shape(RESOURCE, id_key="widgetId", models=MODELS)

    async def check(self, olds: Inputs[Known] | None, news: Arguments) -> Checked[Inputs[Unknown]]:
        if olds is not None:
            self._recorded[news.owner_id] = self._recorded[olds.owner_id] = olds
        return check(olds, news, replaced=None if olds else self._recorded.get(news.owner_id))

    def diff(self, olds: State[Known], news: Inputs[Unknown]) -> Difference:
        return diff(olds, news)

    def preview(self, inputs: Inputs[Unknown], former: State[Known] | None) -> State[Unknown]:
        return preview(inputs, former)

    async def create(self, inputs: Inputs[Known]) -> Outcome[State[Known]]:
        return await (await self._of(inputs.account)).create(inputs)

    async def update(self, inputs: Inputs[Known], former: State[Known]) -> Outcome[State[Known]]:
        return await (await self._of(inputs.account)).update(inputs, former)

    async def delete(self, known: State[Known]) -> None:
        await (await self._of(known.account)).delete(known)

    async def read(self, id_: str, known: State[Known] | None, *, owner_id: OwnerId) -> Outcome[State[Known]] | None:
        """An import knows nothing but the id: it is adopted as the resource's with its first update."""
        before = known if known is not None else State[Known](owner_id=owner_id)
        widget_id = WidgetId((known.widget_id if known is not None else "") or id_)
        try:
            found = await (await self._of(before.account)).read(widget_id, before)
        except Transient as error:
            if known is None:
                raise
            self.core.progress.warn(Reason.of(error, left_out=UNREAD, name=known.name or id_))
            return Outcome(id_, known)
        return None if found is None else Outcome(found.widget_id, found)

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        return given

    async def _of(self, account: str) -> WidgetUseCases:
        return (await self.core.account_of(AccountName(account))).once(use_cases_of)


LIFECYCLE = WidgetLifecycle
