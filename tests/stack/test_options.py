"""Options that the engine itself applies before or around the provider: `ignoreChanges`, `--replace` after a rename."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plugin.stacks import YamlStack
from plugin.stacks import package as yaml_package
from stack.cloud import Cloud
from stack.diffs import changed_properties, property_lines
from stack.engine import Stack
from stack.wishes import GOLD_1, GOLD_2, REGIONS, package

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

ADDED = "ap-southeast-1"


def ignores_regions(stack: Stack, declare: Callable[[dict[str, Any], list[str]], None]) -> None:
    """Regions are taken from what there is; every other change goes to them, and to them alone."""
    declare(GOLD_1, REGIONS)
    stack.up().succeeded()
    declare(GOLD_1, [*REGIONS[1:], ADDED])
    stack.run("preview", "--expect-no-changes").succeeded()
    declare(GOLD_2, [ADDED])
    seen = stack.preview().succeeded().text
    old, new = GOLD_1["image_id"], GOLD_2["image_id"]
    lines = [f'~ {region}: "copy of {old}" => "copy of {new}"' for region in REGIONS]
    assert property_lines(seen, "web", "distribution") == lines, seen
    assert changed_properties(seen, "web") == ["distribution", "source"], seen


def test_ignored_regions_of_a_dynamic_package_stay(stack: Stack) -> None:
    def declare(source: dict[str, Any], regions: list[str]) -> None:
        stack.declare(packages={"web": package(source, regions, options={"ignore_changes": ["regions"]})})

    ignores_regions(stack, declare)


def test_ignored_regions_of_a_package_of_the_plugin_stay(cloud: Cloud, make_yaml: Callable[..., YamlStack]) -> None:
    yaml_stack = make_yaml(cloud)

    def declare(source: dict[str, Any], regions: list[str]) -> None:
        yaml_stack.write({"web": yaml_package(source, list(regions), options={"ignoreChanges": ["regions"]})})

    ignores_regions(yaml_stack, declare)


@pytest.mark.long
def test_a_renamed_package_that_is_replaced_by_force_is_made_anew_under_its_new_name(
    cloud: Cloud, stack: Stack
) -> None:
    """The engine checks a forced replacement without the state, so the identity is the new name's. Under its old name a
    package would be adopted instead (see test_story); either way there is one in the end, and nothing is left behind.
    """
    stack.declare(packages={"web": package(GOLD_1, REGIONS)})
    stack.up().succeeded()
    before = stack.resources()["web"]
    stack.declare(packages={"front": package(GOLD_1, REGIONS, options={"aliases": ["web"]})})
    stack.up("--expect-no-changes").succeeded()
    stack.up("--replace", before["urn"].removesuffix("web") + "front").succeeded()
    after = stack.resources()
    assert "web" not in after
    assert after["front"]["id"] != before["id"]
    assert after["front"]["outputs"]["ownerId"] != before["outputs"]["ownerId"]
    assert sorted(after["front"]["outputs"]["images"]) == REGIONS
    counts = cloud.calls()["counts"]
    assert (counts["CreateArtifact"], counts["DeleteArtifact"]) == (2, 1), "created before the former is deleted"
    stack.run("preview", "--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]
