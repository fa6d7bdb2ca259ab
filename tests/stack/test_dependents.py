"""Who takes an image id of a package sees in a preview what `up` does: nothing, where that region's image stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from plugin.test_moving_over import move_over
from stack.cloud import Cloud
from stack.diffs import changed_properties, resource_block
from stack.engine import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

REGIONS = ["cn-beijing", "cn-hangzhou"]
ADDED = "cn-shanghai"


@pytest.mark.parametrize("transport", ["dynamic", pytest.param("plugin", marks=pytest.mark.long)])
def test_machines_stay_where_their_image_stays(cloud: Cloud, make_stack: Callable[..., Stack], transport: str) -> None:
    stack = make_stack(cloud, program=Path(__file__).with_name("dependents_program.py"))
    if transport == "plugin":
        move_over(stack)
    stack.declare(regions=REGIONS)
    stack.up().succeeded()
    seen = stack.preview("--expect-no-changes").succeeded().text
    assert "images" not in seen, seen
    stack.run("up", "--yes", "--expect-no-changes").succeeded()
    before = stack.outputs()["images"]

    stack.declare(regions=[*REGIONS, ADDED])
    seen = stack.preview().succeeded().text
    for region in REGIONS:
        assert not resource_block(seen, f"machine-{region}"), seen
    assert resource_block(seen, f"machine-{ADDED}"), seen
    assert changed_properties(seen, "web") == ["distribution"], seen
    stack.up().succeeded()
    after = stack.outputs()["images"]
    assert {region: after[region] for region in REGIONS} == before
    assert stack.resources()[f"machine-{ADDED}"]["outputs"]["imageId"] == after[ADDED]
    stack.run("up", "--yes", "--expect-no-changes").succeeded()

    stack.declare(regions=[*REGIONS, ADDED], image="m-bp1gold0000000000002")
    seen = stack.preview().succeeded().text
    for region in (*REGIONS, ADDED):
        assert resource_block(seen, f"machine-{region}"), "another image everywhere: nothing is promised"
