"""The one retry layer: what it tries again, when, and what it says in the end. No test waits."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from computenest.kernel.errors import ComputeNestError, Conflict, Invalid, NotFound, Permanent, Transient
from computenest.reconcile.retry import Retry, retrying


@dataclass
class FakeClock:
    """Time moves only by waiting, and by what a call takes."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def now_s(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Calls:
    """Fails as told, then answers."""

    errors: Sequence[BaseException]
    clock: FakeClock
    takes_s: float = 0.0
    made: int = 0

    async def __call__(self) -> str:
        self.clock.now += self.takes_s
        self.made += 1
        if self.made <= len(self.errors):
            raise self.errors[self.made - 1]
        return "answer"


def run(retry: Retry, errors: Sequence[BaseException], *, takes_s: float = 0.0) -> tuple[str, Calls]:
    clock = FakeClock()
    calls = Calls(errors, clock, takes_s)
    return asyncio.run(retry.call(calls, clock=clock, what="GetArtifact")), calls


def test_a_first_success_waits_for_nothing() -> None:
    answer, calls = run(Retry(), [])
    assert (answer, calls.made, calls.clock.slept) == ("answer", 1, [])


def test_transient_failures_are_tried_again() -> None:
    answer, calls = run(Retry(), [Transient("a"), Transient("b")])
    assert (answer, calls.made, len(calls.clock.slept)) == ("answer", 3, 2)


@pytest.mark.parametrize(
    "error",
    [Permanent("credentials"), NotFound("n"), Conflict("c"), Invalid("i"), ValueError("v"), asyncio.CancelledError()],
    ids=lambda error: type(error).__name__,
)
def test_nothing_else_is(error: BaseException) -> None:
    clock = FakeClock()
    calls = Calls([error], clock)
    with pytest.raises(type(error)) as caught:
        asyncio.run(Retry().call(calls, clock=clock, what="w"))
    assert caught.value is error or isinstance(error, asyncio.CancelledError)
    assert (calls.made, clock.slept) == (1, [])


def test_the_last_error_says_how_often_and_how_long() -> None:
    cause = Transient("the cloud is busy", effect_unknown=True, hint="wait", code="Throttling", request_id="R")
    with pytest.raises(Transient) as caught:
        run(Retry(attempts=3, base_s=4, cap_s=4), [cause] * 9, takes_s=2)
    error = caught.value
    assert "the cloud is busy (GetArtifact: given up after 3 attempts in 1" in error.summary
    assert (error.effect_unknown, error.hint, error.code, error.request_id) == (True, "wait", "Throttling", "R")
    assert error.__cause__ is cause


def test_the_budget_counts_the_calls_too() -> None:
    clock = FakeClock()
    calls = Calls([Transient("t")] * 99, clock, takes_s=50)
    with pytest.raises(Transient, match="2 attempts"):
        asyncio.run(Retry(budget_s=60, attempts=99).call(calls, clock=clock, what="w"))


def test_what_the_cloud_asks_for_is_waited_for() -> None:
    _, calls = run(Retry(base_s=1, cap_s=8), [Transient("t", retry_after_s=20)])
    assert 20 <= calls.clock.slept[0] <= 20.25


def test_but_not_for_ever() -> None:
    _, calls = run(Retry(base_s=1, longest_asked_s=30), [Transient("t", retry_after_s=86400)])
    assert 30 <= calls.clock.slept[0] <= 30.25


POLICIES = st.builds(
    Retry,
    attempts=st.integers(1, 12),
    budget_s=st.floats(0, 1000),
    base_s=st.floats(0.01, 10),
    cap_s=st.floats(0.01, 100),
    longest_asked_s=st.floats(0, 100),
    chance=st.integers(0, 2**32).map(random.Random),
)
ASKED = st.none() | st.floats(-10, 10_000)


@given(POLICIES, st.integers(1, 5000), ASKED)
def test_every_delay_is_within_its_bounds(retry: Retry, attempt: int, asked: float | None) -> None:
    own = min(retry.cap_s, retry.base_s * 2.0 ** min(attempt - 1, 60))
    least = max(own, min(max(asked or 0, 0), retry.longest_asked_s))
    assert least <= retry.delay_s(attempt, retry_after_s=asked) <= least + own / 4


@given(POLICIES)
def test_the_least_delay_never_shrinks(retry: Retry) -> None:
    def floor(attempt: int) -> float:
        return min(retry.cap_s, retry.base_s * 2.0 ** (attempt - 1))

    delays = [retry.delay_s(n) for n in range(1, 20)]
    assert all(floor(n) <= delay for n, delay in enumerate(delays, start=1))
    assert sorted(map(floor, range(1, 20))) == [floor(n) for n in range(1, 20)]
    assert max(delays) <= retry.cap_s * 1.25


@given(st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_delays(seed: int) -> None:
    first, second = (Retry(chance=random.Random(seed)) for _ in range(2))
    assert [first.delay_s(n) for n in range(1, 9)] == [second.delay_s(n) for n in range(1, 9)]


@given(POLICIES, st.lists(ASKED, max_size=15), st.floats(0, 100))
def test_attempts_and_budget_are_kept(retry: Retry, asked: list[float | None], takes_s: float) -> None:
    clock = FakeClock()
    calls = Calls([Transient("t", retry_after_s=seconds) for seconds in asked], clock, takes_s)
    begins: list[float] = []

    async def attempt() -> str:
        begins.append(clock.now)
        return await calls()

    try:
        asyncio.run(retry.call(attempt, clock=clock, what="w"))
    except ComputeNestError as error:
        assert isinstance(error, Transient)  # noqa: PT017  either end is legal
    assert 1 <= len(begins) <= retry.attempts
    assert begins[-1] - begins[0] <= retry.budget_s + 1e-6


class Port(Protocol):
    name: str

    async def get(self, key: str, *, version: int = 0) -> str: ...

    def label(self) -> str: ...


@dataclass
class Flaky:
    """A port that fails twice for every new key."""

    name: str = "flaky"
    seen: dict[str, int] = field(default_factory=dict)

    async def get(self, key: str, *, version: int = 0) -> str:
        self.seen[key] = self.seen.get(key, 0) + 1
        if self.seen[key] < 3:
            raise Transient("not yet")
        return f"{key}@{version}"

    def label(self) -> str:
        return "sync"


def test_a_whole_port_is_retried_and_keeps_its_type() -> None:
    flaky, clock = Flaky(), FakeClock()
    port: Port = retrying(flaky, Retry(), clock)

    async def use() -> list[str]:
        return [await port.get("a", version=2), *await asyncio.gather(port.get("b"), port.get("c"))]

    assert asyncio.run(use()) == ["a@2", "b@0", "c@0"]
    assert flaky.seen == {"a": 3, "b": 3, "c": 3}
    assert (port.name, port.label()) == ("flaky", "sync")
    with pytest.raises(AttributeError):
        port.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_the_name_of_the_method_is_in_the_last_error() -> None:
    port = retrying(Flaky(), Retry(attempts=1), FakeClock())
    with pytest.raises(Transient, match="get: given up after 1 attempt"):
        asyncio.run(port.get("a"))
