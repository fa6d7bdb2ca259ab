"""The part of a lifecycle that is alike for whatever handles delivery packages: use cases of no account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from computenest.kernel.lifecycle import Operations
from computenest.kernel.outcome import Outcome
from computenest.resources._program.accounts import Owned, Remembering
from computenest.resources._program.core import Core

B = TypeVar("B", bound=Operations[Any, Any])
I = TypeVar("I", bound=Owned)  # noqa: E741
S = TypeVar("S")


@dataclass(slots=True)
class DeliveryLifecycle(Remembering[I], Generic[B, I, S]):
    """The verbs that change something, by the use cases of this process.

    `B`: the use cases; `I`: what is wanted; `S`: a state.

    Args:
        open: makes the use cases, once.
    """

    open: Callable[[Core], B] = field(kw_only=True)
    _opened: list[B] = field(default_factory=list)

    def _use(self) -> B:
        if not self._opened:
            self._opened.append(self.open(self.core))
        return self._opened[0]

    async def create(self, inputs: I) -> Outcome[S]:
        return await self._use().create(inputs)

    async def update(self, inputs: I, former: S) -> Outcome[S]:
        return await self._use().update(inputs, former)

    async def delete(self, known: S) -> None:
        await self._use().delete(known)
