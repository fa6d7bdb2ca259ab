"""What a check or an operation came to, as values that both transports translate.

Exceptions live only at the edges: an operation that began something in the cloud always ends in an `Outcome` that
carries the id, however it went on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from computenest.kernel.errors import Reason

INCOMPLETE = "Incomplete"
"""The status of a state whose operation did not finish."""


_MAX_PATH, _MAX_REASON = 256, 900
I = TypeVar("I", covariant=True)  # noqa: E741,PLC0105 - checked inputs
S = TypeVar("S", covariant=True)  # noqa: PLC0105


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing wrong with the user's input, and where: `regions[1]`, `source.imageId`."""

    path: str
    reason: str

    @property
    def sentence(self) -> str:
        """With the path, unless the reason begins with it. Of a property that it is told an engine prints the whole
        value, secrets in clear, and `<nil>` for a path below the top: so the path is part of what is said."""
        says_where = not self.path or self.reason.startswith((f"{self.path} ", f"{self.path}:"))
        return self.reason if says_where else f"{self.path}: {self.reason}"

    def __post_init__(self) -> None:
        """A key that a program made up may be of any length; a message is for people."""
        if len(self.path) > _MAX_PATH:
            object.__setattr__(self, "path", self.path[: _MAX_PATH - 1] + "…")
        if len(self.reason) > _MAX_REASON:  # what was given stands at its beginning, what to do at its end
            cut = f"{self.reason[: _MAX_REASON * 2 // 3]} … {self.reason[-_MAX_REASON // 3 :]}"
            cut = Reason(cut).rooted(self.reason.root) if isinstance(self.reason, Reason) else cut
            object.__setattr__(self, "reason", cut)


@dataclass(frozen=True, slots=True)
class Checked(Generic[I]):
    """Checked inputs (to be kept in the state) and all failures at once."""

    inputs: I
    failures: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()
    """What a preview should say beside them."""
    notes: tuple[str, ...] = ()
    """What happens, in more words than a diff has: nothing is wrong with it."""

    def plus(
        self, failures: Iterable[Failure] = (), warnings: Iterable[str] = (), notes: Iterable[str] = ()
    ) -> Checked[I]:
        """With more that is wrong, or to be said."""
        said = (*self.warnings, *warnings), (*self.notes, *notes)
        return Checked(self.inputs, (*self.failures, *failures), *said)


@dataclass(frozen=True, slots=True)
class Difference:
    """What separates the state from the wish: the changed top-level keys, and those that force a replacement."""

    changes: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()

    @property
    def has_changes(self) -> bool:
        return bool(self.changes or self.replaces)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[S]):
    """The state after an operation.

    Args:
        id: the resource's id, known from the moment the cloud gave it.
        state: every output, inputs included.
        reasons: why the operation is not complete; () when it is.
    """

    id: str
    state: S
    reasons: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.reasons


def unfinished(reasons: Collection[str]) -> str:
    """The key that a diff names of a state where nothing is missing but that its operation did not finish: what the
    state says of that goes away. Any wanted key would be shown with two equal values.

    Args:
        reasons: of the state.
    """
    return "reasons" if reasons else "status"
