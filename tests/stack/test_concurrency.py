"""Twenty-four packages at once: the stock host's four workers are no limit, and waiting costs one call a tick."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from stack.cloud import Cloud
from stack.engine import Stack
from stack.killing import Moment, held
from stack.processes import until
from stack.wishes import GOLD_1, package

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

MANY = 24
TICK_S = 5.0  # emulated; ArtifactWatch.interval_s
# After creating, after releasing, and once for each change that the list can show: Delivering, Available.
READS_EACH = 4
TICKS = 5


def test_24_packages_are_in_flight_at_once_and_polled_together(
    start_cloud: Callable[..., Cloud], make_stack: Callable[..., Stack]
) -> None:
    cloud = start_cloud(time_scale=2)  # a distribution takes minutes, unless time is moved on
    stack = make_stack(cloud)
    stack.declare(packages={f"p{i:02}": package(GOLD_1, ["cn-hangzhou", "cn-beijing"]) for i in range(MANY)})
    with held(cloud, stack, Moment("ReleaseArtifact", MANY), "up", "--parallel", "64") as run:
        assert cloud.ledger()["deliveries_in_flight_peak"] == MANY
    lists = cloud.calls()["counts"]["ListArtifacts"]
    until(lambda: cloud.calls()["counts"]["ListArtifacts"] > lists + TICKS, run)
    cloud.advance(3600)
    said = "".join(run.communicate())
    assert run.returncode == 0, said

    calls = cloud.calls()
    made = [call for call in calls["last"] if call["account"] == "supplier" and not call["is_internal"]]
    assert calls["counts"]["CreateArtifact"] == calls["counts"]["ReleaseArtifact"] == MANY
    ticks = calls["counts"]["ListArtifacts"]  # each lists all of them, and looks at one for the live line
    for single, looks in (("GetArtifact", 0), ("ListArtifactVersions", ticks)):
        assert calls["counts"][single] <= MANY * READS_EACH + looks, (single, calls["counts"])

    released_at = max(call["at"] for call in made if call["action"] == "ReleaseArtifact")
    polls = [call["at"] for call in made if call["action"] == "ListArtifacts" and call["at"] > released_at]
    assert len(polls) >= TICKS
    assert all(later - earlier > TICK_S * 0.9 for earlier, later in pairwise(polls)), "one list call a tick"
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]
