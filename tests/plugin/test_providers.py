"""Explicit providers in Python: one program distributes in two accounts, each by a provider of its own."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from stack.cloud import Cloud
from stack.engine import Stack
from stack.wishes import GOLD_1, LONG_S

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

PROGRAM = f"""
import json
from pathlib import Path

import pulumi
import pulumi_computenest.plugin as computenest

keys = json.loads(Path("keys.json").read_text())
hub = computenest.Provider("hub", cloud="local", access_key=keys[0], secret_key=keys[1])
made = computenest.BuiltImage(region="cn-hangzhou", source_image="aliyun_3", command="true")
gold = computenest.CustomImage(image_id="{GOLD_1["image_id"]}", region="{GOLD_1["region"]}")
own = computenest.EcsImagePackage("own", source=gold, regions=["cn-beijing"], timeout_s={LONG_S})
other = computenest.EcsImagePackage(
    "other", source=made, regions=["cn-beijing"], timeout_s={LONG_S}, opts=pulumi.ResourceOptions(provider=hub)
)
pulumi.export("artifacts", {{"own": own.artifact_id, "other": other.artifact_id}})
"""


def test_two_providers_are_two_accounts(cloud: Cloud, make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(cloud)
    stack.use_plugin()
    (stack.folder / "__main__.py").write_text(PROGRAM)
    (stack.folder / "keys.json").write_text(json.dumps(cloud.keys("hub")))
    stack.up().succeeded()
    found = stack.outputs()["artifacts"]
    makers = {one["account"] for one in cloud.calls()["last"] if one["action"] == "CreateArtifact"}
    assert len(makers) == 2, "each was made by the account of its provider"
    assert found["own"] != found["other"]
    secret = cloud.keys("hub")[1]
    assert secret not in json.dumps(stack.export()), "the key is encrypted in the state"
    stack.run("preview", "--expect-no-changes").succeeded()
    stack.refresh().succeeded()
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]
