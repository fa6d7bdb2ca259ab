"""`Widget` as a `Lifecycle`: the use cases of each account's widgets, on values of this type."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from computenest.kernel.lifecycle import Path
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Difference, Outcome
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import Known, Unknown
from computenest.resources._program.accounts import AccountLifecycle, asked_of
from computenest.resources._program.core import Account
from computenest.resources.widget.check import check
from computenest.resources.widget.declaration import MODELS, RESOURCE, Arguments
from computenest.resources.widget.diff import diff, preview
from computenest.resources.widget.model import Inputs, State, WidgetId

if TYPE_CHECKING:
    from computenest.resources.widget.use_cases import WidgetUseCases


def use_cases_of(account: Account) -> WidgetUseCases:
    """The widgets of an account. What changes one is imported here: no preview waits for it to load."""
    from computenest.resources.widget.api import CloudWidgets
    from computenest.resources.widget.use_cases import WidgetUseCases

    session = account.session
    port = asked_of(account, session.port(CloudWidgets))
    return WidgetUseCases(port, session.clock, account.progress, account.lease, account.poll_interval_s)


@dataclass(slots=True)
class WidgetLifecycle(AccountLifecycle["WidgetUseCases", Inputs[Known], Inputs[Known], State[Known]]):
    """Lifecycle of `Widget`."""

    shape: ClassVar[Shape] = Shape(RESOURCE, id_key="widgetId", models=MODELS)

    async def check(self, olds: Inputs[Known] | None, news: Arguments) -> Checked[Inputs[Unknown]]:
        return check(olds, news, replaced=self._remembered(news.owner_id, olds))

    def diff(self, olds: State[Known], news: Inputs[Unknown]) -> Difference:
        return diff(olds, news)

    def preview(self, inputs: Inputs[Unknown], former: State[Known] | None) -> State[Unknown]:
        return preview(inputs, former)

    async def read(self, id_: str, known: State[Known] | None, *, owner_id: OwnerId) -> Outcome[State[Known]] | None:
        """An import knows nothing but the id: it is adopted as the resource's with its first update."""
        before = known if known is not None else State[Known](owner_id=owner_id)
        widget_id = WidgetId((known.widget_id if known is not None else "") or id_)
        read = partial((await self._of(before)).read, widget_id)
        return await (read(before) if known is None else self._look(id_, known, read, name=known.name))

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        return given

    def _open(self, account: Account) -> WidgetUseCases:
        return use_cases_of(account)


LIFECYCLE = WidgetLifecycle
