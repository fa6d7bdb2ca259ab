"""A service's runs killed on the real engine: the documented commands, one more run, and nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stack.cloud import Cloud
from stack.engine import Stack
from stack.killing import SLOW, VICTIMS, Moment, kill
from stack.shops import approve, as_seen, declare, make_shop

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


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
    kill(cloud, stack, Moment("CreateService"), victim, "up")
    stack.up().succeeded()
    first = as_seen(stack)
    assert first["status"] == "Submitted"
    assert [row["service_id"] for row in services(cloud)] == [first["serviceId"]], "not made twice"

    approve(cloud, stack)
    kill(cloud, stack, Moment("LaunchService"), victim, "up")
    stack.up().succeeded()
    assert (as_seen(stack)["status"], as_seen(stack)["serviceVersion"]) == ("Online", "1")
    assert as_seen(stack)["serviceId"] == first["serviceId"]
    stack.up("--expect-no-changes").succeeded()

    kill(cloud, stack, Moment("WithdrawService"), victim, "destroy")
    stack.destroy().succeeded()
    cloud.advance(3600)
    assert cloud.ledger()["is_empty"], cloud.ledger()


def services(cloud: Cloud) -> list[dict[str, str]]:
    return list(cloud.ledger()["accounts"]["supplier"]["services_outstanding"])
