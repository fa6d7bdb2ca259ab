"""The plugin killed at five moments of a distribution, stopped, orphaned: one more `up`, nothing lost or doubled."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from plugin.stacks import YamlStack, package, plugins, shop
from stack.cloud import Cloud
from stack.killing import MOMENTS, SLOW, VICTIMS, clear_up, hub, judge
from stack.processes import end, is_alive, until, watch_until
from stack.wishes import REGIONS

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


def cases() -> list[Any]:
    """Every victim at every moment; `make test` takes each moment once and each victim at least once."""
    often = {(moment, VICTIMS[index % len(VICTIMS)]) for index, moment in enumerate(MOMENTS)}
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
    run = stack.start("up", "--yes", "--skip-preview")
    until(slow, MOMENTS[moment], run)
    below = plugins(run.pid)
    assert below
    if victim in {"provider", "both"}:
        end(*below)
    if victim in {"engine", "both"}:
        end(run.pid)
    run.communicate(timeout=60)
    assert run.returncode != 0
    if victim != "provider":
        clear_up(stack)
    judge(slow, stack)


def test_an_orphan_that_wakes_up_later_changes_nothing_any_more(
    slow: Cloud, make_yaml: Callable[..., YamlStack]
) -> None:
    stack = make_yaml(slow)
    stack.write({"web": package()})
    run = stack.start("up", "--yes", "--skip-preview")
    until(slow, MOMENTS["it is released"], run)
    orphans = plugins(run.pid)
    end(*orphans, how=signal.SIGSTOP)
    end(run.pid)
    run.stdout.close()  # type: ignore[union-attr]
    run.stderr.close()  # type: ignore[union-attr]
    run.wait(30)
    clear_up(stack)
    stack.up().succeeded()
    end(*orphans, how=signal.SIGCONT)
    watch_until(lambda: not any(is_alive(pid) for pid in orphans))
    stack.refresh().succeeded()
    judge(slow, stack)


def test_ctrl_c_ends_at_once_and_keeps_what_was_begun(slow: Cloud, make_yaml: Callable[..., YamlStack]) -> None:
    stack = make_yaml(slow)
    stack.write({"web": package()})
    run = stack.start("up", "--yes", "--skip-preview")
    until(slow, MOMENTS["the first copy runs"], run)
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
