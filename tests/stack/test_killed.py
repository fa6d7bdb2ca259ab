"""Killed at five moments of a distribution: the documented commands, one more `up`, and nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stack.cloud import Cloud
from stack.engine import Stack
from stack.killing import MOMENTS, SLOW, hub, judge, kill, orphan, wake
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


# Every victim at every moment; `make test` takes each victim here, and the other moments with the plugin
# (plugin/test_killed.py). Struck at every call is the provider alone (lifecycle/test_crashes.py).
OFTEN = {("engine", "the first copy runs"), ("provider", "it is released"), ("both", "the artifact exists")}
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
    kill(slow_cloud, stack, MOMENTS[moment], victim)
    judge(slow_cloud, stack)


@pytest.mark.long  # plugin/test_killed.py tells the same
def test_an_orphan_that_wakes_up_later_changes_nothing_any_more(
    slow_cloud: Cloud, make_stack: Callable[..., Stack]
) -> None:
    stack = make_stack(slow_cloud)
    declare(stack)
    orphans = orphan(slow_cloud, stack, MOMENTS["it is released"])
    stack.up().succeeded()
    images = stack.resources()["web"]["outputs"]["images"]
    wake(orphans)
    assert sorted(images) == sorted(REGIONS)
    assert hub(slow_cloud)["images_created"] == len(REGIONS)
    stack.up("--refresh", "--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert slow_cloud.ledger()["is_empty"]
