"""What the engine does with one resource of any type, behind each transport, without the engine: check, diff, then
create, update, replace or nothing. One harness for every law and story of a lifecycle.

Each operation of a `Life` is a process of its own, as in a run: what had not been returned when it ends is forgotten.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

from computenest.serve.lifecycles import served
from computenest.serve.served import Served
from lifecycle.driver import Failed
from lifecycle.processes import Dynamic, Kept, Plugin, Resource, Transport

T = TypeVar("T")


class Subject(ABC):
    """One resource of a type, and the cloud that it is made in."""

    type_name: str

    @abstractmethod
    def lifecycle(self) -> Served:
        """What a new process serves."""

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs an operation, and ends what it left running: in this machine's time, and another process may act in the
        middle of it."""
        return on_its_own_loop(work)

    def began(self, stop: Callable[[], None]) -> None:
        """A process began whose operations people may stop."""
        del stop

    def close(self) -> None:  # noqa: B027 - nothing is held by most
        """Ends what it holds."""


S = TypeVar("S", bound=Subject)


@dataclass
class Life(Generic[S]):
    """A resource's state, and how the engine calls for it.

    Args:
        subject: the resource, and its cloud.
        transport: what serves it.
        stack: the name of its stack.
        name: its logical name.
    """

    subject: S
    transport: type[Transport]
    stack: str = "dev"
    name: str = "web"
    id: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    doomed: list[Resource] = field(default_factory=list)
    """Replaced, but not deleted yet."""

    @property
    def urn(self) -> str:
        return f"urn:pulumi:{self.stack}::shop::computenest:index:{self.subject.type_name}::{self.name}"

    @property
    def line(self) -> Resource:
        """As the state holds it."""
        return Resource(self.urn, self.id, self.inputs, self.state)

    def process(self) -> Transport:
        """A new process, with nothing in its memory."""
        made = self.transport({self.subject.type_name: served(self.subject.lifecycle())}, self.subject.run)
        if made.stop is not None:
            self.subject.began(made.stop)
        return made

    def up(self, news: Mapping[str, Any]) -> str:
        """`pulumi up`; says what was done: create, update, replace or same.

        Raises:
            Failed: also for an incomplete outcome, whose state is kept.
            Killed: a fault killed the process.
        """
        process = self.process()
        self._finish_deletions(process)
        inputs = process.check(self.urn, self.inputs, news)
        if not self.state:
            self._make(process, inputs)
            return "create"
        diff = process.diff(self.line, inputs)
        if diff.replaces:
            self._replace(process, news)
            return "replace"
        if not diff.has_changes:
            self.inputs = inputs
            return "same"
        self.preview(process, inputs)
        former = self.line
        self._keep(inputs, lambda: (former.id, process.update(former, inputs)))
        return "update"

    def refresh(self) -> bool:
        """`pulumi refresh`; whether it is still there."""
        return self.adopt(self.id, self.state)

    def adopt(self, id_: str, known: Mapping[str, Any] | None = None) -> bool:
        """`pulumi import`, after the state was lost; whether there is such a thing."""
        found = self.process().read(self.urn, id_, known or {})
        self.id = id_
        self.state, self.inputs = ({}, {}) if found is None else found
        return found is not None

    def destroy(self) -> None:
        """`pulumi destroy`."""
        process = self.process()
        self._finish_deletions(process)
        if self.state:
            process.delete(self.line)
            self.forget()

    def changes(self, news: Mapping[str, Any]) -> list[str]:
        """What a preview would show as changed."""
        inputs = self.process().check(self.urn, self.inputs, news)
        return sorted(served(self.subject.lifecycle()).diff(self.state, inputs).changes)

    def preview(self, process: Transport, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What the engine is told of an operation before it runs; the inputs, where it does not ask."""
        if self.state:
            return process.update(self.line, inputs, preview=True)
        return process.create(self.urn, inputs, preview=True)[1]

    def forget(self) -> None:
        """The state is lost, or was never written: what a crash during the first create leaves."""
        self.inputs, self.state = {}, {}

    def _replace(self, process: Transport, news: Mapping[str, Any]) -> None:
        """Creates the new one, then deletes the former; a new one that is recorded dooms the former."""
        former = self.line
        self.forget()
        try:
            self._make(process, process.check(self.urn, {}, news))
        finally:
            if self.state:
                self.doomed.append(former)
            else:
                self.id, self.inputs, self.state = former.id, dict(former.inputs), dict(former.outputs)
        self._finish_deletions(process)

    def _finish_deletions(self, process: Transport) -> None:
        while self.doomed:
            process.delete(self.doomed[-1])
            self.doomed.pop()

    def _make(self, process: Transport, inputs: dict[str, Any]) -> None:
        self.preview(process, inputs)
        self._keep(inputs, lambda: process.create(self.urn, inputs))

    def _keep(self, inputs: dict[str, Any], work: Callable[[], tuple[str, dict[str, Any]]]) -> None:
        try:
            self.id, self.state = gated(*work())
            self.inputs = inputs
        except Kept as kept:
            self.id, self.inputs, self.state = kept.id, inputs, kept.state
            raise Failed(str(kept)) from kept


def gated(id_: str, state: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What the SDK's class makes of a dynamic resource's incomplete state: it is kept, and the run fails."""
    if state.pop("attemptedAt", None) is None:
        return id_, state
    reasons = state.get("reasons")
    why = [f"{key}: {why}" if key else str(why) for key, why in sorted(reasons.items())] if reasons else []
    raise Kept(id_, state, "; ".join(why) or str(state.get("reason")))


AnyLife: TypeAlias = "Life[Any]"
LIVES: Mapping[str, Callable[..., AnyLife]] = {
    "plugin": partial(Life, transport=Plugin),
    "dynamic": partial(Life, transport=Dynamic),
}


def in_thread(work: Callable[[], T]) -> T:
    """On a thread of its own, for a loop of its own: as in the dynamic host, and whatever else goes on in this one."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(work).result()


def on_its_own_loop(work: Coroutine[Any, Any, T]) -> T:
    return in_thread(lambda: asyncio.run(work))
