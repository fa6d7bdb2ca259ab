"""The clock of these tests: jumps, keeps the order, and tells a hang from a wait."""

import asyncio

import pytest

from lifecycle.virtual import StandstillError, VirtualClock, run


def test_sleepers_wake_in_the_order_of_their_moments_and_no_real_time_passes() -> None:
    clock = VirtualClock()
    woken: list[tuple[str, float]] = []

    async def nap(name: str, *seconds: float) -> None:
        for duration in seconds:
            await clock.sleep(duration)
            woken.append((name, clock.now_s()))

    async def story() -> None:
        await asyncio.gather(nap("a", 7200, 1), nap("b", 3600, 3601), nap("c", 0))

    run(clock, story())
    assert woken == [("c", 0), ("b", 3600), ("a", 7200), ("b", 7201), ("a", 7201)]


def test_waiting_for_nothing_is_an_error_and_not_a_hang() -> None:
    async def story() -> None:
        await asyncio.Event().wait()

    with pytest.raises(StandstillError):
        run(VirtualClock(), story())


def test_a_cancelled_sleeper_does_not_hold_time_up() -> None:
    clock = VirtualClock()

    async def story() -> float:
        early = asyncio.ensure_future(clock.sleep(10))
        late = asyncio.ensure_future(clock.sleep(20))
        await asyncio.sleep(0)
        early.cancel()
        await late
        return clock.now_s()

    assert run(clock, story()) == 20


def test_a_timer_of_the_machine_runs_out_once_nothing_else_can_happen() -> None:
    """Whoever waits for what does not come, for so many seconds at most, goes on; the cloud's hours pass before."""
    clock = VirtualClock()

    async def story() -> float:
        slept = asyncio.ensure_future(clock.sleep(7200))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.1)
        assert slept.done()
        return clock.now_s()

    assert run(clock, story()) == 7200
