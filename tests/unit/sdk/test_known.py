"""In a preview of a resource that has not changed every output that a program can take is known: what a state lacks,
the engine shows as unknown, and with it whatever is made of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pulumi
import pytest

import pulumi_computenest as computenest
from pulumi_computenest.declared.service import ServiceDeclaration
from unit.sdk.conftest import Program, package_outputs

HOME = "cn-hangzhou"
GOLD = computenest.CustomImage(image_id="m-bp1abcdefghij", region=HOME)
TEMPLATE = computenest.Template(
    "ROSTemplateFormatVersion: '2015-09-01'\n"
    "Resources: {Web: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: image_web}}}\n"
)
CONTENT = dict.fromkeys(
    (
        "addresses",
        "artifactId",
        "checksum",
        "content",
        "digest",
        "edition",
        "keyExpiry",
        "reference",
        "registry",
        "url",
    ),
    "x",
)
STATES: dict[str, dict[str, Any]] = {
    "Service": {
        **dict.fromkeys(ServiceDeclaration._taken, "x"),
        "status": "Online",
        "permissions": {},
        "reasons": {},
        "visibility": "private",
    },
    "ServiceInstance": {
        "images": {"Web": "m-1"},
        "incarnation": 1,
        "instanceId": "si-1",
        "outputs": {},
        "reason": "",
        "resources": [],
        "serviceVersion": "1",
        "status": "Deployed",
    },
    "ContainerImagePackage": {**CONTENT, "repository": "web", "tag": "1", "sizeBytes": 1, "status": "Available"},
    "HelmChartPackage": {**CONTENT, "repository": "web", "tag": "1", "sizeBytes": 1, "status": "Available"},
    "FilePackage": {**CONTENT, "fileName": "app", "distribution": {}, "sizeBytes": 1, "status": "Available"},
}
COMMON = {"name": "x", "reasons": {}, "version": "1", "generation": 1}


def declare() -> dict[str, pulumi.Resource]:
    web = computenest.EcsImagePackage("web", source=GOLD, regions=[HOME])
    images = computenest.ServiceImageAssociation("images", template=TEMPLATE, packages={"image_web": web})
    shop = computenest.Service("shop", templates={"main": images})
    layout = computenest.OciLayout(path="layout")
    return {
        "web": web,
        "images": images,
        "shop": shop,
        "trial": computenest.ServiceInstance("trial", service="service-1", region=HOME),
        "image": computenest.ContainerImagePackage("image", source=layout),
        "chart": computenest.HelmChartPackage("chart", source=computenest.ChartDirectory(path="chart")),
        "file": computenest.FilePackage("file", file="app", regions=[HOME]),
    }


def outputs_of(resource: pulumi.Resource) -> dict[str, pulumi.Output[Any]]:
    names = [n for n in dir(type(resource)) if isinstance(getattr(type(resource), n), property) and n[0] != "_"]
    values = {name: getattr(resource, name) for name in names if name not in {"urn", "id", "pulumi_resource_name"}}
    return {name: value for name, value in values.items() if isinstance(value, pulumi.Output)}


@pytest.mark.parametrize("is_preview", [True, False])
def test_every_output_of_every_type_is_known(program: Program, is_preview: bool) -> None:
    program.is_preview = is_preview
    whole = dict.fromkeys(("edition", "status", "version"), "x") | {"statuses": {}, "incarnation": 1, "visible": []}
    program.provider.answers["EcsImagePackage"] = lambda inputs: {**whole, **package_outputs(inputs)}
    for kind, state in STATES.items():
        program.provider.answers[kind] = lambda inputs, state=state: {**inputs, **COMMON, **state}

    def main() -> Any:
        async def unknown() -> list[str]:
            found = {f"{name}.{key}": out for name, one in declare().items() for key, out in outputs_of(one).items()}
            known = await asyncio.gather(*(output.is_known() for output in found.values()))
            assert len(found) > 40, sorted(found)
            return [name for name, is_known in zip(found, known, strict=True) if not is_known]

        return unknown()

    assert program.run(main) == []
