"""Create, update, read and delete components of projects."""

from __future__ import annotations

from dataclasses import dataclass, field

from computenest.kernel.errors import ComputeNestError, Conflict
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import INCOMPLETE, Outcome
from computenest.kernel.redact import Redactor
from computenest.kernel.unknown import Known
from computenest.resources._components.deploying import DeployingRun, places_of
from computenest.resources._components.model import ChartFolder, ClusterAccess
from computenest.resources._components.opened import Desk
from computenest.resources._components.plan import is_there
from computenest.resources._components.previewing import another_cluster
from computenest.resources._components.release import ReleaseName
from computenest.resources.project_component.check import wanted_release
from computenest.resources.project_component.diff import DEPLOYED
from computenest.resources.project_component.model import Inputs, State
from computenest.resources.project_component.secrets import redactor_of_components

__all__ = ["ProjectComponents"]


@dataclass(frozen=True, slots=True)
class ProjectComponents:
    """Of every cluster."""

    desk: Desk

    async def create(self, inputs: Inputs[Known]) -> Outcome[State[Known]]:
        """Brings it, taking over what an earlier, interrupted create of the same identity brought.

        Raises:
            ComputeNestError: before anything is changed; after that every failure is in the Outcome.
        """
        return await self._run(inputs, None).converge()

    async def update(self, inputs: Inputs[Known], former: State[Known]) -> Outcome[State[Known]]:
        """Brings it to what is wanted."""
        return await self._run(inputs, former).converge()

    async def read(self, known: State[Known]) -> State[Known] | None:
        """What is there now, None where its release is not.

        Raises:
            ComputeNestError: where it cannot be told.
        """
        run = self._run(known, known)
        run.refuse_another_cluster((await self.desk.asking.identify(known.cluster)).uid)
        (wish,) = run.wishes
        history = (await self.desk.asking.look(known.cluster, wish.release, wish.namespace)).history
        if not is_there(history) or wish.owner not in {one.owner for one in history}:
            return None
        last = history[-1]
        is_as_left = known.revision in (0, last.number)
        return State[Known].made(
            known,
            uid=run.uid,
            version=last.version,
            objects=known.objects if is_as_left else f"revision {last.number}, made by somebody else",
            drifted="",
            revision=last.number,
            status=known.status or DEPLOYED,
            incarnation=max(1, known.incarnation),
        )

    async def imported(self, context: str, namespace: str, release: str, *, owner_id: OwnerId) -> State[Known] | None:
        """The state of a release that no state records, None where there is none. The chart is not kept where it came
        from, so its name stands for it; nothing is written, and the first change or a delete takes the release over.

        Raises:
            ComputeNestError: where it cannot be told.
        """
        access = ClusterAccess(name=context or "main", context=context or None)
        uid = (await self.desk.asking.identify(access)).uid
        history = (await self.desk.asking.look(access, ReleaseName(release), namespace)).history
        if not is_there(history):
            return None
        last = history[-1]
        owner = next((one.owner for one in reversed(history) if one.owner), None)
        return State[Known](
            owner_id=owner or owner_id,
            cluster=access,
            namespace=namespace,
            name=release,
            chart=ChartFolder(kind="folder", path=last.chart),
            values=last.values,
            adopt=owner is None,
            uid=uid,
            version=last.version,
            objects=f"revision {last.number}, as imported",
            revision=last.number,
            releases=(f"{namespace}/{release}",),
            status=DEPLOYED,
            incarnation=last.incarnation,
        )

    async def delete(self, known: State[Known]) -> None:
        """Uninstalls it; already gone is success.

        Raises:
            Conflict: the release is not ours any more, or another cluster answers.
        """
        for wish in wanted_release(known) if known.adopt else ():
            history = (await self.desk.clusters.look(known.cluster, wish.release, wish.namespace)).history
            if history and not any(one.owner for one in history):  # imported, and never changed since
                await self.desk.clusters.take_over(known.cluster, wish, incarnation=known.incarnation)
        await self._run(known, known).delete(incarnation=known.incarnation)

    def _run(self, inputs: Inputs[Known], former: State[Known] | None) -> _Run:
        is_suspect = bool(inputs.drifted) or (former is not None and former.labels != inputs.labels)
        return _Run(
            desk=self.desk,
            wanted=inputs,
            access=inputs.cluster,
            wishes=wanted_release(inputs),
            brought=places_of(former, wanted_release) if former is not None else (),
            former=former,
            suspects=frozenset({str(inputs.name)}) if is_suspect else frozenset(),
        )


@dataclass(kw_only=True)
class _Run(DeployingRun[State[Known]]):
    wanted: Inputs[Known]  # type: ignore[assignment]
    uid: str = field(default="")

    @property
    def name(self) -> str:
        return self.wanted.name

    @property
    def label(self) -> str:
        return f"{self.name} in {self.wanted.namespace} on {self.wanted.cluster.name}"

    @property
    def redactor(self) -> Redactor:
        return redactor_of_components(self.wanted, self.former)

    def refuse_another_cluster(self, uid: str) -> None:
        known = (self.former.uid if self.former is not None else "") or self.wanted.uid
        if known and uid and known != uid:
            raise Conflict(another_cluster(self.wanted.cluster, known, uid))
        self.uid = uid or known

    def finished(self) -> Outcome[State[Known]]:
        return Outcome(self.wanted.owner_id, self._state(DEPLOYED, ""))

    def kept(self, reason: str) -> Outcome[State[Known]]:
        why = self.redactor.text(reason)
        return Outcome(self.wanted.owner_id, self._state(INCOMPLETE, why), (f"{self.name}: {why}",))

    def told(self, error: ComputeNestError) -> ComputeNestError:
        return self.redactor.error(error)

    def _state(self, status: str, why: str) -> State[Known]:
        """Of an operation that did not finish what was there before, unless it was reached all the same."""
        is_reached = not why or any(one.is_as_wanted for one in self.releases)
        before: Inputs[Known] = self.former if self.former is not None else Inputs[Known]()
        there = self.wanted if is_reached else before
        return State[Known].made(
            self.wanted,
            uid=self.uid,
            version=there.version,
            objects=there.objects,
            drifted="",
            revision=self.revisions.get(self.name, 0),
            releases=self.places,
            status=status,
            reasons={"": why} if why else {},
            incarnation=self.incarnation,
        )
