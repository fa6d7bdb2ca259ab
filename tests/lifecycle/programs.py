"""Whole programs without the engine's process: the real SDK of either transport registers resources with an engine of
ours, which calls the transport's provider as Pulumi's engine would, on the embedded cloud.

Each command is a process of its own to the provider. Of the engine's own rules there is what previews rest on: inputs
are checked against those of the last run, a change is previewed where the provider can preview and shown as its inputs
where it cannot (dynamic resources), and a replacement is checked anew, made first and its predecessor deleted last.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pulumi
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2

import mocked
from computenest.serve.dynamic.values import from_engine
from computenest.serve.lifecycles import lifecycles
from computenest.serve.plugin import values
from emulator.in_process import InProcess
from lifecycle.driver import Failed, Screen
from lifecycle.embedded_subjects import core_inside
from lifecycle.processes import Diff, Dynamic, Kept, Plugin, Resource, Transport
from lifecycle.virtual import VirtualClock, run

Values = Mapping[str, Any]
Program = Callable[[Any], Values]
"""From the SDK's module to what it exports."""


@dataclass(frozen=True)
class Step:
    """What a command did, or would do, with one resource.

    Args:
        op: same, create, update, replace.
        inputs: as they were checked.
        outputs: as dependents see them, UNKNOWN where a preview does not know them.
        before: the outputs that the last run left.
        detail: the paths of a detailed diff; None of a dynamic resource, whose diff the engine makes.
    """

    op: str
    inputs: Values
    outputs: Values
    before: Values
    detail: Values | None = None


@dataclass
class Run:
    """A command as it ended."""

    steps: dict[str, Step]
    exports: Values

    @property
    def changes(self) -> dict[str, str]:
        """Resource -> what was or would be done, of those that change."""
        return {name: step.op for name, step in self.steps.items() if step.op != "same"}


@dataclass
class Engine:
    """A stack: its state, and how commands run its program."""

    transport: type[Transport]
    cloud: InProcess
    state: dict[str, Resource] = field(default_factory=dict)

    def preview(self, program: Program) -> Run:
        """Raises Failed."""
        return self._command(program, is_preview=True)

    def up(self, program: Program) -> Run:
        """Raises Failed; what was done by then is in the state."""
        return self._command(program, is_preview=False)

    def outputs(self, name: str) -> Values:
        """Of a resource in the state."""
        return next(one.outputs for one in self.state.values() if one.urn.endswith(f"::{name}"))

    def _command(self, program: Program, *, is_preview: bool) -> Run:
        clock = VirtualClock(self.cloud.advance, now_s=self.cloud.now_s)
        process = self.transport(lifecycles(core_inside(self.cloud, clock, Screen())), partial(run, clock))
        command = _Command(self, process, is_preview=is_preview)
        exports = command.run(program)
        if not is_preview:
            command.delete_the_rest()
        return Run(command.steps, exports)


@dataclass
class _Command:
    engine: Engine
    provider: Transport
    is_preview: bool
    steps: dict[str, Step] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    doomed: list[Resource] = field(default_factory=list)
    refused: list[Failed] = field(default_factory=list)
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def run(self, program: Program) -> Values:
        module, found = MODULES[type(self.provider)], {}

        def exported() -> Any:
            exports = {key: pulumi.Output.from_input(value) for key, value in program(module()).items()}

            async def collect() -> None:
                for key, output in exports.items():
                    found[key] = _plain(await output.future(with_unknowns=True))

            return collect()

        try:
            mocked.run(exported, _Monitor(self), organization="organization", is_preview=self.is_preview)
        except Exception as error:
            raise self.refused[0] if self.refused else Failed(f"{type(error).__name__}: {error}") from error
        return found

    def register(self, urn: str, news: Values) -> tuple[str, Values]:
        with self._one_at_a_time:
            if self.refused:
                raise self.refused[0]
            try:
                return self._step(urn, news)
            except (Failed, Kept) as failed:
                self.refused.append(Failed(f"{urn.rpartition('::')[2]}: {failed}"))
                raise self.refused[0] from failed

    def _step(self, urn: str, news: Values) -> tuple[str, Values]:
        self.seen.add(urn)
        name, old = urn.rpartition("::")[2], self.engine.state.get(urn)
        if old is not None and not self.is_preview:
            self.engine.state[urn] = self.engine.state.pop(urn)  # in the order of this run: dependents come later
        inputs = self.provider.check(urn, old.inputs if old else {}, news)
        if old is None:
            return self._made(name, "create", urn, inputs, None)
        diff = self.provider.diff(old, inputs)
        if diff.replaces:
            again = self.provider.check(urn, {}, news)
            made = self._made(name, "replace", urn, again, old, diff)
            self.doomed.append(old)
            return made
        if not diff.has_changes:
            self.steps[name] = Step("same", inputs, old.outputs, old.outputs, diff.detail)
            if not self.is_preview:
                self.engine.state[urn] = Resource(urn, old.id, inputs, old.outputs)
            return old.id, old.outputs
        try:
            outputs = self.provider.update(old, inputs, preview=self.is_preview)
        except Kept as kept:
            self.engine.state[urn] = Resource(urn, old.id, inputs, kept.state)
            raise
        self.steps[name] = Step("update", inputs, outputs, old.outputs, diff.detail)
        if not self.is_preview:
            self.engine.state[urn] = Resource(urn, old.id, inputs, outputs)
        return old.id, outputs

    def _made(
        self, name: str, op: str, urn: str, inputs: Values, old: Resource | None, diff: Diff | None = None
    ) -> tuple[str, Values]:
        id_, outputs = self.provider.create(urn, inputs, preview=self.is_preview)
        self.steps[name] = Step(op, inputs, outputs, old.outputs if old else {}, diff.detail if diff else None)
        if not self.is_preview:
            self.engine.state[urn] = Resource(urn, id_, inputs, outputs)
        return id_, outputs

    def delete_the_rest(self) -> None:
        """What was replaced, then what the program no longer has; dependents go first."""
        for one in reversed(self.doomed):
            self.provider.delete(one)
        for urn, one in reversed([*self.engine.state.items()]):
            if urn not in self.seen:
                self.provider.delete(one)
                del self.engine.state[urn]


class _Monitor(mocks.MockMonitor):
    """The engine as programs know it."""

    def __init__(self, command: _Command) -> None:
        super().__init__(_NOBODY)
        self._command = command

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's own name
        urn = f"urn:pulumi:dev::shop::{request.type}::{request.name}"
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        id_, outputs = self._command.register(urn, values.read(request.object).values)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=values.write(outputs))


class _Nobody(mocks.Mocks):
    def new_resource(self, args: Any) -> Any:
        raise AssertionError(args)

    def call(self, args: Any) -> Any:
        raise AssertionError(args)


_NOBODY = _Nobody()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return from_engine({"": value})[""]


MODULES: Mapping[type[Transport], Callable[[], Any]] = {
    Plugin: lambda: importlib.import_module("pulumi_computenest.plugin"),
    Dynamic: lambda: importlib.import_module("pulumi_computenest"),
}
TRANSPORTS: Mapping[str, type[Transport]] = {"plugin": Plugin, "dynamic": Dynamic}
