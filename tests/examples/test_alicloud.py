"""The example with pulumi-alicloud: under Pulumi's mocks, its inputs held against what the real plugin checks, and its
stacks deployed on the embedded cloud by the client and the requests of Terraform's `alicloud_ros_stack`."""

from __future__ import annotations

import asyncio
import contextvars
import json
import re
import runpy
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pulumi
import pulumi_alicloud
import pytest
from alibabacloud_ecs20140526 import models as ecs
from pulumi.runtime import mocks

from emulator.clients import Keys, Request, with_tea
from emulator.harness import GOLDEN, Cloud

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/alicloud"
IMAGES = {"cn-hangzhou": "m-bp1aaaaaaaaaaaaaaaa", "cn-beijing": "m-2zebbbbbbbbbbbbbbbb"}


class Engine(pulumi.runtime.Mocks):
    """Answers each registration as its provider would."""

    def __init__(self, images: dict[str, str]) -> None:
        self.images = images
        self.registered: dict[str, pulumi.runtime.MockResourceArgs] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.registered[args.name] = args
        outputs = dict(args.inputs)
        if args.typ.endswith(":EcsImagePackage"):
            outputs |= {
                "name": args.name,
                "distribution": dict.fromkeys(IMAGES, "copy of m-bp1golden"),
                "images": self.images,
                "status": "Available",
                "reasons": {},
                "version": "1",
                "artifactId": "artifact-1",
                "generation": 1,
                "reissued": False,
            }
        if args.typ.endswith(":ServiceImageAssociation"):
            outputs |= {"substitutions": dict.fromkeys(args.inputs["packages"], self.images)}
        return f"{args.name}-id", outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[Any, Any]:
        return dict(args.args)


PLACES = {region: {"ZoneId": f"{region}-b", "VSwitchId": "vsw-1", "SecurityGroupId": "sg-1"} for region in IMAGES}


def registered(monkeypatch: pytest.MonkeyPatch, images: dict[str, str], **config: str) -> dict[str, Any]:
    """The inputs of each resource of the example, in a run of its own."""
    monkeypatch.chdir(EXAMPLE)
    return contextvars.Context().run(_run, Engine(images), config)


def _run(engine: Engine, config: dict[str, str]) -> dict[str, Any]:
    asyncio.set_event_loop(asyncio.new_event_loop())
    mocks.set_mocks(engine, project="example", stack="test", preview=False)
    values = {"goldenInstanceId": "i-golden", "places": json.dumps(PLACES), **config}
    pulumi.runtime.set_all_config({f"example:{key}": value for key, value in values.items()})

    async def program() -> None:
        runpy.run_path(str(EXAMPLE / "__main__.py"), run_name="__main__")

    pulumi.runtime.test(program)()
    return {name: args.inputs for name, args in engine.registered.items()}


def given_to(stack: dict[str, Any]) -> dict[str, str]:
    return {entry["parameterKey"]: entry["parameterValue"] for entry in stack["parameters"]}


def test_each_region_is_deployed_with_its_own_image(monkeypatch: pytest.MonkeyPatch) -> None:
    found = registered(monkeypatch, IMAGES)
    for region, image in IMAGES.items():
        given = given_to(found[f"shop-{region}"])
        assert given == {**PLACES[region], "Image_ecs_image_web": image}
    assert found["web"]["source"]["imageId"] == "golden-id"
    assert "endpoints" not in found["in-cn-hangzhou"]


def test_the_inputs_pass_what_the_plugin_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """terraform-provider-alicloud: `template_body` is JSON (StringIsJSON), a parameter has a value, names and
    descriptions are such, the protocol is one of two; and ROS's own rule that every parameter without a default is
    given."""
    found = registered(monkeypatch, IMAGES)
    for region in IMAGES:
        stack = found[f"shop-{region}"]
        template = json.loads(stack["templateBody"])
        needed = {name for name, spec in template["Parameters"].items() if "Default" not in spec}
        assert needed == set(given_to(stack))
        assert all(isinstance(entry["parameterValue"], str) for entry in stack["parameters"])
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}", stack["stackName"])
    golden = found["golden"]
    assert "instanceId" in golden
    assert not {"snapshotId", "diskDeviceMappings"} & set(golden)  # they exclude each other
    assert re.fullmatch(r"(?!https?://)[A-Za-z\u4e00-\u9fff][\w:.-]{1,127}", golden["imageName"])
    assert re.fullmatch(r"(?!https?://).{2,256}", golden["description"])
    elsewhere = registered(monkeypatch, IMAGES, endpoint="127.0.0.1:1")
    for region in IMAGES:
        assert found[f"in-{region}"].get("protocol") in (None, "HTTP", "HTTPS")
        assert elsewhere[f"in-{region}"]["protocol"] in ("HTTP", "HTTPS")  # StringInSlice


