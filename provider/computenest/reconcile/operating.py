"""Use cases of what is brought to what is wanted by runs: an operation opens one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, Never, TypeVar

from computenest.kernel.outcome import Outcome
from computenest.reconcile.ownership import Recorded
from computenest.reconcile.reconciler import Run

D = TypeVar("D")
"""What is wanted."""
S = TypeVar("S", bound=Recorded)
"""What a state is."""


class Operating(ABC, Generic[D, S]):
    """The three operations that change something, each a run."""

    __slots__ = ()

    @abstractmethod
    def _run(self, inputs: D | S, former: S | None) -> Run[S, Never, Never, Never]:
        """A run towards what is wanted; `former` is the state before, None for a create. Nothing is asked yet."""

    async def create(self, inputs: D) -> Outcome[S]:
        """Makes it, taking over what an earlier, interrupted create of the same identity began.

        Raises:
            ComputeNestError: before anything is changed; after that every failure is in the Outcome.
        """
        return await self._run(inputs, None).converge()

    async def update(self, inputs: D, former: S) -> Outcome[S]:
        """Brings what `former` records to the checked `inputs`."""
        return await self._run(inputs, former).converge()

    async def delete(self, known: S) -> None:
        """Takes it away, and sees that it is gone; already gone is success.

        Raises:
            Conflict: it is not ours any more, or somebody uses it (the message names whom).
        """
        await self._run(known, known).delete(incarnation=known.incarnation or 1)
