"""The life of a stack of plugin resources, told by a YAML program on the real engine."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from plugin.stacks import MARKER, YamlStack, package, shop
from stack.cloud import Cloud
from stack.diffs import changed_properties, property_lines
from stack.engine import ROOT
from stack.wishes import GOLD_1, GOLD_2, REGIONS

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

ADDED = "ap-southeast-1"


def test_a_yaml_stack_lives(cloud: Cloud, yaml_stack: YamlStack) -> None:
    stack = yaml_stack
    stack.write({"web": package(), "shop": shop()})
    stack.up().succeeded()
    first = stack.resources()["web"]["outputs"]["images"]
    assert sorted(first) == sorted(REGIONS)
    stack.is_unchanged()
    stack.write({"web": package(regions=list(reversed(REGIONS))), "shop": shop()})
    stack.run("preview", "--expect-no-changes").succeeded()

    stack.write({"web": package(regions=[*REGIONS, ADDED]), "shop": shop()})
    seen = stack.preview().succeeded().text
    assert property_lines(seen, "web", "distribution") == [f'+ {ADDED}: "copy of {GOLD_1["image_id"]}"'], seen
    assert changed_properties(seen, "web") == ["distribution"]
    lines = property_lines(seen, "shop", "substitutions")
    assert lines == [f"~ {MARKER}: {{", f"+ {ADDED}: [unknown]"], seen
    stack.up().succeeded()
    now = stack.resources()
    assert {r: now["web"]["outputs"]["images"][r] for r in REGIONS} == first
    assert now["shop"]["outputs"]["substitutions"][MARKER] == now["web"]["outputs"]["images"]
    stack.up("--expect-no-changes").succeeded()

    stack.write({"web": package(GOLD_2, [*REGIONS, ADDED]), "shop": shop()})
    seen = stack.preview().succeeded().text
    old, new = GOLD_1["image_id"], GOLD_2["image_id"]
    assert property_lines(seen, "web", "distribution") == [
        f'~ {region}: "copy of {old}" => "copy of {new}"' for region in sorted([*REGIONS, ADDED])
    ]
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]


def test_the_plugin_runs_from_its_source(cloud: Cloud, make_yaml: Callable[..., YamlStack]) -> None:
    stack = make_yaml(cloud, provider=ROOT / "provider")
    own = [str(Path(sys.executable).parent), str(stack.engine), os.environ["PATH"]]  # where the tree is installed
    stack.environment = {**stack.environment, "PATH": os.pathsep.join(own)}
    stack.write({"web": package(), "shop": shop()})
    assert "computenest:index:EcsImagePackage: (create)" in stack.preview().succeeded().text
    stack.write({"web": package({**GOLD_1, "region": "cn-beijing"}, ["cn-hangzhou", "cn-nowhere"], releese=True)})
    text = stack.preview().failed().text
    assert "releese" in text
    assert "Traceback" not in text


def test_all_that_is_wrong_is_said_at_once_with_its_path(cloud: Cloud, make_yaml: Callable[..., YamlStack]) -> None:
    stack = make_yaml(cloud)
    stack.write({"web": package({**GOLD_1, "region": "cn-beijing"}, ["cn-hangzhou", "cn-nowhere"])})
    text = stack.preview().failed().text
    assert "source.imageId: m-bp1gold0000000000001 has the prefix of cn-hangzhou" in text
    assert "regions[1]: 'cn-nowhere' is not a region" in text
