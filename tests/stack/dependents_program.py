"""The program of test_dependents: a package, and a machine in each of its regions that takes its image from it."""

import json
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider

import pulumi_computenest as computenest


class Machines(ResourceProvider):
    """Another image id means another machine."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("i-1", dict(props))

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        changed = olds.get("imageId") != news.get("imageId")
        return DiffResult(changes=changed, replaces=["imageId"] if changed else [], delete_before_replace=True)


class Machine(Resource):
    """One machine."""

    def __init__(self, name: str, image_id: pulumi.Output[str]) -> None:
        super().__init__(Machines(), name, {"imageId": image_id})


data = json.loads(Path("stack.json").read_text())
web = computenest.EcsImagePackage(
    "web",
    source=computenest.CustomImage(image_id=data.get("image", "m-bp1gold0000000000001"), region="cn-hangzhou"),
    regions=data["regions"],
    timeout_s=10_000_000,
)
for region in data["regions"]:
    Machine(f"machine-{region}", web.images[region])
pulumi.export("images", web.images)
