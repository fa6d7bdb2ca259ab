"""Create, update, read and delete deployments of services."""

from __future__ import annotations

from dataclasses import dataclass, field

from computenest.kernel.errors import ComputeNestError, Conflict
from computenest.kernel.outcome import INCOMPLETE, Outcome
from computenest.kernel.redact import Redactor
from computenest.kernel.unknown import Known
from computenest.resources._components.deploying import DeployingRun, Place, place_of
from computenest.resources._components.opened import Desk
from computenest.resources._components.plan import is_there
from computenest.resources._components.previewing import another_cluster
from computenest.resources._components.redacting import redactor_of
from computenest.resources.cloud_service_deployment.check import wanted_releases
from computenest.resources.cloud_service_deployment.diff import DEPLOYED
from computenest.resources.cloud_service_deployment.model import Inputs, State

__all__ = ["Deployments"]


@dataclass(frozen=True, slots=True)
class Deployments:
    """Of every cluster."""

    desk: Desk

    async def create(self, inputs: Inputs[Known]) -> Outcome[State[Known]]:
        """Brings every component, taking over what an earlier, interrupted create of the same identity brought.

        Raises:
            ComputeNestError: before anything is changed; after that every failure is in the Outcome.
        """
        return await self._run(inputs, None).converge()

    async def update(self, inputs: Inputs[Known], former: State[Known]) -> Outcome[State[Known]]:
        """Brings what is not as wanted, and takes away what is not wanted any more."""
        return await self._run(inputs, former).converge()

    async def read(self, known: State[Known]) -> State[Known] | None:
        """What is there now, None where none of its releases is.

        Raises:
            ComputeNestError: where it cannot be told.
        """
        run = self._run(known, known)
        run.refuse_another_cluster((await self.desk.asking.identify(known.cluster)).uid)
        found: dict[str, str] = {}
        objects, revisions = {}, {}
        for wish in run.wishes:
            history = (await self.desk.asking.look(known.cluster, wish.release, wish.namespace)).history
            if not is_there(history) or wish.owner not in {one.owner for one in history}:
                continue
            last = history[-1]
            found[wish.component], revisions[wish.component] = last.version, last.number
            is_as_left = known.revisions.get(wish.component, last.number) == last.number
            as_left = known.objects.get(wish.component, "")
            objects[wish.component] = as_left if is_as_left else f"revision {last.number}, made by somebody else"
        if not found:
            return None
        return State[Known].made(
            known,
            uid=run.uid,
            rollout=found,
            objects=objects,
            drifted={},
            revisions=revisions,
            releases=_places(known),
            status=known.status or DEPLOYED,
            incarnation=max(1, known.incarnation),
        )

    async def delete(self, known: State[Known]) -> None:
        """Uninstalls every component, last brought first; already gone is success.

        Raises:
            Conflict: a release is not ours any more, or another cluster answers.
        """
        await self._run(known, known).delete(incarnation=known.incarnation)

    def _run(self, inputs: Inputs[Known], former: State[Known] | None) -> _Run:
        return _Run(
            desk=self.desk,
            wanted=inputs,
            access=inputs.cluster,
            wishes=wanted_releases(inputs),
            former=_places(former) if former is not None else (),
            state=former,
            suspects=_suspects(inputs, former),
        )


@dataclass(kw_only=True)
class _Run(DeployingRun[State[Known]]):
    wanted: Inputs[Known]  # type: ignore[assignment]
    state: State[Known] | None = None
    uid: str = field(default="")

    @property
    def recorded(self) -> State[Known] | None:
        return self.state

    @property
    def name(self) -> str:
        return str(self.wanted.service.name)

    @property
    def label(self) -> str:
        return f"{self.name} on {self.wanted.cluster.name}"

    @property
    def redactor(self) -> Redactor:
        given = (self.wanted, *((self.state,) if self.state is not None else ()))
        return redactor_of((one.service, one.configuration, one.concealed) for one in given)

    def refuse_another_cluster(self, uid: str) -> None:
        known = (self.state.uid if self.state is not None else "") or self.wanted.uid
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
        """Of an operation that did not finish with what was reached: a component that was not brought is as before."""
        rollout, objects = dict(self.wanted.rollout), dict(self.wanted.objects)
        if why:
            before = self.state if self.state is not None else State[Known]()
            reached = {one.wish.component for one in self.releases if one.is_as_wanted}
            rollout = {**before.rollout, **{name: text for name, text in rollout.items() if name in reached}}
            objects = {**before.objects, **{name: text for name, text in objects.items() if name in reached}}
        return State[Known].made(
            self.wanted,
            uid=self.uid,
            rollout=rollout,
            objects=objects,
            drifted={},
            revisions=self.revisions,
            releases=self.places,
            status=status,
            reasons={"": why} if why else {},
            incarnation=self.incarnation,
        )


def _places(known: State[Known]) -> tuple[Place, ...]:
    """Where something of ours may be, by the state; of one that lost that, by what it says was wanted."""
    return tuple(map(Place, known.releases)) or tuple(map(place_of, wanted_releases(known)))


def _suspects(inputs: Inputs[Known], former: State[Known] | None) -> frozenset[str]:
    """What helm's history does not show: drift that is to be repaired, other labels."""
    if former is not None and former.labels != inputs.labels:
        return frozenset(inputs.rollout)
    return frozenset(inputs.drifted)
