"""What goes wrong under the plugin: a region that fails, a process that dies, a user who presses Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from plugin.stacks import MARKER, YamlStack, package, plugins, shop
from stack.cloud import Cloud
from stack.diffs import property_lines
from stack.processes import end, until
from stack.wishes import GOLD_1, REGIONS

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

SLOW = 120.0
QUOTA = {
    "match": {"service": "ecs", "action": "CopyImage", "account": "hub", "region": "cn-beijing"},
    "times": 1,
    "effect": {"kind": "fail_copy", "code": "QuotaExceed.Image", "message": "the quota of images is used up"},
}


def copies(cloud: Cloud) -> int:
    return int(cloud.ledger()["accounts"]["hub"]["images_created"])


def test_a_region_that_fails_leaves_the_id_and_the_next_run_shows_and_closes_the_gap(
    cloud: Cloud, yaml_stack: YamlStack
) -> None:
    stack = yaml_stack
    cloud.faults(QUOTA)
    stack.write({"web": package(), "shop": shop()})
    failed = stack.up().failed()
    for part in ("cn-beijing", "QuotaExceed.Image"):
        assert part in failed.text
    assert "Traceback" not in failed.text
    kept = stack.resources()["web"]
    assert kept["id"] == kept["outputs"]["artifactId"]
    assert kept["initErrors"]
    assert sorted(kept["outputs"]["images"]) == ["cn-hangzhou", "cn-shanghai"]
    assert "shop" not in stack.resources()

    seen = stack.preview().succeeded().text
    assert property_lines(seen, "web", "distribution") == [f'+ cn-beijing: "copy of {GOLD_1["image_id"]}"'], seen
    made = copies(cloud)
    stack.up().succeeded()
    assert copies(cloud) == made + 1, "only the missing region is copied"
    done = stack.resources()
    assert {r: done["web"]["outputs"]["images"][r] for r in kept["outputs"]["images"]} == kept["outputs"]["images"]
    assert done["shop"]["outputs"]["substitutions"][MARKER] == done["web"]["outputs"]["images"]
    stack.up("--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]


@pytest.fixture
def slow(start_cloud: Callable[..., Cloud]) -> Cloud:
    return start_cloud(time_scale=SLOW)


def start_and_wait_for_a_copy(stack: YamlStack, cloud: Cloud) -> subprocess.Popen[str]:
    stack.write({"web": package()})
    run = stack.start("up", "--yes", "--skip-preview")
    until(cloud, lambda cloud: copies(cloud) >= 1, run)
    return run


def resumes_without_a_second_copy(stack: YamlStack, cloud: Cloud) -> None:
    stack.up().succeeded()
    exported = stack.export()["deployment"]
    assert not exported.get("pending_operations")
    assert sorted(stack.resources()["web"]["outputs"]["images"]) == sorted(REGIONS)
    assert copies(cloud) == len(REGIONS), "nothing was copied twice"
    stack.up("--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]


@pytest.mark.parametrize("victim", ["engine", "provider"])
def test_after_a_kill_the_documented_commands_and_up_make_it_whole(
    victim: str, slow: Cloud, make_yaml: Callable[..., YamlStack]
) -> None:
    stack = make_yaml(slow)
    run = start_and_wait_for_a_copy(stack, slow)
    below = plugins(run.pid)
    assert below
    end(*(below if victim == "provider" else [run.pid]))
    run.communicate(timeout=60)
    assert run.returncode != 0
    if victim == "engine":  # README, "After a crash"
        stack.run("cancel", "--yes").succeeded()
        stack.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates").succeeded()
    resumes_without_a_second_copy(stack, slow)


def test_ctrl_c_ends_within_five_seconds_and_keeps_what_was_begun(
    slow: Cloud, make_yaml: Callable[..., YamlStack]
) -> None:
    stack = make_yaml(slow)
    run = start_and_wait_for_a_copy(stack, slow)
    pressed_s = time.monotonic()
    end(run.pid, how=signal.SIGINT)
    out, err = run.communicate(timeout=30)
    took_s = time.monotonic() - pressed_s
    assert took_s < 5, out + err
    assert (out + err).count("cancelled; what was begun is kept") == 1
    live = [line for line in out.splitlines() if "EcsImagePackage web creating" in line]
    assert any("distributing" in line for line in live), "live progress, in the package's own row"
    kept = stack.resources()["web"]["outputs"]
    assert kept["status"] == "Incomplete"
    assert kept["artifactId"]
    assert not stack.export()["deployment"].get("pending_operations")
    resumes_without_a_second_copy(stack, slow)
