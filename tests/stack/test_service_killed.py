"""A service's runs killed on the real engine: the documented commands, one more run, and nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stack.cloud import Cloud
from stack.engine import Stack
from stack.killing import SLOW, clear_up
from stack.processes import descendants, end, until
from stack.shops import approve, as_seen, declare, make_shop

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

VICTIMS = ("engine", "provider", "both")
HOSTS = {False: "-m pulumi.dynamic", True: "pulumi-resource-computenest"}


# `make test` kills at every third call in virtual time (tests/lifecycle/test_service_crashes.py).
@pytest.mark.parametrize(
    ("plugin", "victim"),
    [pytest.param(p, v, marks=pytest.mark.long) for p in (False, True) for v in VICTIMS],
)
def test_killed_while_it_is_made_launched_and_deleted(
    start_cloud: Callable[..., Cloud], make_stack: Callable[..., Stack], *, plugin: bool, victim: str
) -> None:
    cloud = start_cloud(time_scale=SLOW)
    stack = make_shop(make_stack, cloud, plugin=plugin)
    declare(stack, plugin=plugin, publishing="online")
    kill(cloud, stack, "up", "CreateService", plugin=plugin, victim=victim)
    stack.up().succeeded()
    first = as_seen(stack)
    assert first["status"] == "Submitted"
    assert [row["service_id"] for row in services(cloud)] == [first["serviceId"]], "not made twice"

    approve(cloud, stack)
    kill(cloud, stack, "up", "LaunchService", plugin=plugin, victim=victim)
    stack.up().succeeded()
    assert (as_seen(stack)["status"], as_seen(stack)["serviceVersion"]) == ("Online", "1")
    assert as_seen(stack)["serviceId"] == first["serviceId"]
    stack.up("--expect-no-changes").succeeded()

    kill(cloud, stack, "destroy", "WithdrawService", plugin=plugin, victim=victim)
    stack.destroy().succeeded()
    cloud.control("POST", "clock", {"advance_s": 3600})
    assert cloud.ledger()["is_empty"], cloud.ledger()


def services(cloud: Cloud) -> list[dict[str, str]]:
    return list(cloud.ledger()["accounts"]["supplier"]["services_outstanding"])


def kill(cloud: Cloud, stack: Stack, command: str, action: str, *, plugin: bool, victim: str) -> None:
    """Ends the victim as soon as the cloud has seen `action`; then what README, "After a crash", asks for."""
    cloud.control("DELETE", "calls")
    run = stack.start(command, "--yes", "--skip-preview")
    until(cloud, lambda seen: action in dict(seen.calls()["counts"]), run)
    below = [pid for pid, line in descendants(run.pid).items() if HOSTS[plugin] in line]
    assert below
    if victim in {"provider", "both"}:
        end(*below)
    if victim in {"engine", "both"}:
        end(run.pid)
    run.communicate(timeout=60)
    assert run.returncode != 0
    if victim != "provider":
        clear_up(stack)
