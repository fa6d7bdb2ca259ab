"""The part of a lifecycle that is alike for every type made of releases: where its use cases are, and what they do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from computenest.kernel.lifecycle import Path
from computenest.kernel.outcome import Outcome
from computenest.kernel.unknown import Known
from computenest.resources._components.deployed import DeployedInputs, DeployedState
from computenest.resources._components.opened import Desk, open_desk
from computenest.resources._program.accounts import Owned, Remembering

if TYPE_CHECKING:
    from computenest.resources._components.deployed_use_cases import DeployedUseCases

R = TypeVar("R", bound=Owned)
I = TypeVar("I", bound=DeployedInputs[Known])  # noqa: E741
S = TypeVar("S", bound=DeployedState[Known])


@dataclass(slots=True)
class DeskLifecycle(Remembering[R]):
    """Reaches clusters, by what its type stands on in this process."""

    desk: Desk | None = None

    @property
    def _at(self) -> Desk:
        self.desk = self.desk or open_desk(self.core)
        return self.desk


@dataclass(slots=True)
class DeployedLifecycle(DeskLifecycle[I], ABC, Generic[I, S]):
    """The verbs that change something, and what a read tells that the cluster did not answer."""

    also_secret: ClassVar[frozenset[Path]] = frozenset()
    """Beside the kubeconfig: as a whole, whatever the program says."""

    @abstractmethod
    def _use_cases(self, desk: Desk) -> DeployedUseCases[I, S]:
        """Those of the type, imported here: a preview does not wait for them to load."""

    async def create(self, inputs: I) -> Outcome[S]:
        return await self._use_cases(self._at).create(inputs)

    async def update(self, inputs: I, former: S) -> Outcome[S]:
        return await self._use_cases(self._at).update(inputs, former)

    async def delete(self, known: S) -> None:
        await self._use_cases(self._at).delete(known)

    async def _seen(self, id_: str, known: S, *, name: str) -> Outcome[S] | None:
        """What is there now; what is known where the cluster cannot tell, with a warning."""

        async def read(known: S) -> Outcome[S] | None:
            found = await self._use_cases(self._at).read(known)
            return None if found is None else Outcome(id_, found)

        return await self._look(id_, known, read, name=name)

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        """How a cluster is reached is secret whether the program says so or not."""
        own = given if ("cluster",) in given else given | {("cluster", "kubeconfig")}
        return own | self.also_secret
