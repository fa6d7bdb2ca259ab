"""The example with pulumi-alicloud under Pulumi's mocks: each region's stack gets that region's image."""

from __future__ import annotations

import asyncio
import runpy
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/alicloud"
IMAGES = {"cn-hangzhou": "m-bp1aaaaaaaaaaaaaaaa", "cn-beijing": "m-2zebbbbbbbbbbbbbbbb"}


class Cloud(pulumi.runtime.Mocks):
    """Answers each registration as its provider would."""

    def __init__(self) -> None:
        self.registered: dict[str, pulumi.runtime.MockResourceArgs] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.registered[args.name] = args
        outputs = dict(args.inputs)
        if args.typ.endswith(":EcsImagePackage"):
            outputs |= {
                "name": args.name,
                "distribution": dict.fromkeys(IMAGES, "copy of m-bp1golden"),
                "images": IMAGES,
                "status": "Available",
                "reasons": {},
                "version": "1",
                "artifactId": "artifact-1",
                "generation": 1,
                "reissued": False,
            }
        if args.typ.endswith(":ServiceImageAssociation"):
            outputs |= {"substitutions": dict.fromkeys(args.inputs["packages"], IMAGES)}
        return f"{args.name}-id", outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[Any, Any]:
        return dict(args.args)


def test_each_region_is_deployed_with_its_own_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLE)
    cloud = Cloud()
    asyncio.set_event_loop(asyncio.new_event_loop())
    mocks.set_mocks(cloud, project="example", stack="test", preview=False)
    pulumi.runtime.set_all_config({"example:goldenInstanceId": "i-golden"})

    async def program() -> None:
        runpy.run_path(str(EXAMPLE / "__main__.py"), run_name="__main__")

    pulumi.runtime.test(program)()
    template = (EXAMPLE / "template.yaml").read_text()
    for region, image in IMAGES.items():
        body = cloud.registered[f"shop-{region}"].inputs["templateBody"]
        assert body == template.replace("ecs_image_web", image)
    assert cloud.registered["web"].inputs["source"]["imageId"] == "golden-id"


def test_the_example_says_that_it_was_not_run_against_the_real_plugin() -> None:
    assert "Not run against the real `alicloud` plugin" in (EXAMPLE / "__main__.py").read_text()
