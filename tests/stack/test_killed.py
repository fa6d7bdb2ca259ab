"""Killed at five moments of a distribution: the documented commands, one more `up`, and nothing is lost or doubled."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from stack.cloud import Cloud
from stack.engine import Stack
from stack.killing import MOMENTS, SLOW, clear_up, hub, judge
from stack.processes import end, hosts, is_alive, until, watch_until
from stack.wishes import GOLD_1, REGIONS, TEMPLATE, association, package

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


def declare(stack: Stack) -> None:
    stack.declare(
        packages={"web": package(GOLD_1)},
        associations={"shop": association({"ecs_image_web": "web"}, TEMPLATE.replace("_gateway", "_web"))},
    )


@pytest.fixture
def slow_cloud(start_cloud: Callable[..., Cloud]) -> Cloud:
    return start_cloud(time_scale=SLOW)


# Every victim at every moment; `make test` takes each moment with the engine killed, whose provider lives on.
OFTEN = {("engine", moment) for moment in MOMENTS} | {("provider", "it is released"), ("both", "the first copy runs")}
CASES = [
    pytest.param(victim, moment, marks=() if (victim, moment) in OFTEN else pytest.mark.long)
    for victim in ("engine", "provider", "both")
    for moment in MOMENTS
]


@pytest.mark.parametrize(("victim", "moment"), CASES)
def test_after_a_kill_the_documented_commands_and_up_make_it_whole(
    victim: str, moment: str, slow_cloud: Cloud, make_stack: Callable[..., Stack]
) -> None:
    stack = make_stack(slow_cloud)
    declare(stack)
    slow_cloud.control("DELETE", "calls")
    run = stack.start("up", "--yes", "--skip-preview")
    until(slow_cloud, MOMENTS[moment], run)
    below = hosts(run.pid)
    assert below, "the host of dynamic providers runs"
    if victim in {"provider", "both"}:
        end(*below)
    if victim in {"engine", "both"}:
        end(run.pid)
    run.communicate(timeout=60)
    assert run.returncode != 0
    if victim != "provider":
        clear_up(stack)
    judge(slow_cloud, stack)


def test_an_orphan_that_wakes_up_later_changes_nothing_any_more(
    slow_cloud: Cloud, make_stack: Callable[..., Stack]
) -> None:
    stack = make_stack(slow_cloud)
    declare(stack)
    slow_cloud.control("DELETE", "calls")
    run = stack.start("up", "--yes", "--skip-preview")
    until(slow_cloud, MOMENTS["it is released"], run)
    orphans = hosts(run.pid)
    end(*orphans, how=signal.SIGSTOP)
    end(run.pid)
    run.stdout.close()  # type: ignore[union-attr]
    run.stderr.close()  # type: ignore[union-attr]
    run.wait(30)
    clear_up(stack)
    stack.up().succeeded()
    images = stack.resources()["web"]["outputs"]["images"]
    end(*orphans, how=signal.SIGCONT)
    watch_until(lambda: not any(is_alive(pid) for pid in orphans))
    assert sorted(images) == sorted(REGIONS)
    assert hub(slow_cloud)["images_created"] == len(REGIONS)
    stack.refresh().succeeded()
    stack.up("--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert slow_cloud.ledger()["is_empty"]
