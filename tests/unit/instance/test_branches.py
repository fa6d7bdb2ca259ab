"""A template may take one of several images: a preview shows the one that the instance's parameters choose, both where
nobody knows them, and says where a choice is no package's."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from computenest.cli.template import app
from computenest.cloud.settings import parse_settings
from computenest.kernel.unknown import UNKNOWN
from computenest.resources._program.core import Core
from computenest.resources.service.lifecycle import ServiceLifecycle
from computenest.resources.service_image_association.lifecycle import AssociationLifecycle
from computenest.resources.service_instance.images import surprises
from computenest.resources.service_instance.lifecycle import InstanceLifecycle
from computenest.serve.lifecycles import served
from computenest.serve.plugin.status import EngineStatus

TEXT = """ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Own: {Type: Boolean, Default: false}
  Size: {Type: String, Default: small}
Mappings:
  Images: {small: {db: image_web}, large: {db: ubuntu_22_04}}
Conditions:
  UseOwn: {Fn::Equals: [{Ref: Own}, true]}
Resources:
  Web: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: {Fn::If: [UseOwn, image_web, centos_7]}}}
  Db: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: {Fn::FindInMap: [Images, {Ref: Size}, db]}}}
  Spare: {Type: ALIYUN::ECS::Instance, Condition: UseOwn, Properties: {ImageId: image_web}}
"""
HERE = "cn-beijing"
IMAGE = "m-2zeabcdefghijklmnop"
OWNER = "o-2"
SERVICE = {"ownerId": "o-1", "generation": 1, "serviceId": "service-1", "serviceVersion": "1", "stage": "online"}


def core() -> Core:
    keys = dict.fromkeys(("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"), "x")
    return Core(
        parse_settings({"computenest:region": HERE}, environ={**keys, "COMPUTENEST_ENDPOINT": "127.0.0.1:9"}),
        EngineStatus(),
    )


def preview(parameters: Any, *, has_owner: bool = True, options: Any = None) -> Any:
    """What a preview expects an instance to run."""
    shared = core()

    async def story() -> Any:
        package = {"artifactId": "a-1", "version": "1", "images": {HERE: IMAGE}}
        given = {"ownerId": OWNER, "logicalName": "images", "template": TEXT, "packages": {"image_web": package}}
        association = await served(AssociationLifecycle(shared)).check({}, given)
        service = {"infos": {"en-US": "Shop"}, "templates": {"main": {"text": TEXT, "options": options}}}
        known = {"ownerId": "o-1", "generation": 1}
        await served(ServiceLifecycle(shared)).check(known, {**known, "logicalName": "shop", **service})
        promised = {key: association.inputs[key] for key in ("positions", "substitutions")}
        wish = {"ownerId": "o-3", "logicalName": "trial", "region": HERE, "parameters": parameters, "service": SERVICE}
        whose = {"ownerId": OWNER} if has_owner else {}
        return await served(InstanceLifecycle(shared)).check({}, {**wish, "association": {**promised, **whose}})

    checked = asyncio.run(story())
    assert checked.failures == ()
    assert served(InstanceLifecycle(shared)).preview(checked.inputs, {})["images"] is UNKNOWN, (
        "more than these may run one"
    )
    return checked.inputs["expectedImages"]


@pytest.mark.parametrize("has_owner", [True, False], ids=["its association", "positions alone, as in YAML"])
@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, {"Web": "centos_7", "Db": IMAGE}),
        ({"Own": False}, {"Web": "centos_7", "Db": IMAGE}),
        ({"Own": True, "Size": "large"}, {"Web": IMAGE, "Db": "ubuntu_22_04", "Spare": IMAGE}),
        ({"Own": "true"}, {"Web": IMAGE, "Db": IMAGE, "Spare": IMAGE}),
        ({"Own": UNKNOWN}, {"Web": f"centos_7 or {IMAGE}", "Db": IMAGE, "Spare": f"{IMAGE} or none"}),
        (
            UNKNOWN,
            {"Web": f"centos_7 or {IMAGE}", "Db": f"{IMAGE} or ubuntu_22_04", "Spare": f"{IMAGE} or none"},
        ),
    ],
)
def test_the_branch_that_the_parameters_take(parameters: Any, expected: dict[str, str], has_owner: bool) -> None:
    assert preview(parameters, has_owner=has_owner) == expected


def test_a_parameter_that_the_service_may_set_is_not_known() -> None:
    found = preview({}, options={"PredefinedParameters": [{"Name": "big", "Parameters": {"Own": True}}]})
    assert found["Web"] == f"centos_7 or {IMAGE}"


def test_a_family_may_be_any_of_its_images_and_none_is_no_surprise() -> None:
    assert surprises({"Web": "centos_7"}, {"Web": "centos_7_9_x64_20G.vhd"}) == ()
    assert surprises({"Web": f"{IMAGE} or none"}, {"Web": "m-other"}) != ()
    assert surprises({"Web": f"{IMAGE} or none"}, {"Web": IMAGE}) == ()


def test_what_no_package_covers_beside_one_is_told_by_the_check(tmp_path: Path) -> None:
    async def warned() -> tuple[str, ...]:
        given = {"ownerId": OWNER, "template": TEXT, "packages": {"image_web": {HERE: IMAGE}}}
        return (await served(AssociationLifecycle(core())).check({}, given)).warnings

    web, db = asyncio.run(warned())
    assert "`centos_7` at Resources.Web.Properties.ImageId@Fn::If[2] stands beside a package's marker" in web
    assert "`ubuntu_22_04` at Resources.Db.Properties.ImageId@Mappings.Images.large.db" in db
    file = tmp_path / "template.yaml"
    file.write_text(TEXT)
    for command in (["lint", "--marker", "image_web"], ["positions", "--marker", "image_web"], ["positions"]):
        said = CliRunner().invoke(app, [*command, str(file)])
        assert f"warning: {web}" in said.output, (command, said.output)
        assert (f"warning: {db}" in said.output) == (len(command) > 1), "which of a map are markers is for you to say"


def test_a_marker_that_names_the_property_or_each_leaf_covers_it() -> None:
    async def warned(*markers: str) -> tuple[str, ...]:
        given = {
            "ownerId": OWNER,
            "template": TEXT.replace("{Ref: Size}, db", "small, db"),
            "packages": {key: {HERE: IMAGE} for key in markers},
        }
        return (await served(AssociationLifecycle(core())).check({}, given)).warnings

    assert asyncio.run(warned("image_web", "centos_7")) == ()
    path = "Resources.Web.Properties.ImageId@Fn::If[1]"
    assert len(asyncio.run(warned(path))) == 1
