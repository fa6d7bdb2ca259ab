"""The stack that `make up` runs, and what its reader is shown."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable

import pytest

from stack.cloud import Cloud
from stack.engine import ROOT, Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(200)]


def test_the_shop_goes_up_and_is_shown(start_cloud: Callable[..., Cloud], make_stack: Callable[..., Stack]) -> None:
    cloud = start_cloud(time_scale=120)  # its timeout is the default: a minute of the world's time
    stack = make_stack(cloud, program=ROOT / "__main__.py")
    shutil.copytree(ROOT / "examples/shop", stack.folder / "examples/shop")
    stack.up().succeeded()
    outputs = stack.outputs()
    regions = {"cn-hangzhou", "cn-beijing", "cn-shanghai", "ap-southeast-1"}
    assert {name: set(images) for name, images in outputs["images"].items()} == dict.fromkeys(
        ("web", "gateway", "worker"), regions
    )
    assert outputs["substitutions"]["ecs_image_web"] == outputs["images"]["web"]
    command = ["computenest", "show", "-"]
    shown = subprocess.run(
        command, input=json.dumps(outputs), env=stack.env, capture_output=True, text=True, check=True
    ).stdout
    assert all(image in shown for images in outputs["images"].values() for image in images.values())
    stack.up("--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]
