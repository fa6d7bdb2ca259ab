"""Create, update, read and delete components of clusters."""

from __future__ import annotations

from dataclasses import dataclass

from computenest.kernel.redact import Redactor
from computenest.kernel.unknown import Known
from computenest.resources._components.deployed import DEPLOYED
from computenest.resources._components.deployed_use_cases import DeployedUseCases
from computenest.resources._components.deploying import DeployingRun, places_of
from computenest.resources._components.opened import Desk
from computenest.resources._components.plan import is_there
from computenest.resources._components.previewing import CANNOT_TELL
from computenest.resources._components.redacting import redactor_of
from computenest.resources.cluster_component.check import definition_of, wanted_release
from computenest.resources.cluster_component.model import Inputs, State


@dataclass(frozen=True, slots=True)
class ClusterComponents(DeployedUseCases[Inputs[Known], State[Known]]):
    """Of every cluster: each is installed, upgraded or left, and in either case it is asked for from then on. It is
    taken away where nobody else asks for it and one of ours had installed it."""

    desk: Desk

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

    def _run(self, inputs: Inputs[Known], former: State[Known] | None) -> _Run:
        return _Run(
            desk=self.desk,
            wanted=inputs,
            wishes=wanted_release(inputs),
            brought=places_of(former, wanted_release) if former is not None else (),
            is_shared=True,
            former=former,
        )


@dataclass(kw_only=True)
class _Run(DeployingRun[State[Known]]):
    wanted: Inputs[Known]

    @property
    def is_doubtful(self) -> bool:
        return self.wanted.brought == CANNOT_TELL

    @property
    def redactor(self) -> Redactor:
        given = (self.wanted, *((self.former,) if self.former is not None else ()))
        return redactor_of((definition_of(one), {}, one.concealed) for one in given)

    def reached(self, *, is_whole: bool) -> State[Known]:
        """Of an operation that did not finish with what the state before says was brought."""
        history = self.releases[0].seen.history if self.releases else ()
        there = history[-1].version if is_there(history) else ""
        before = self.former.brought if self.former is not None else ""
        brought = there if self.wanted.brought == CANNOT_TELL else self.wanted.brought
        return State[Known].made(
            self.wanted,
            brought=brought if is_whole else before,
            drifted="",
            version=there,
            revision=history[-1].number if is_there(history) else 0,
        )
