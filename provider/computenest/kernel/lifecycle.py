"""What one type of resource does, told once for both transports, on values of its own types: UNKNOWN where a preview
does not know one.

`serve/served.py` makes them of property bags, and a transport adds the wire: the plugin detailed diffs and partial
states, the dynamic host the engine's own bags.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Difference, Outcome

if TYPE_CHECKING:
    from computenest.kernel.shapes import Shape
    from computenest.kernel.values import Values

Path = tuple[str | int, ...]
"""Where a value stands in a property bag."""

SECRETS: ContextVar[frozenset[Path]] = ContextVar("computenest_secrets", default=frozenset())
"""The secret paths of the inputs that a check is about, where a transport hears of them: the dynamic host does not."""


A = TypeVar("A", contravariant=True)  # noqa: PLC0105
"""What a program asks for, as far as it can be read."""
I = TypeVar("I")  # noqa: E741
"""Checked inputs; in a preview parts of them are unknown."""
D = TypeVar("D", contravariant=True)  # noqa: PLC0105
"""Desired: the same, and nothing is unknown."""
S = TypeVar("S")
"""A state."""
P = TypeVar("P", covariant=True)  # noqa: PLC0105
"""A state as a preview promises it."""


@dataclass(frozen=True, slots=True)
class Models:
    """The models of one type's values: what is asked for, checked, desired, recorded, and promised by a preview."""

    asked: type[Values]
    checked: type[Values]
    desired: type[Values]
    state: type[Values]
    promised: type[Values]


class Operations(Protocol[D, S]):
    """What changes something: the engine's use cases of an account, and with them a lifecycle.

    What an operation raises is a `ComputeNestError`; one that began something in the cloud returns an `Outcome` with
    its id instead, complete or not.
    """

    async def create(self, inputs: D) -> Outcome[S]: ...

    async def update(self, inputs: D, former: S) -> Outcome[S]: ...

    async def delete(self, known: S) -> None: ...


class Lifecycle(Operations[D, S], Protocol[A, I, D, S, P]):
    """Check, diff, create, read, update and delete of one type of resource.

    What is asked for and wanted always has an owner id, and what is asked for a logical name.
    """

    @property
    def shape(self) -> Shape:
        """Which type it is, and what its property bags look like."""
        ...

    async def check(self, olds: D | None, news: A) -> Checked[I]:
        """Checked inputs with every failure, and what a preview should say beside them; `olds` None before a create."""
        ...

    def diff(self, olds: S, news: I) -> Difference:
        """What separates the state (outputs included) from what is wanted."""
        ...

    def preview(self, inputs: I, former: S | None) -> P:
        """The state as an operation would leave it, UNKNOWN where only the cloud can tell; `former` is None before a
        create."""
        ...

    async def read(self, id_: str, known: S | None, *, owner_id: OwnerId) -> Outcome[S] | None:
        """What is there now, None where it is gone; an import knows nothing but the id. Where the cloud cannot
        tell, what is known."""
        ...

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        """The secret paths of inputs, and those of what is computed from them."""
        ...
