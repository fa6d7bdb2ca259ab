"""Killed in the first `up` and then destroyed: the engine asks no provider any more, and `computenest orphans` finds
and removes everything that was made, whoever served the stack and however the package is distributed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from plugin.stacks import YamlStack
from plugin.stacks import package as yaml_package
from stack import test_direct
from stack.cloud import Cloud
from stack.direct_killing import MOMENTS as DIRECT
from stack.direct_killing import SCALE
from stack.engine import Stack
from stack.installed import installed
from stack.killing import MOMENTS, SLOW, Moment, kill
from stack.test_direct import TWELVE, uid
from stack.wishes import GOLD_1, package

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]
NOTHING = (0, ["no orphans of story/dev"])
_TRIES = 60
"""A deletion that the cloud is still at work on is asked for again."""


def orphans(stack: Stack, *options: str) -> tuple[int, list[str]]:
    """As README, "After a crash", has it; its exit code and lines."""
    export = json.dumps(stack.export())
    command = [installed() / "computenest", "orphans", "-", "--stack", "story/dev", *options]
    given = ("--account", "hub", "--config", "computenest:cloud=local")
    run = subprocess.run(
        [*command, *given], input=export, capture_output=True, text=True, env=stack.env, cwd=stack.folder
    )
    assert run.stderr == ""
    return run.returncode, run.stdout.splitlines()


def outstanding(cloud: Cloud) -> list[tuple[str, Any]]:
    """What the ledger says is left, in any account."""
    return [
        (f"{account} {what}", row)
        for account, rows in cloud.ledger()["accounts"].items()
        for what, found in rows.items()
        if what.endswith("_outstanding")
        for row in found
    ]


def forgets(cloud: Cloud, stack: Stack, moment: Moment) -> None:
    """The engine and its provider are killed; the documented commands, and then no `up` but a `destroy`."""
    kill(cloud, stack, moment, "both")
    stack.destroy().succeeded()
    assert stack.resources() == {}


def is_cleared(cloud: Cloud, stack: Stack) -> None:
    left = outstanding(cloud)
    assert left, "something was made"
    artifacts = [row["artifact_id"] for what, row in left if what == "supplier artifacts_outstanding"]
    # What the cloud itself made and shared for an artifact goes with it, and is not ours to name.
    mine = artifacts or [row["image_id"] for _, row in left]
    code, lines = orphans(stack)
    assert code == 1
    assert [one for one in mine if not any(one in line for line in lines)] == [], lines
    for _ in range(_TRIES):
        code, lines = orphans(stack, "--remove")
        if code == 0:
            break
    assert code == 0, lines
    assert orphans(stack) == NOTHING
    assert cloud.ledger()["is_empty"], outstanding(cloud)


def often(transport: str) -> pytest.MarkDecorator:
    """Both transports; `make test` takes one for managed packages and the other for direct ones."""
    others = [pytest.param(name, marks=() if name == transport else pytest.mark.long) for name in ("plugin", "dynamic")]
    return pytest.mark.parametrize("make", others, indirect=True)


@pytest.fixture
def make(
    request: pytest.FixtureRequest, make_yaml: Callable[..., YamlStack], make_stack: Callable[..., Stack]
) -> Callable[[Cloud, bool], Stack]:
    """A stack with the package `web`, managed or direct."""

    def made(cloud: Cloud, is_direct: bool) -> Stack:
        if request.param == "dynamic":
            stack = make_stack(cloud)
            if is_direct:
                test_direct.declare(cloud, stack)
            else:
                stack.declare(packages={"web": package(GOLD_1)})
            return stack
        yaml = make_yaml(cloud)
        direct = {"hubAccount": "hub", "hubUid": uid(cloud, "hub"), "permit": [uid(cloud, "customer")]}
        yaml.write({"web": yaml_package(regions=TWELVE, direct=direct) if is_direct else yaml_package()})
        return yaml

    return made


@often("plugin")
@pytest.mark.parametrize(
    "moment",
    [pytest.param(m, marks=() if m == "the first copy runs" else pytest.mark.long) for m in MOMENTS if "look" not in m],
)
def test_what_a_managed_package_left_is_found(
    moment: str, start_cloud: Callable[..., Cloud], make: Callable[[Cloud, bool], Stack]
) -> None:
    cloud = start_cloud(time_scale=SLOW)
    stack = make(cloud, False)
    forgets(cloud, stack, MOMENTS[moment])
    is_cleared(cloud, stack)


@often("dynamic")
@pytest.mark.parametrize(
    "moment", [pytest.param(m, marks=() if m == "some copies run" else pytest.mark.long) for m in DIRECT]
)
def test_what_a_direct_package_left_is_found(
    moment: str, start_cloud: Callable[..., Cloud], make: Callable[[Cloud, bool], Stack]
) -> None:
    cloud = start_cloud(time_scale=SCALE)
    stack = make(cloud, True)
    forgets(cloud, stack, DIRECT[moment])
    is_cleared(cloud, stack)
