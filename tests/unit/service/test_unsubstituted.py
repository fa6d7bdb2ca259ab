"""Markers that Compute Nest would put nothing in for: a plain map of images, a package in direct distribution.

A preview promises their images, and an instance would be deployed with the marker's own text; so they are refused,
unless the service's relations name an artifact, as where the packages are another stack's.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import pulumi_computenest as computenest
from computenest.cloud.settings import parse_settings
from computenest.kernel.unknown import UNKNOWN
from computenest.resources._program.core import Core
from computenest.resources.ecs_image_package.lifecycle import ImageLifecycle
from computenest.resources.service.lifecycle import ServiceLifecycle
from computenest.resources.service_image_association.lifecycle import AssociationLifecycle
from computenest.serve.lifecycles import served
from computenest.serve.plugin.status import EngineStatus
from unit.sdk.conftest import Program, program

__all__ = ["program"]

TEXT = """ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: image_web}}
"""
HOME = "cn-hangzhou"
MAP = {HOME: "m-bp1abcdefghijklmnop"}
MARKER, AT = "image_web", "Resources.Web.Properties.ImageId"
ARTIFACT = {"artifactId": "artifact-1", "version": "1"}
DIRECT_ID = f"o-{'0123456789ab' * 2}-g1"
GOLD = {"kind": "custom", "imageId": "m-bp1abcdefghijklmnop", "region": HOME}


def core() -> Core:
    keys = dict.fromkeys(("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"), "x")
    settings = parse_settings(
        {"computenest:region": HOME, "computenest:accounts": {"hub": {"accessKey": "x", "secretKey": "y"}}},
        environ={**keys, "COMPUTENEST_ENDPOINT": "127.0.0.1:9"},
    )
    return Core(settings, EngineStatus())


def refused(partner: Any = MAP, *, marker: str = MARKER, text: str = TEXT, **service: Any) -> dict[str, str]:
    """Path -> reason, of a service in any language: its program hands over no more than the association's relation."""
    shared = core()
    association, lifecycle = served(AssociationLifecycle(shared)), served(ServiceLifecycle(shared))

    async def story() -> Any:
        given = {"ownerId": "o-2", "logicalName": "images", "template": TEXT, "packages": {marker: partner}}
        made = await association.check({}, given)
        relation = association.preview(made.inputs, {})["relation"]
        wish = {"generation": 1, "infos": {"en-US": "Shop"}, "templates": {"main": {"text": text}}, **service}
        known = {"ownerId": "o-1", "generation": 1}  # nothing is asked of the cloud
        found = await lifecycle.check(known, {**known, **wish, "associations": [relation], "logicalName": "shop"})
        return found.failures

    return {failure.path: failure.reason for failure in asyncio.run(story())}


def test_a_plain_map_is_refused_where_the_marker_stands() -> None:
    found = refused()
    assert list(found) == [f"relations[{MARKER!r}]"]
    [reason] = found.values()
    assert AT in reason
    assert "plain map" in reason
    assert "relations={'image_web': {'artifactId': …" in reason


def test_a_direct_package_is_refused_before_anything_exists() -> None:
    wish = {"ownerId": DIRECT_ID[:-3], "generation": 1, "name": "web", "artifactName": "web", "source": GOLD}
    inputs = {**wish, "distribution": {HOME: "copy"}, "direct": {"hubAccount": "hub", "hubUid": "1000000000000002"}}
    promised = served(ImageLifecycle(core())).preview(inputs, {})
    assert promised["artifactId"] == DIRECT_ID
    [reason] = refused({key: promised[key] for key in ("artifactId", "images", "version")}).values()
    assert "distributed directly" in reason
    assert "relations={'image_web': {'artifactId': …" in reason


@pytest.mark.parametrize("partner", [MAP, {"artifactId": DIRECT_ID, "images": MAP, "version": "e"}])
@pytest.mark.parametrize("artifact", [ARTIFACT, {"artifactId": UNKNOWN, "version": UNKNOWN}, UNKNOWN])
def test_an_artifact_that_relations_name_stands_in(partner: Any, artifact: Any) -> None:
    assert refused(partner, relations={MARKER: artifact}) == {}


def test_the_id_of_another_stacks_direct_package_is_no_artifact() -> None:
    assert list(refused(relations={MARKER: {"artifactId": DIRECT_ID, "version": "e"}})) == [f"relations[{MARKER!r}]"]


def test_what_the_service_does_not_use_or_may_mean_as_it_stands_is_its_own() -> None:
    assert refused(text=TEXT.replace("Web", "Other")) == {}, "another template"
    fixed = TEXT.replace(MARKER, "m-bp1abcdefghijklmnox")
    assert refused(text=fixed) == {}


def declared(program: Program, *, named: bool, direct: bool) -> Any:
    """The relations that a Python program registers for a service."""

    def main() -> Any:
        hub = computenest.DirectDistribution(hub_account="hub", hub_uid="1000000000000002")
        web: Any = MAP
        if direct:
            source = computenest.CustomImage(image_id=GOLD["imageId"], region=HOME)
            web = computenest.EcsImagePackage("web", source=source, regions=[HOME], direct=hub)
        images = computenest.ServiceImageAssociation(
            "images", template=computenest.Template(TEXT), packages={MARKER: web}
        )
        given = {"relations": {MARKER: ARTIFACT}} if named else {}
        return computenest.Service("shop", templates={"main": images}, **given).service_id

    program.provider.answers["Service"] = lambda _inputs: {"serviceId": "service-1"}
    program.run(main)
    [request] = program.registered("Service")
    return request.object["relations"][MARKER]


@pytest.mark.parametrize("direct", [False, True])
def test_a_python_program_says_what_is_no_artifact_and_takes_the_one_that_is_named(
    program: Program, direct: bool
) -> None:
    bare = declared(program, named=False, direct=direct)
    assert bare["direct"] is True if direct else dict(bare) == {"kind": "map"}
    assert dict(declared(program, named=True, direct=direct)) == ARTIFACT
