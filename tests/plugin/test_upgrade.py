"""States that earlier versions recorded: the provider of today previews them without a change, on either transport.

`COMPUTENEST_RECORD=v0.1.0 pytest tests/plugin/test_upgrade.py` adds the states of the version at hand; none is ever
edited or taken away.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugin.stacks import YamlStack, package, shop
from plugin.test_moving_over import move_over
from stack import wishes
from stack.cloud import Cloud
from stack.engine import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

FOLDER = Path(__file__).with_name("baselines")
PLUGIN = {"web": package(), "shop": shop()}
OF_THE_MACHINE = ("sourcePosition", "stackTrace", "created", "modified")
RECORD = os.environ.get("COMPUTENEST_RECORD")


def declare_dynamic(stack: Stack) -> None:
    stack.declare(
        packages={"web": wishes.package(), "gateway": wishes.package(wishes.MARKET)},
        associations={"shop": wishes.association({"ecs_image_web": "web", "ecs_image_gateway": "gateway"})},
    )


def recorded(kind: str) -> list[Path]:
    return sorted(FOLDER.glob(f"*-{kind}.json"))


def restore(stack: Stack, baseline: Path) -> None:
    (stack.folder / "baseline.json").write_text(baseline.read_text())
    stack.run("stack", "import", "--file", "baseline.json").succeeded()


def resources_of(exported: Any) -> Any:
    """An export without what differs from run to run."""
    deployment = exported["deployment"]
    kept = {key: deployment[key] for key in ("resources", "secrets_providers") if key in deployment}
    kept["manifest"] = {**deployment["manifest"], "plugins": None}
    kept["resources"] = [{k: v for k, v in found.items() if k not in OF_THE_MACHINE} for found in kept["resources"]]
    return {"version": exported["version"], "deployment": kept}


@pytest.mark.skipif(RECORD is None, reason="records new baselines, when asked")
def test_record(cloud: Cloud, make_yaml: Callable[..., YamlStack], make_stack: Callable[..., Stack]) -> None:
    stack = make_yaml(cloud)
    stack.write(PLUGIN)
    dynamic = make_stack(cloud)
    declare_dynamic(dynamic)
    for kind, made in (("plugin", stack), ("dynamic", dynamic)):
        made.up().succeeded()
        file = FOLDER / f"{RECORD}-{kind}.json"
        assert not file.exists(), "a baseline is never overwritten"
        file.write_text(json.dumps(resources_of(made.export()), indent=1) + "\n")
        made.destroy().succeeded()


@pytest.mark.parametrize("baseline", recorded("plugin"), ids=lambda path: path.stem)
def test_a_recorded_plugin_stack_sees_no_change(baseline: Path, yaml_stack: YamlStack) -> None:
    yaml_stack.write(PLUGIN)
    restore(yaml_stack, baseline)
    yaml_stack.run("preview", "--expect-no-changes").succeeded()


@pytest.mark.parametrize("baseline", recorded("dynamic"), ids=lambda path: path.stem)
def test_a_recorded_dynamic_stack_sees_no_change_before_and_after_moving_over(
    baseline: Path, cloud: Cloud, make_stack: Callable[..., Stack]
) -> None:
    stack = make_stack(cloud)
    declare_dynamic(stack)
    restore(stack, baseline)
    stack.run("preview", "--expect-no-changes").succeeded()
    move_over(stack)
    stack.run("preview", "--expect-no-changes").succeeded()


def test_there_is_a_baseline_of_each_transport() -> None:
    assert recorded("plugin")
    assert recorded("dynamic")
