"""A line that is alive in each package's own row of `pulumi up`: in both transports, both ways to distribute."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from plugin.stacks import YamlStack
from plugin.stacks import package as yaml_package
from stack.cloud import Cloud
from stack.engine import Stack
from stack.wishes import GOLD_1, package

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

REGIONS = ["cn-beijing", "cn-chengdu", "cn-hangzhou", "cn-shanghai"]
SLOW = 20.0  # a copy of two minutes takes six seconds
PERCENT, REGION = r"\d+%", r"[a-z]+-[a-z]+(-\d)?"


def rows(text: str, name: str) -> list[str]:
    """What the engine printed while the package `name` was being made, in its row."""
    found = [re.search(rf"EcsImagePackage {name} creating \(\d+s\) (.*)$", line) for line in text.splitlines()]
    return [row[1].strip() for row in found if row is not None]


def alive(text: str, name: str, what: str) -> list[str]:
    """The lines that say `what` so far; each with how many of the regions are done."""
    lines = [row for row in rows(text, name) if re.match(rf"{PERCENT} \d/4 regions{what}", row)]
    assert lines, rows(text, name)
    done = [int(line.partition("/")[0].rpartition(" ")[2]) for line in lines]
    assert done == sorted(done), "what is done stays done"
    return lines


def judge(text: str) -> None:
    """The managed package has a percentage of the whole, the direct one a percentage of its slowest region."""
    managed, direct = alive(text, "web", ""), alive(text, "gold", f" · {REGION} {PERCENT}")
    for lines in (managed, direct):
        assert not any("ETA" in line for line in lines), lines
        assert not any(line.startswith(("web:", "gold:")) for line in lines), "the row has the name already"
    for name in ("web", "gold"):
        done = [line for line in text.splitlines() if re.search(rf"EcsImagePackage {name} created ", line)]
        assert done, text
        assert not any("regions" in line for line in done), "a finished row keeps no line of its work"
    print("\n".join([*managed, *direct]))  # noqa: T201 - shown by -rP
    assert len({re.search(PERCENT, line)[0] for line in managed}) >= 2, managed  # type: ignore[index]


def hub_uid(cloud: Cloud) -> str:
    return str(cloud.handle["accounts"]["hub"]["uid"])


def test_packages_of_the_plugin_are_alive(
    start_cloud: Callable[..., Cloud], make_yaml: Callable[..., YamlStack]
) -> None:
    cloud = start_cloud(time_scale=SLOW)
    stack = make_yaml(cloud)
    direct = {"hubAccount": "hub", "hubUid": hub_uid(cloud)}
    stack.write({"web": yaml_package(regions=REGIONS), "gold": yaml_package(regions=[*REGIONS], direct=direct)})
    judge(stack.up().succeeded().text)


def test_packages_of_dynamic_resources_are_alive(
    start_cloud: Callable[..., Cloud], make_stack: Callable[..., Stack]
) -> None:
    cloud = start_cloud(time_scale=SLOW)
    stack = make_stack(cloud)
    direct = {"hub_account": "hub", "hub_uid": hub_uid(cloud)}
    stack.declare(packages={"web": package(GOLD_1, REGIONS), "gold": package(GOLD_1, REGIONS, direct=direct)})
    judge(stack.up().succeeded().text)
