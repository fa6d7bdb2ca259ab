"""Create, update, read and delete components of clusters."""

from __future__ import annotations

from dataclasses import dataclass, field

from computenest.kernel.errors import ComputeNestError, Conflict
from computenest.kernel.outcome import INCOMPLETE, Outcome
from computenest.kernel.redact import Redactor
from computenest.kernel.unknown import Known
from computenest.resources._components.deploying import DeployingRun, places_of
from computenest.resources._components.opened import Desk
from computenest.resources._components.plan import is_there
from computenest.resources._components.previewing import CANNOT_TELL, another_cluster
from computenest.resources._components.redacting import redactor_of
from computenest.resources.cluster_component.check import definition_of, wanted_release
from computenest.resources.cluster_component.diff import DEPLOYED
from computenest.resources.cluster_component.model import Inputs, State

__all__ = ["ClusterComponents"]


@dataclass(frozen=True, slots=True)
class ClusterComponents:
    """Of every cluster."""

    desk: Desk

    async def create(self, inputs: Inputs[Known]) -> Outcome[State[Known]]:
        """Installs or upgrades it, or leaves it; in either case it is asked for from then on.

        Raises:
            ComputeNestError: before anything is changed; after that every failure is in the Outcome.
        """
        return await self._run(inputs, None).converge()

    async def update(self, inputs: Inputs[Known], former: State[Known]) -> Outcome[State[Known]]:
        """The same of one that is there."""
        return await self._run(inputs, former).converge()

    async def read(self, known: State[Known]) -> State[Known] | None:
        """What is there now, None where nothing is.

        Raises:
            ComputeNestError: where it cannot be told.
        """
        run = self._run(known, known)
        run.refuse_another_cluster((await self.desk.asking.identify(known.cluster)).uid)
        for wish in run.wishes:
            history = (await self.desk.asking.look(known.cluster, wish.release, wish.namespace)).history
            if is_there(history):
                last = history[-1]
                status = known.status or DEPLOYED
                seen = State[Known].made(known, uid=run.uid, version=last.version, revision=last.number, drifted="")
                return State[Known].made(seen, status=status, incarnation=max(1, known.incarnation))
        return None

    async def delete(self, known: State[Known]) -> None:
        """Takes it away where nobody else asks for it and one of ours had installed it.

        Raises:
            Conflict: another cluster answers.
        """
        await self._run(known, known).delete(incarnation=known.incarnation)

    def _run(self, inputs: Inputs[Known], former: State[Known] | None) -> _Run:
        return _Run(
            desk=self.desk,
            wanted=inputs,
            access=inputs.cluster,
            wishes=wanted_release(inputs),
            brought=places_of(former, wanted_release) if former is not None else (),
            is_shared=True,
            former=former,
        )


@dataclass(kw_only=True)
class _Run(DeployingRun[State[Known]]):
    wanted: Inputs[Known]  # type: ignore[assignment]
    uid: str = field(default="")

    @property
    def name(self) -> str:
        return str(self.wanted.name)

    @property
    def label(self) -> str:
        return f"{self.name} on {self.wanted.cluster.name}"

    @property
    def redactor(self) -> Redactor:
        given = (self.wanted, *((self.former,) if self.former is not None else ()))
        return redactor_of((definition_of(one), {}, one.concealed) for one in given)

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
        """Of an operation that did not finish with what the state before says was brought."""
        history = self.releases[0].seen.history if self.releases else ()
        there = history[-1].version if is_there(history) else ""
        before = self.former.brought if self.former is not None else ""
        brought = there if self.wanted.brought == CANNOT_TELL else self.wanted.brought
        return State[Known].made(
            self.wanted,
            uid=self.uid,
            brought=before if why else brought,
            drifted="",
            version=there,
            revision=history[-1].number if is_there(history) else 0,
            releases=self.places,
            status=status,
            reasons={"": why} if why else {},
            incarnation=self.incarnation,
        )
