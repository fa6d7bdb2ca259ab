"""A region that fails under the plugin: what was delivered is kept, and the next run closes the gap."""

from __future__ import annotations

import pytest

from plugin.stacks import MARKER, YamlStack, package, shop
from stack.cloud import Cloud
from stack.diffs import property_lines
from stack.wishes import GOLD_1

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

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
    assert kept["refreshBeforeUpdate"], "the next operation looks again first"
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
