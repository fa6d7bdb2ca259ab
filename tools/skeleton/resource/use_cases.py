"""Create, update, read and delete widgets of one account, on the one loop of `reconcile`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from computenest.kernel import identity, plan
from computenest.kernel.names import Token
from computenest.kernel.outcome import INCOMPLETE, Outcome
from computenest.kernel.ports import Clock, Progress
from computenest.kernel.unknown import Known
from computenest.reconcile.desk import Lease
from computenest.reconcile.objects import ObjectRun
from computenest.reconcile.operating import Operating
from computenest.resources.widget import plan as steps
from computenest.resources.widget.model import Inputs, State, Widget, WidgetId
from computenest.resources.widget.ports import Widgets


@dataclass(frozen=True, slots=True)
class WidgetUseCases(Operating[Inputs[Known], State[Known]]):
    """Of one account."""

    widgets: Widgets
    clock: Clock
    progress: Progress
    lease: Lease
    poll_interval_s: float

    async def read(self, widget_id: WidgetId, known: State[Known]) -> Outcome[State[Known]] | None:
        """What is there now, None where it is gone.

        Raises:
            ComputeNestError: where it cannot be told.
        """
        seen = await self.widgets.get(widget_id=widget_id)
        if seen is None:
            return None
        found = State[Known].made(observed(known, seen), incarnation=known.incarnation or 1)  # it is seen now
        return Outcome(found.widget_id, found)

    def _run(self, inputs: Inputs[Known], former: State[Known] | None) -> _Run:
        return _Run(
            desk=self,
            wanted=inputs,
            former=former,
            object_id=former.widget_id if former is not None else "",
        )


def observed(known: Inputs[Known], seen: Widget) -> State[Known]:
    """A state with what the cloud shows now; of tags those that the program gave, and others in their place."""
    ours = identity.is_ours(seen.tags, owner_id=known.owner_id, generation=known.generation)
    kept = {key: value for key, value in seen.tags.items() if key in known.tags or not ours}
    own = {key: value for key, value in kept.items() if not key.startswith(identity.TAG_PREFIX)}
    return State[Known].made(
        known, widget_id=seen.widget_id, name=seen.name, size=seen.size, status=seen.status, tags=own
    )


@dataclass(kw_only=True)
class _Run(ObjectRun[State[Known], steps.Await]):
    """One operation on a widget under way."""

    kind: ClassVar[str] = "widget"

    desk: WidgetUseCases
    wanted: Inputs[Known]
    seen: Widget | None = None

    @property
    def name(self) -> str:
        return self.wanted.name

    @property
    def widget_id(self) -> WidgetId:
        return WidgetId(self.object_id)

    @property
    def seen_tags(self) -> Mapping[str, str] | None:
        return None if self.seen is None else self.seen.tags

    async def observe(self) -> None:
        self.seen = await self.desk.widgets.get(widget_id=self.widget_id) if self.object_id else None

    def next_step(self) -> plan.Step:
        return steps.next_step(self.wanted, self.seen)

    async def find(self) -> tuple[str, Mapping[str, str]] | None:
        ours = await self.desk.widgets.find(tags=self.owner_tags)
        return (ours[0].widget_id, ours[0].tags) if ours else None

    async def make(self, ordinal: int) -> str:
        self.show("creating it")
        wanted = self.wanted
        return await self.desk.widgets.create(
            name=wanted.name, size=wanted.size, tags=self.tags, token=self._token("create", ordinal)
        )

    async def is_there(self) -> bool | None:
        return True if await self.desk.widgets.get(widget_id=self.widget_id) else None

    async def act(self, step: plan.Step) -> None:
        if isinstance(step, steps.Resize):
            self.acting(f"setting its size to {self.wanted.size}")
            token = self._token("resize", self.widget_id, self.wanted.size, self.attempts["Resize"])
            await self.desk.widgets.resize(widget_id=self.widget_id, size=self.wanted.size, token=token)

    async def wait(self, step: steps.Await) -> None:
        self.show(step.status)
        await self.pause(self.timed_out(f"it is {step.status}"), interval_s=self.desk.poll_interval_s)

    async def finish(self, done: plan.Done) -> Outcome[State[Known]]:
        del done
        await self.settle_tags()
        return Outcome(self.object_id, self._state("", {}))

    def kept(self, reason: str) -> Outcome[State[Known]]:
        return Outcome(self.object_id, self._state(INCOMPLETE, {"": reason}), (f"{self.name}: {reason}",))

    async def tag(self, tags: Mapping[str, str]) -> None:
        await self.desk.widgets.tag(widget_id=self.widget_id, tags=tags)

    async def untag(self, keys: list[str]) -> None:
        await self.desk.widgets.untag(widget_id=self.widget_id, keys=keys)

    async def remove(self, attempt: int) -> None:
        token = self._token("delete", self.widget_id, attempt)  # one made after a deletion by hand is another
        await self.desk.widgets.delete(widget_id=self.widget_id, token=token)

    def _state(self, status: str, reasons: Mapping[str, str]) -> State[Known]:
        """What was observed last; of an operation that did not finish, with why."""
        shown = (
            observed(self.wanted, self.seen) if self.seen else State[Known].made(self.wanted, widget_id=self.object_id)
        )
        tags = self.wanted.tags if not reasons else shown.tags
        return State[Known].made(
            shown,
            tags=tags,
            status=status or shown.status,
            reasons=dict(reasons),
            incarnation=self.recorded_incarnation,
        )

    def _token(self, purpose: str, *ordinals: str | int) -> Token:
        return identity.token(self.wanted.owner_id, self.wanted.generation, purpose, *ordinals)
