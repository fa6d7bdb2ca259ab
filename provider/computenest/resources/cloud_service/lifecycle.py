"""`CloudService` as a `Lifecycle`: pure, no object anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from computenest.kernel.errors import Invalid
from computenest.kernel.lifecycle import SECRETS, Path
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Outcome
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._program.core import Core
from computenest.resources._program.facts import Defined
from computenest.resources.cloud_service import diff as diffs
from computenest.resources.cloud_service.check import check, definition_of
from computenest.resources.cloud_service.declaration import MODELS, RESOURCE, Arguments
from computenest.resources.cloud_service.model import Inputs, State


@dataclass(frozen=True, slots=True)
class CloudServiceLifecycle:
    """Lifecycle of `CloudService`."""

    core: Core
    shape = Shape(RESOURCE, id_key="ownerId", models=MODELS)
    diff = staticmethod(diffs.diff)
    preview = staticmethod(diffs.preview)

    async def check(self, olds: Inputs[Known] | None, news: Arguments) -> Checked[Inputs[Unknown]]:
        checked = check(olds, news)
        if checked.inputs.name is not UNKNOWN:
            secret = frozenset(("service", *path) for path in SECRETS.get() if path[0] == "components")
            self.core.defined[checked.inputs.name] = Defined(definition_of(checked.inputs), secret)
        return checked

    async def create(self, inputs: Inputs[Known]) -> Outcome[State[Known]]:
        return Outcome(inputs.owner_id, _defined(inputs))

    async def update(self, inputs: Inputs[Known], former: State[Known]) -> Outcome[State[Known]]:
        del former
        return await self.create(inputs)

    async def read(self, id_: str, known: State[Known] | None, *, owner_id: OwnerId) -> Outcome[State[Known]] | None:
        del owner_id
        if known is None or not known.name:
            raise Invalid(
                f"{id_!r} cannot be imported: a CloudService is no object anywhere",
                hint="declare it without `import`, it costs nothing to make",
            )
        return Outcome(id_, _defined(known))

    async def delete(self, known: State[Known]) -> None:
        """There is nothing to delete."""

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        """What is secret in the components makes the definition secret as a whole: Pulumi's host of YAML programs hands
        on an empty map in the place of a secret within an output (seen with pulumi-yaml 1.30)."""
        return given | {("definition",) for path in given if path[0] == "components"}


def _defined(inputs: Inputs[Known]) -> State[Known]:
    return State[Known].made(inputs, definition=definition_of(inputs))


LIFECYCLE = CloudServiceLifecycle
