"""A stack of dynamic resources becomes one of plugin resources by its import alone: nothing is changed or lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stack.cloud import Cloud
from stack.diffs import property_lines
from stack.engine import Stack
from stack.wishes import BUILT, GOLD_1, MARKET, REGIONS, association, package

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

ADDED = "cn-chengdu"


def move_over(stack: Stack) -> None:
    program = stack.folder / "__main__.py"
    program.write_text(
        program.read_text().replace("import pulumi_computenest as", "import pulumi_computenest.plugin as")
    )
    stack.use_plugin()


def declare(stack: Stack, regions: list[str]) -> None:
    stack.declare(
        packages={
            "web": package(GOLD_1, regions),
            "gateway": package(MARKET, REGIONS),
            "worker": package(BUILT, ["cn-hangzhou"]),
        },
        associations={"shop": association({"ecs_image_web": "web", "ecs_image_gateway": "gateway"})},
    )


def test_changing_the_import_changes_no_package(cloud: Cloud, make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(cloud)
    declare(stack, REGIONS)
    stack.up().succeeded()
    before = stack.resources()
    move_over(stack)  # test_upgrade.py previews it
    stack.up("--expect-no-changes").succeeded()
    after = stack.resources()
    assert after["web"]["type"] == "computenest:index:EcsImagePackage"
    for name in ("web", "gateway", "worker"):
        assert after[name]["outputs"]["ownerId"] == before[name]["outputs"]["ownerId"]
        assert after[name]["outputs"]["images"] == before[name]["outputs"]["images"]

    declare(stack, [*REGIONS, ADDED])
    seen = stack.preview().succeeded().text
    assert property_lines(seen, "web", "distribution") == [f'+ {ADDED}: "copy of {GOLD_1["image_id"]}"'], seen
    assert property_lines(seen, "shop", "substitutions") == ["~ ecs_image_web: {", f"+ {ADDED}: [unknown]"], seen
    stack.up().succeeded()
    stack.refresh().succeeded()
    stack.run("preview", "--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]