def test_a_new_image_is_a_change_that_the_plugin_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    """It calls UpdateStack when the parameters change, and not when the template does."""
    before = registered(monkeypatch, IMAGES)
    after = registered(monkeypatch, {**IMAGES, "cn-beijing": "m-2zecccccccccccccccc"})
    for region, changes in (("cn-hangzhou", False), ("cn-beijing", True)):
        old, new = before[f"shop-{region}"], after[f"shop-{region}"]
        assert old["templateBody"] == new["templateBody"]
        assert (old["parameters"] != new["parameters"]) is changes


def test_the_embedded_cloud_is_one_setting_away(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = registered(monkeypatch, IMAGES, endpoint="127.0.0.1:1")["in-cn-beijing"]
    endpoints = provider["endpoints"]
    endpoints = json.loads(endpoints) if isinstance(endpoints, str) else endpoints
    assert endpoints == [{"ecs": "127.0.0.1:1", "ros": "127.0.0.1:1"}]
    assert (provider["protocol"], provider["region"]) == ("HTTP", "cn-beijing")


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    cloud = Cloud(tmp_path, "--virtual").wait_until_answering()
    yield cloud
    cloud.stop()


def test_its_stacks_run_the_images(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> None:
    """Created, and updated to a new image, with the requests that the plugin's resource makes."""
    keys = cloud.handle["accounts"]["supplier"]
    supplier = Keys(cloud.handle["endpoint"], keys["access_key_id"], keys["access_key_secret"])

    def ask(action: str, region: str, stack: dict[str, Any], **more: str) -> dict[str, Any]:
        flat = {
            f"Parameters.{number}.{key[0].upper()}{key[1:]}": value
            for number, entry in enumerate(stack["parameters"], 1)
            for key, value in entry.items()
        }
        params = {"RegionId": region, "StackName": stack["stackName"], "TemplateBody": stack["templateBody"]}
        return with_tea(supplier, Request("2019-09-10", action, {**params, **flat, **more}, is_form=True))

    def running(region: str) -> set[str]:
        listed = cloud.ecs().describe_instances(ecs.DescribeInstancesRequest(region_id=region)).body
        return {each.image_id for each in listed.instances.instance}

    def copied(region: str) -> str:
        request = ecs.CopyImageRequest(region_id="cn-hangzhou", image_id=GOLDEN, destination_region_id=region)
        image_id = str(cloud.ecs().copy_image(request).body.image_id)
        cloud.advance(3600)
        return image_id

    first = {"cn-hangzhou": GOLDEN, "cn-beijing": copied("cn-beijing")}
    stacks = registered(monkeypatch, first)
    ids = {region: ask("CreateStack", region, stacks[f"shop-{region}"])["StackId"] for region in first}
    cloud.advance(60)
    assert {region: running(region) for region in first} == {region: {image} for region, image in first.items()}
    second = {**first, "cn-beijing": copied("cn-beijing")}
    stacks = registered(monkeypatch, second)
    ask("UpdateStack", "cn-beijing", stacks["shop-cn-beijing"], StackId=ids["cn-beijing"])
    cloud.advance(60)
    assert running("cn-beijing") == {second["cn-beijing"]} != {first["cn-beijing"]}


def test_the_sdk_and_the_plugin_that_it_asks_for() -> None:
    """The engine takes a plugin of the SDK's own version or newer; the example names it."""
    plugin = json.loads((Path(pulumi_alicloud.__file__).with_name("pulumi-plugin.json")).read_text())["version"]
    text = (EXAMPLE / "__main__.py").read_text()
    assert plugin == version("pulumi-alicloud")
    assert f"plugin {plugin} or newer" in text
    assert "Not run against the real `alicloud` plugin" in text
