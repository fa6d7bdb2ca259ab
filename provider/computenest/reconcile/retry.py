"""The one retry layer: below it only a registry's rejected token is asked for anew; nothing above it needs to retry.

It sits between the engine and the ports (`retrying` wraps a whole port), tries again what is `Transient` and only that,
and waits on the injected clock, so that tests and the embedded cloud decide how long a second is. Tokens and names are
computed before the first attempt, outside of here: every attempt of one call is the same call.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from inspect import iscoroutinefunction
from typing import TypeVar, cast

from computenest.kernel.errors import ComputeNestError, Transient
from computenest.kernel.ports import Clock
from computenest.reconcile.silence import SETTING, Silence, is_unanswered

T = TypeVar("T")

_SEED = 2026


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How long and how often to try.

    Guarantees:
        1. Only `Transient` is tried again; every other error passes on its first occurrence.
        2. At most `attempts` tries that the cloud answers, and none begins later than `budget_s` after the first one
           began; what passes without any answer counts for neither.
        3. The delay after attempt n is at least d = min(cap_s, base_s * 2^(n - 1)), or what the cloud asked for up to
           `longest_asked_s` if that is longer, and at most d / 4 more than that.
        4. The last error says how often and for how long it was tried.
        5. A cloud that gives no answer at all is tried until that has lasted for `silence.longest_s`, and for no longer
           however many calls there are: who asks after that is told at once.
        6. A cloud that was never reached is not waited for: `unreached_attempts` at most, while calls do not get out.

    Args:
        attempts: tries, the first one included.
        budget_s: seconds of the clock.
        base_s: the first delay.
        cap_s: the longest delay of our own.
        longest_asked_s: the longest wait that the cloud may ask for; a longer wish is cut to this.
        unreached_attempts: tries while nothing was ever reached: a wrong endpoint or no network, not an outage.
        bears_silence: whether 5 holds; a call that is not so important ends with its attempts, answered or not.
        silence: what the process knows of whether the cloud answers.
        chance: the source of jitter, seeded, so that a run can be repeated.
    """

    attempts: int = 8
    budget_s: float = 120.0
    base_s: float = 0.5
    cap_s: float = 15.0
    longest_asked_s: float = 60.0
    unreached_attempts: int = 4
    bears_silence: bool = True
    silence: Silence = field(default_factory=Silence, repr=False, compare=False)
    chance: random.Random = field(default_factory=partial(random.Random, _SEED), repr=False, compare=False)

    def delay_s(self, attempt: int, *, retry_after_s: float | None = None) -> float:
        """The delay after the failed attempt `attempt` (1 for the first)."""
        # 2^attempt would overflow long before an attempt limit forbids it; 2^60 is beyond every cap.
        own_s = min(self.cap_s, self.base_s * 2.0 ** min(attempt - 1, 60))
        asked_s = min(max(retry_after_s or 0.0, 0.0), self.longest_asked_s)
        least_s = max(own_s, asked_s)
        return least_s + self.chance.uniform(0, own_s / 4)

    async def call(self, fn: Callable[[], Awaitable[T]], *, clock: Clock, what: str) -> T:
        """Calls `fn` until it succeeds, fails for good, or attempts, budget or silence are used up.

        Args:
            fn: makes one attempt.
            clock: waits, and measures the budget.
            what: names the call in the last error.
        """
        tally, attempt = _Tally(self, clock), 0
        while True:
            attempt += 1
            tally.begin()
            try:
                answer = await fn()
            except Transient as error:
                tally.note(error)
                delay_s = self.delay_s(attempt, retry_after_s=error.retry_after_s)
                if tally.is_used_up(error, delay_s):
                    raise tally.given_up(error, what=what, attempts=attempt) from error
            except ComputeNestError as error:
                tally.note(error)
                raise
            else:
                tally.note(None)
                return answer
            await clock.sleep(delay_s)


class _Tally:
    """What one call has used up of its attempts, its budget, and the silence that is borne."""

    def __init__(self, retry: Retry, clock: Clock) -> None:
        self._retry = retry
        self._clock = clock
        self._first_s = self._begun_s = clock.now_s()
        self._answered = self._unanswered = 0
        self._silent_s = 0.0
        self._silent_since_s: float | None = None

    def begin(self) -> None:
        """An attempt begins."""
        self._begun_s = self._clock.now_s()

    def note(self, error: ComputeNestError | None) -> None:
        """One attempt has ended."""
        silence, now_s = self._retry.silence, self._clock.now_s()
        if error is not None and is_unanswered(error):
            took_s = now_s - self._begun_s
            if self._silent_since_s is None or took_s > silence.longest_s:  # so long only with something to talk about
                self._silent_since_s = now_s if took_s > silence.longest_s else self._begun_s
            self._unanswered += 1
            silence.unheard(error)
            return
        if self._silent_since_s is not None:
            self._silent_s += self._begun_s - self._silent_since_s
            self._silent_since_s = None
        self._answered += 1
        silence.heard()

    def is_used_up(self, error: Transient, delay_s: float) -> bool:
        retry, then_s = self._retry, self._clock.now_s() + delay_s
        if not is_unanswered(error):
            spent_s = then_s - self._first_s - self._silent_s
            return self._answered >= retry.attempts or spent_s > retry.budget_s
        if not retry.silence.was_reached:  # a wrong endpoint, or no network from the beginning
            return self._unanswered >= min(retry.attempts, retry.unreached_attempts)
        if not retry.bears_silence:
            return self._unanswered + self._answered >= retry.attempts or then_s - self._first_s > retry.budget_s
        since_s = self._first_s if self._silent_since_s is None else self._silent_since_s
        return retry.silence.is_over or then_s - since_s > retry.silence.longest_s

    def given_up(self, cause: Transient, *, what: str, attempts: int) -> Transient:
        """The last failure, with what was tried."""
        tries = "1 attempt" if attempts == 1 else f"{attempts} attempts"
        elapsed_s = self._clock.now_s() - self._first_s
        borne = self._retry.bears_silence and self._retry.silence.was_reached and is_unanswered(cause)
        longest = f"; {SETTING} is {self._retry.silence.longest_s:g}" if borne else ""
        return cause.reworded(f"{cause.summary} ({what}: given up after {tries} in {elapsed_s:.0f} s{longest})")


def retrying(port: T, retry: Retry, clock: Clock) -> T:
    """A port each of whose async methods is retried; everything else of it passes through. Its type stays."""
    return cast("T", _Retrying(port, retry, clock))


class _Retrying:
    """Stands before a port; built once per port, wraps methods when they are asked for."""

    def __init__(self, port: object, retry: Retry, clock: Clock) -> None:
        self._port = port
        self._retry = retry
        self._clock = clock

    def __getattr__(self, name: str) -> object:
        member = getattr(self._port, name)
        if not iscoroutinefunction(member):
            return member

        async def retried(*args: object, **options: object) -> object:
            return await self._retry.call(lambda: member(*args, **options), clock=self._clock, what=name)

        return retried
