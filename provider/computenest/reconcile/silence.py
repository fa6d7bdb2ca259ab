"""A cloud that does not answer: since when, who is told, and when it has been waited for long enough.

One for a process, since all of its calls leave through one network. A call that a cloud refuses has been answered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field

from computenest.kernel.errors import ComputeNestError, Meaning
from computenest.kernel.ports import Progress

DEFAULT_S = 300.0
SETTING = "computenest:noAnswerS"
_NOT_ANSWERED = frozenset({Meaning.UNANSWERED, Meaning.UNREACHABLE})
_CLOCK_TIME = "%H:%M:%S"


def is_unanswered(error: BaseException) -> bool:
    """Whether a call ended without any answer, or never got out."""
    return isinstance(error, ComputeNestError) and error.meaning in _NOT_ANSWERED


@dataclass(slots=True, eq=False)
class Silence:
    """What a process knows of whether the cloud answers.

    Args:
        longest_s: how long no answer at all is borne, in seconds of `now_s`.
        now_s: real time, monotonic: networks have no other.
        wall_s: for what people read.
    """

    longest_s: float = DEFAULT_S
    now_s: Callable[[], float] = time.monotonic
    wall_s: Callable[[], float] = time.time
    since_s: float | None = None
    """The first moment that nothing was heard any more, None while it answers."""
    was_reached: bool = False
    _audience: dict[object, tuple[Context, Progress]] = field(default_factory=dict)

    def heard(self) -> None:
        """It has answered, whatever it said."""
        self.was_reached, self.since_s = True, None

    def unheard(self, error: ComputeNestError) -> None:
        """It has not; everybody who waits is told since when."""
        if self.since_s is None:
            self.since_s = self.now_s()
        self.was_reached |= error.meaning is Meaning.UNANSWERED
        for context, progress in tuple(self._audience.values()):
            context.copy().run(progress.show, self.sentence())

    @property
    def is_over(self) -> bool:
        """Whether it has been silent for longer than is borne."""
        return self.since_s is not None and self.now_s() - self.since_s > self.longest_s

    def sentence(self) -> str:
        """`the cloud does not answer since 21:04:10 · it is tried until 21:09:10`."""
        began_s = self.wall_s() - (self.now_s() - (self.since_s or self.now_s()))
        began, until = (
            time.strftime(_CLOCK_TIME, time.localtime(at_s)) for at_s in (began_s, began_s + self.longest_s)
        )
        return f"the cloud does not answer since {began} · it is tried until {until}"

    @contextmanager
    def told(self, progress: Progress) -> Iterator[None]:
        """For as long as an operation lasts, its live line says when nothing is heard."""
        operation = object()
        self._audience[operation] = (copy_context(), progress)
        try:
            yield
        finally:
            del self._audience[operation]
