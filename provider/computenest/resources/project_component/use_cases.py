"""Create, update, read and delete components of projects."""

from __future__ import annotations

from dataclasses import dataclass

from computenest.kernel.names import OwnerId
from computenest.kernel.redact import Redactor
from computenest.kernel.unknown import Known
from computenest.reconcile.operating import Operating
from computenest.resources._components.deployed import DEPLOYED
from computenest.resources._components.deployed_use_cases import DeployedUseCases
from computenest.resources._components.deploying import DeployingRun, places_of
from computenest.resources._components.model import ChartFolder, ClusterAccess
from computenest.resources._components.opened import Desk
from computenest.resources._components.plan import is_there
from computenest.resources._components.previewing import CANNOT_TELL
from computenest.resources._components.release import ReleaseName
from computenest.resources.project_component.check import wanted_release
from computenest.resources.project_component.model import Inputs, State
from computenest.resources.project_component.secrets import redactor_of_components


@dataclass(frozen=True, slots=True)
class ProjectComponents(DeployedUseCases[Inputs[Known], State[Known]]):
    """Of every cluster."""

    desk: Desk

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
        await Operating.delete(self, known)

    def _run(self, inputs: Inputs[Known], former: State[Known] | None) -> _Run:
        is_suspect = bool(inputs.drifted) or (former is not None and former.labels != inputs.labels)
        return _Run(
            desk=self.desk,
            wanted=inputs,
            wishes=wanted_release(inputs),
            brought=places_of(former, wanted_release) if former is not None else (),
            former=former,
            suspects=frozenset({str(inputs.name)}) if is_suspect else frozenset(),
        )


@dataclass(kw_only=True)
class _Run(DeployingRun[State[Known]]):
    wanted: Inputs[Known]

    @property
    def is_doubtful(self) -> bool:
        return self.wanted.objects == CANNOT_TELL

    @property
    def label(self) -> str:
        return f"{self.name} in {self.wanted.namespace} on {self.wanted.cluster.name}"

    @property
    def redactor(self) -> Redactor:
        return redactor_of_components(self.wanted, self.former)

    def reached(self, *, is_whole: bool) -> State[Known]:
        """Of an operation that did not finish what was there before, unless it was reached all the same."""
        is_reached = is_whole or any(one.is_as_wanted for one in self.releases)
        before: Inputs[Known] = self.former if self.former is not None else Inputs[Known]()
        there = self.wanted if is_reached else before
        return State[Known].made(
            self.wanted,
            version=there.version,
            objects=there.objects,
            drifted="",
            revision=self.revisions.get(self.name, 0),
        )
