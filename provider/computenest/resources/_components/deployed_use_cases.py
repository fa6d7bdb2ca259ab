"""What changes releases, and looks at them: the use cases that every type made of releases has."""

from __future__ import annotations

from abc import abstractmethod
from typing import Generic, TypeVar

from computenest.kernel.unknown import Known
from computenest.reconcile.operating import Operating
from computenest.resources._components.deployed import DeployedInputs, DeployedState

I = TypeVar("I", bound=DeployedInputs[Known])  # noqa: E741
S = TypeVar("S", bound=DeployedState[Known])


class DeployedUseCases(Operating[I, S], Generic[I, S]):
    """The operations of a type made of releases, and its look."""

    __slots__ = ()

    @abstractmethod
    async def read(self, known: S) -> S | None:
        """What is there now, None where nothing is.

        Raises:
            ComputeNestError: where it cannot be told.
        """
