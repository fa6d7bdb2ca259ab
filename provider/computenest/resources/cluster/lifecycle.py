"""`Cluster` as a `Lifecycle`: it is looked at, and nothing is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from computenest.kernel.errors import Conflict, Invalid, Permanent, Reason, Transient
from computenest.kernel.lifecycle import Path
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Failure, Outcome
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._components.lifecycle import DeskLifecycle
from computenest.resources._components.opened import refuse_silent
from computenest.resources._components.ports import Clusters
from computenest.resources._components.previewing import another_cluster
from computenest.resources.cluster import diff as diffs
from computenest.resources.cluster.check import access_of, check
from computenest.resources.cluster.declaration import MODELS, RESOURCE, Arguments
from computenest.resources.cluster.model import Inputs, State

_SECRET = frozenset({("kubeconfig",), ("access",)})
"""As a whole: programs hand `access` on, and not every language keeps a secret within a map."""


@dataclass(slots=True)
class ClusterLifecycle(DeskLifecycle[Inputs[Known]]):
    """Lifecycle of `Cluster`."""

    shape: ClassVar[Shape] = Shape(RESOURCE, id_key="ownerId", models=MODELS)
    diff = staticmethod(diffs.diff)
    preview = staticmethod(diffs.preview)

    async def check(self, olds: Inputs[Known] | None, news: Arguments) -> Checked[Inputs[Unknown]]:
        """Which cluster answers, where one can be asked already."""
        checked = check(olds, news)
        inputs, access = checked.inputs, access_of(checked.inputs)
        if checked.failures or UNKNOWN in (access.name, access.kubeconfig, access.context):
            return checked
        try:
            seen = await self._at.asking.identify(access)
        except Transient as error:
            return checked.plus(warnings=[Reason.of(error, left_out="cannot tell which cluster it is")])
        except (Invalid, Permanent) as error:
            path = getattr(error, "path", "").removeprefix("cluster.")
            return checked.plus([Failure(path or "kubeconfig", Reason.of(error))])
        if olds is not None and olds.uid and seen.uid and olds.uid != seen.uid and olds.name == inputs.name:
            return checked.plus([Failure("kubeconfig", another_cluster(access, olds.uid, seen.uid))])
        return Checked(Inputs[Unknown].made(inputs, uid=seen.uid or inputs.uid), (), checked.warnings)

    async def create(self, inputs: Inputs[Known]) -> Outcome[State[Known]]:
        if not inputs.uid:  # the check could not ask it, or may not know
            await refuse_silent(self._at, access_of(inputs))
        return Outcome(inputs.owner_id, await self._seen(inputs))

    async def update(self, inputs: Inputs[Known], former: State[Known]) -> Outcome[State[Known]]:
        """Of a cluster that does not answer while others do, all is recorded but what only it could tell: nobody waits
        for a label, and whoever goes there looks first at which cluster it is."""
        wanted, access = Inputs[Known].made(inputs, uid=former.uid or inputs.uid), access_of(inputs)
        try:
            await refuse_silent(self._at, access)
        except Transient:
            return Outcome(inputs.owner_id, State[Known].made(wanted, access=access, version=former.version))
        return Outcome(inputs.owner_id, await self._seen(wanted))

    async def read(self, id_: str, known: State[Known] | None, *, owner_id: OwnerId) -> Outcome[State[Known]] | None:
        del owner_id
        if known is None or not known.name:
            raise Invalid(
                f"{id_!r} cannot be imported: a Cluster is how one is reached, and nothing is made of it",
                hint="declare it without `import`, it costs nothing to make",
            )

        async def read(known: State[Known]) -> Outcome[State[Known]]:
            return Outcome(id_, await self._seen(known, self._at.asking))

        return await self._look(id_, known, read, name=known.name)

    async def delete(self, known: State[Known]) -> None:
        """There is nothing to delete."""

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        return given | _SECRET

    async def _seen(self, inputs: Inputs[Known], clusters: Clusters | None = None) -> State[Known]:
        access = access_of(inputs)
        seen = await (clusters or self._at.clusters).identify(access)
        if inputs.uid and seen.uid and inputs.uid != seen.uid:
            raise Conflict(another_cluster(access, inputs.uid, seen.uid))
        return State[Known].made(inputs, access=access, version=seen.version, uid=seen.uid or inputs.uid)


LIFECYCLE = ClusterLifecycle
