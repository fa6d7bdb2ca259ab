"""The plugin killed at five moments of a distribution, stopped, orphaned: one more `up`, nothing lost or doubled."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from plugin.stacks import YamlStack, package, shop
from stack.cloud import Cloud
from stack.killing import MOMENTS, SLOW, VICTIMS, held, hub, judge, kill, orphan, wake
from stack.processes import end
from stack.wishes import REGIONS

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


def cases() -> list[Any]:
    """Every victim at every moment; `make test` takes those moments that it does not take in stack/test_killed.py."""
    often = {("the first look", "engine"), ("the last copies run", "provider")}
    pairs = [(moment, victim) for moment in MOMENTS for victim in VICTIMS]
    return [pytest.param(*pair, marks=() if pair in often else pytest.mark.long) for pair in pairs]


@pytest.fixture
def slow(start_cloud: Callable[..., Cloud]) -> Cloud:
    return start_cloud(time_scale=SLOW)


@pytest.mark.parametrize(("moment", "victim"), cases())
def test_after_a_kill_the_documented_commands_and_up_make_it_whole(
    moment: str, victim: str, slow: Cloud, make_yaml: Callable[..., YamlStack]
) -> None:
    stack = make_yaml(slow)
    stack.write({"web": package(), "shop": shop()})
    kill(slow, stack, MOMENTS[moment], victim)
    judge(slow, stack)


def test_an_orphan_that_wakes_up_later_changes_nothing_any_more(
    slow: Cloud, make_yaml: Callable[..., YamlStack]
) -> None:
    stack = make_yaml(slow)
    stack.write({"web": package()})
    orphans = orphan(slow, stack, MOMENTS["it is released"])
    stack.up().succeeded()
    wake(orphans)
    stack.refresh().succeeded()
    judge(slow, stack)


def test_ctrl_c_ends_at_once_and_keeps_what_was_begun(slow: Cloud, make_yaml: Callable[..., YamlStack]) -> None:
    stack = make_yaml(slow)
    stack.write({"web": package()})
    with held(slow, stack, MOMENTS["the first copy runs"]) as run:
        pressed_s = time.monotonic()
        end(run.pid, how=signal.SIGINT)
    out, err = run.communicate(timeout=60)
    took_s = time.monotonic() - pressed_s
    print(f"ended {took_s:.1f} s after Ctrl-C")  # noqa: T201 - seen, not asserted: the machine may be busy
    assert (out + err).count("cancelled; what was begun is kept") == 1
    live = [line for line in out.splitlines() if "EcsImagePackage web creating" in line]
    assert any("scanning" in line or "copying" in line for line in live), "live progress, in the package's own row"
    kept = stack.resources()["web"]
    assert kept["id"] == kept["outputs"]["artifactId"]
    assert kept["outputs"]["status"] == "Incomplete"
    assert kept["refreshBeforeUpdate"], "the next operation looks again first"
    assert not stack.export()["deployment"].get("pending_operations")
    assert hub(slow)["images_created"] <= len(REGIONS)
    judge(slow, stack)
