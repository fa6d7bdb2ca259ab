"""Direct distribution by dynamic resources, killed and orphaned: nothing is copied twice, nothing is left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stack.cloud import Cloud
from stack.direct_killing import MOMENTS, SCALE, kill_and_resume, random_moment, stop_and_resume
from stack.engine import Stack
from stack.test_direct import declare

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]
KILLS = {"the first copy runs": "engine", "some copies run": "provider", "permissions are being set": "both"}


@pytest.fixture
def slow(start_cloud: Callable[..., Cloud]) -> Cloud:
    return start_cloud(time_scale=SCALE)


@pytest.mark.parametrize(
    "moment", [pytest.param(m, marks=() if m == "some copies run" else pytest.mark.long) for m in KILLS]
)
def test_a_killed_run_resumes_without_a_second_copy(moment: str, slow: Cloud, make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(slow)
    declare(slow, stack)
    kill_and_resume(slow, stack, KILLS[moment], MOMENTS[moment])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_a_run_killed_at_a_random_moment_resumes(seed: int, slow: Cloud, make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(slow)
    declare(slow, stack)
    victim, moment = random_moment(seed)
    kill_and_resume(slow, stack, victim, moment)


@pytest.mark.parametrize(
    "moment", [pytest.param(m, marks=() if m == "some copies run" else pytest.mark.long) for m in MOMENTS]
)
def test_an_orphan_that_wakes_up_after_the_next_run_spoils_nothing(
    moment: str, slow: Cloud, make_stack: Callable[..., Stack]
) -> None:
    stack = make_stack(slow)
    declare(slow, stack)
    stop_and_resume(slow, stack, MOMENTS[moment])
