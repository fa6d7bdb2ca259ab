"""The one retry layer: nothing below it retries, and nothing above it needs to.

It sits between the engine and the ports (`retrying` wraps a whole port), tries again what is `Transient` and only that,
and waits on the injected clock, so that tests and the embedded cloud decide how long a second is. Tokens and names are
computed before the first attempt, outside of here: every attempt of one call is the same call.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from tenacity import AsyncRetrying, RetryCallState, RetryError, retry_if_exception_type

from computenest.domain.errors import UNREACHABLE, ComputeNestError, Transient
from computenest.ports import Clock

__all__ = ["Retry", "retrying"]

T = TypeVar("T")

_SEED = 2026


def _seeded() -> random.Random:
    return random.Random(_SEED)  # noqa: S311  jitter, not a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How long and how often to try.

    Guarantees:
        1. Only `Transient` is tried again; every other error passes on its first occurrence.
        2. At most `attempts` tries, and none begins later than `budget_s` after the first one began.
        3. The delay after attempt n is at least d = min(cap_s, base_s * 2^(n - 1)), or what the cloud asked for up to
           `longest_asked_s` if that is longer, and at most d / 4 more than that.
        4. The last error says how often and for how long it was tried.
        5. A cloud that was never reached is not waited for: `unreached_attempts` at most, while calls do not get out.

    Args:
        attempts: tries, the first one included.
        budget_s: seconds of the clock.
        base_s: the first delay.
        cap_s: the longest delay of our own.
        longest_asked_s: the longest wait that the cloud may ask for; a longer wish is cut to this.
        unreached_attempts: tries while nothing was ever reached: a wrong endpoint or no network, not an outage.
        chance: the source of jitter, seeded, so that a run can be repeated.
    """

    attempts: int = 8
    budget_s: float = 120.0
    base_s: float = 0.5
    cap_s: float = 15.0
    longest_asked_s: float = 60.0
    unreached_attempts: int = 4
    chance: random.Random = field(default_factory=_seeded, repr=False, compare=False)

    def delay_s(self, attempt: int, *, retry_after_s: float | None = None) -> float:
        """The delay after the failed attempt `attempt` (1 for the first)."""
        # 2^attempt would overflow long before an attempt limit forbids it; 2^60 is beyond every cap.
        own_s = min(self.cap_s, self.base_s * 2.0 ** min(attempt - 1, 60))
        asked_s = min(max(retry_after_s or 0.0, 0.0), self.longest_asked_s)
        least_s = max(own_s, asked_s)
        return least_s + self.chance.uniform(0, own_s / 4)

    async def call(self, fn: Callable[[], Awaitable[T]], *, clock: Clock, what: str, was_reached: bool = True) -> T:
        """Calls `fn` until it succeeds, fails for good, or attempts or budget are used up.

        Args:
            fn: makes one attempt.
            clock: waits, and measures the budget.
            what: names the call in the last error.
            was_reached: whether any call to that place ever got an answer.
        """
        began_s = clock.now_s()

        def wait(state: RetryCallState) -> float:
            return self.delay_s(state.attempt_number, retry_after_s=_transient(state).retry_after_s)

        def stop(state: RetryCallState) -> bool:
            is_lost = not was_reached and _transient(state).code == UNREACHABLE
            if state.attempt_number >= (min(self.attempts, self.unreached_attempts) if is_lost else self.attempts):
                return True
            # tenacity measures with the machine's clock; the budget is of the injected one.
            return clock.now_s() - began_s + state.upcoming_sleep > self.budget_s

        async def attempt() -> T:  # tenacity awaits only what it can tell to be a coroutine function
            return await fn()

        policy = AsyncRetrying(sleep=clock.sleep, wait=wait, stop=stop, retry=retry_if_exception_type(Transient))
        try:
            return await policy(attempt)
        except RetryError as error:
            last = error.last_attempt
            cause = cast("Transient", last.exception())
            elapsed_s = clock.now_s() - began_s
            raise _given_up(cause, what=what, attempts=last.attempt_number, elapsed_s=elapsed_s) from cause


def _transient(state: RetryCallState) -> Transient:
    error = state.outcome.exception() if state.outcome is not None else None
    return error if isinstance(error, Transient) else Transient("")


def _given_up(cause: Transient, *, what: str, attempts: int, elapsed_s: float) -> Transient:
    """The last failure, with what was tried; `effect_unknown` and codes stay those of the cause."""
    tries = "1 attempt" if attempts == 1 else f"{attempts} attempts"
    return Transient(
        f"{cause.summary} ({what}: given up after {tries} in {elapsed_s:.0f} s)",
        retry_after_s=cause.retry_after_s,
        effect_unknown=cause.effect_unknown,
        hint=cause.hint,
        code=cause.code,
        request_id=cause.request_id,
    )


def retrying(port: T, retry: Retry, clock: Clock) -> T:
    """A port each of whose async methods is retried; everything else of it passes through. Its type stays."""
    return cast("T", _Retrying(port, retry, clock))


class _Retrying:
    """Stands before a port; built once per port, wraps methods when they are asked for."""

    def __init__(self, port: object, retry: Retry, clock: Clock) -> None:
        self._port = port
        self._retry = retry
        self._clock = clock
        self._was_reached = False

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._port, name)
        if not iscoroutinefunction(member):
            return member

        async def retried(*args: Any, **options: Any) -> Any:
            try:
                answer = await self._retry.call(
                    lambda: member(*args, **options), clock=self._clock, what=name, was_reached=self._was_reached
                )
            except ComputeNestError as error:
                self._was_reached = self._was_reached or error.code != UNREACHABLE
                raise
            self._was_reached = True
            return answer

        return retried
