"""What a preview shows in the cases that the story does not tell: other markers, other assumptions, other code."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.cloud import Cloud
from stack.diffs import property_lines, resource_block
from stack.engine import ROOT, Stack
from stack.wishes import GOLD_1, GOLD_2, MARKET, REGIONS, association, package

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

ADDED = "ap-southeast-1"


def declare(
    stack: Stack, markers: dict[str, str], *, tags: dict[str, str] | None = None, more: tuple[str, ...] = ()
) -> None:
    stack.declare(
        packages={
            "web": package(GOLD_1, [*REGIONS, *more], **({"tags": tags} if tags else {})),
            "gateway": package(MARKET, REGIONS),
            "spare": package(GOLD_2, REGIONS[:2]),
        },
        associations={"shop": association(markers)},
    )


BOTH = {"ecs_image_web": "web", "ecs_image_gateway": "gateway"}


def test_a_marker_moved_to_another_package_changes_exactly_its_lines(stack: Stack) -> None:
    declare(stack, BOTH)
    stack.up().succeeded()
    before = {name: item["outputs"].get("images", {}) for name, item in stack.resources().items() if "outputs" in item}
    declare(stack, {**BOTH, "ecs_image_gateway": "spare"})
    seen = stack.preview().succeeded().text
    old, new = before["gateway"], before["spare"]
    assert property_lines(seen, "shop", "substitutions") == [
        "~ ecs_image_gateway: {",
        f'~ cn-beijing: "{old["cn-beijing"]}" => "{new["cn-beijing"]}"',
        f'~ cn-hangzhou: "{old["cn-hangzhou"]}" => "{new["cn-hangzhou"]}"',
        f'- cn-shanghai: "{old["cn-shanghai"]}"',
    ], seen
    assert not resource_block(seen, "web")
    assert not resource_block(seen, "gateway")


def test_neither_the_order_of_tags_nor_other_code_is_a_change(stack: Stack, tmp_path: Path) -> None:
    declare(stack, BOTH, tags={"team": "shop", "stage": "test"})
    stack.up().succeeded()
    declare(stack, BOTH, tags={"stage": "test", "team": "shop"})
    stack.run("preview", "--expect-no-changes").succeeded()
    newer = tmp_path / "newer"
    shutil.copytree(ROOT / "provider/computenest", newer / "computenest", ignore=shutil.ignore_patterns("__pycache__"))
    providers = newer / "computenest/serve/dynamic/provider.py"
    providers.write_text(providers.read_text() + "\n\nNEWER_CODE = True\n")
    stack.environment["PYTHONPATH"] = str(newer)
    stack.run("preview", "--expect-no-changes").succeeded()
    stack.up("--expect-no-changes").succeeded()


def test_a_tag_alone_leaves_the_association_alone(stack: Stack) -> None:
    declare(stack, BOTH)
    stack.up().succeeded()
    declare(stack, BOTH, tags={"team": "shop"})
    seen = stack.preview().succeeded().text
    assert resource_block(seen, "web")
    assert not resource_block(seen, "shop"), seen
    stack.up().succeeded()
    assert stack.resources()["web"]["outputs"]["version"] == "1"


def test_without_the_assumption_every_region_is_unknown(cloud: Cloud, make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(cloud, settings={"computenest:assumeStableDelivery": "false"})
    declare(stack, BOTH)
    stack.up().succeeded()
    assert unknown_regions(stack) == sorted([*REGIONS, ADDED])


def test_the_first_re_issue_seen_ends_the_assumption(cloud: Cloud, stack: Stack) -> None:
    cloud.control("PUT", "facts", {"delivery.reissues_unchanged_regions": True})
    declare(stack, BOTH)
    stack.up().succeeded()
    assert unknown_regions(stack) == [ADDED], "nothing was seen yet"
    stack.up().succeeded()
    declare(stack, BOTH, more=(ADDED, "cn-chengdu"))
    seen = stack.preview().succeeded().text
    lines = property_lines(seen, "shop", "substitutions")
    assert sum("[unknown]" in line for line in lines) == len(REGIONS) + 2, lines


def unknown_regions(stack: Stack) -> list[str]:
    """The regions of the marker that a preview shows as unknown when a region is added."""
    declare(stack, BOTH, more=(ADDED,))
    lines = property_lines(stack.preview().succeeded().text, "shop", "substitutions")
    return sorted(line.split()[1].rstrip(":") for line in lines if "[unknown]" in line)
