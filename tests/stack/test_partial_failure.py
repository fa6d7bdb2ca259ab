"""One region's copy fails: the run fails and says why, the rest is kept, and the next run does only what is missing."""

from __future__ import annotations

import pytest

from stack.cloud import Cloud
from stack.diffs import property_lines
from stack.engine import Stack
from stack.wishes import GOLD_1, GOLD_2, MARKET, REGIONS, association, package

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

QUOTA = {
    "match": {"service": "ecs", "action": "CopyImage", "account": "hub", "region": "cn-beijing"},
    "times": 1,
    "effect": {"kind": "fail_copy", "code": "QuotaExceed.Image", "message": "the quota of images is used up"},
}
MARKERS = {"ecs_image_web": "web", "ecs_image_gateway": "gateway"}


def declare(stack: Stack, source: dict[str, str], regions: list[str] = REGIONS, **gateway: object) -> None:
    stack.declare(
        packages={"web": package(source, regions), "gateway": package(MARKET, REGIONS, **gateway)},
        associations={"shop": association(MARKERS)},
        export=["web"],
    )


def copies_started(cloud: Cloud) -> dict[str, int]:
    """Region -> copies that the hub began into it, as the ledger counts images made."""
    images = cloud.ledger()["accounts"]["hub"]
    return {"created": images["images_created"], "deleted": images["images_deleted"]}


@pytest.mark.long  # states: lifecycle/stories.py, a_failed_region_is_all_that_the_next_run_copies
def test_a_first_run_that_reaches_only_some_regions_keeps_them_and_fails(cloud: Cloud, stack: Stack) -> None:
    cloud.faults(QUOTA)
    declare(stack, GOLD_1)
    failed = stack.up().failed()
    assert "cn-beijing" in failed.text
    assert "QuotaExceed.Image" in failed.text
    assert "Traceback" not in failed.text
    kept = stack.resources()["web"]["outputs"]
    assert kept["status"] == "Incomplete"
    assert sorted(kept["images"]) == ["cn-hangzhou", "cn-shanghai"]
    assert "shop" not in stack.resources()

    seen = stack.preview().succeeded().text
    assert "web" in seen
    made = copies_started(cloud)["created"]
    stack.up().succeeded()
    assert copies_started(cloud)["created"] == made + 1, "only the missing region is copied"
    done = stack.resources()["web"]["outputs"]
    assert sorted(done["images"]) == sorted(REGIONS)
    assert {r: done["images"][r] for r in kept["images"]} == kept["images"]
    assert stack.resources()["shop"]["outputs"]["substitutions"]["ecs_image_web"] == done["images"]
    stack.up("--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]


def test_a_dependent_keeps_its_previous_version_and_others_can_be_updated(cloud: Cloud, stack: Stack) -> None:
    declare(stack, GOLD_1)
    stack.up().succeeded()
    before = stack.resources()["shop"]["outputs"]
    cloud.faults(QUOTA)
    declare(stack, GOLD_2)
    failed = stack.up().failed()
    assert "cn-beijing" in failed.text
    assert "QuotaExceed.Image" in failed.text
    assert stack.resources()["shop"]["outputs"] == before
    assert stack.resources()["web"]["outputs"]["status"] == "Incomplete"

    declare(stack, GOLD_2, tags={"team": "gate"})
    gateway = stack.resources()["gateway"]["urn"]
    stack.up("--target", gateway).succeeded()
    assert stack.resources()["gateway"]["outputs"]["tags"] == {"team": "gate"}
    assert stack.resources()["shop"]["outputs"] == before

    stack.up().succeeded()
    after = stack.resources()
    assert after["web"]["outputs"]["status"] == "Available"
    assert after["shop"]["outputs"]["substitutions"]["ecs_image_web"] == after["web"]["outputs"]["images"]
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]


def test_a_refresh_between_failure_and_repair_shows_exactly_the_gap(cloud: Cloud, stack: Stack) -> None:
    declare(stack, GOLD_1)
    stack.up().succeeded()
    cloud.faults({**QUOTA, "match": {**QUOTA["match"], "region": "cn-chengdu"}})
    declare(stack, GOLD_1, [*REGIONS, "cn-chengdu"])
    stack.up().failed()
    stack.refresh().succeeded()
    seen = stack.preview().succeeded().text
    assert property_lines(seen, "web", "distribution") == [f'+ cn-chengdu: "copy of {GOLD_1["image_id"]}"'], seen
    stack.up().succeeded()
    assert sorted(stack.resources()["web"]["outputs"]["images"]) == sorted([*REGIONS, "cn-chengdu"])


@pytest.mark.long  # states: lifecycle/stories.py, a_failed_update_can_be_taken_back
def test_a_new_region_that_fails_is_taken_back_without_a_trace(cloud: Cloud, stack: Stack) -> None:
    declare(stack, GOLD_1)
    stack.up().succeeded()
    before = stack.resources()["web"]["outputs"]["images"]
    cloud.faults({**QUOTA, "times": None, "match": {**QUOTA["match"], "region": "cn-chengdu"}})
    declare(stack, GOLD_1, [*REGIONS, "cn-chengdu"])
    stack.up().failed()
    declare(stack, GOLD_1)
    stack.up().succeeded()
    assert stack.resources()["web"]["outputs"]["images"] == before
    stack.up("--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]
