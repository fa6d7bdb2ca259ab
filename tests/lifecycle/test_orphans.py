"""Killed in the first `up`, and the state forgets it: `computenest orphans --stack` finds everything that was made."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from computenest.cli.orphans import orphans
from computenest.cloud.settings import parse_settings
from computenest.kernel.identity import mint_owner_id, owner_tags
from computenest.kernel.names import ImageId, RegionId, Token
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.content_model import Kind
from computenest.resources._packages.model import CustomImage, DraftSpec
from computenest.resources._packages.repositories import CloudRepositories
from computenest.resources._program.session import Session, open_session
from computenest.resources.service.api import CloudServices
from lifecycle.wares import Shop, Tenant
from stack.cloud import Cloud
from stack.contents import objects

pytestmark = pytest.mark.timeout(900)
NOTHING = json.dumps({"deployment": {"resources": []}})


@pytest.fixture(scope="module")
def cloud(wares_cloud: Cloud) -> Cloud:
    return wares_cloud


@pytest.fixture(autouse=True)
def _empty(cloud: Cloud) -> Iterator[None]:
    yield
    cloud.faults()
    cloud.control("POST", "reset")


def session() -> Session:
    return open_session(parse_settings({"computenest:cloud": "local"}, environ=os.environ))


def run(*options: str, export: str = NOTHING) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(orphans)
    command = ["-", "--stack", "shop/dev", "--config", "computenest:cloud=local", *options]
    found = CliRunner().invoke(app, command, input=export)
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found.exit_code, found.output


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.value)
def test_artifacts_and_their_content_are_found_and_removed(kind: Kind, tmp_path: Path, cloud: Cloud) -> None:
    shop = Shop(tmp_path, kind)
    wish = {**shop.make(), **({"repository": "shared", "tag": "1.0"} if kind is Kind.IMAGE else {})}
    dev, prod = Tenant(kind, "dev", "plugin"), Tenant(kind, "prod", "plugin")
    dev.up({**wish, "name": "web"})
    prod.up({**wish, "name": "web-prod"})
    place = dev.state["places"][0]
    code, said = run()
    assert code == 1
    assert dev.state["artifactId"] in said
    assert f"content  {place}  of {dev.state['artifactId']}" in said
    assert prod.state["artifactId"] not in said
    known = json.dumps({"deployment": {"resources": [{"outputs": {**dev.state, "source": None}}]}})
    assert run(export=known)[0] == 0
    code, said = run("--remove")
    assert code == 0, said
    assert run()[0] == 0
    assert prod.is_whole()
    prod.destroy()
    assert kind is Kind.FILE or not asyncio.run(session().port(CloudRepositories).repositories(kind=kind))
    assert not [name for name in objects(cloud) if name.endswith("/app.bin")]


def test_a_file_that_no_artifact_came_to_name_is_found_by_its_key(tmp_path: Path, cloud: Cloud) -> None:
    dev = Tenant(Kind.FILE, "dev", "plugin")
    cloud.faults({
        "match": {"action": "CreateArtifact"}, "times": 1,
        "effect": {"kind": "error", "status": 403, "code": "Forbidden.RAM", "message": "Not now."},
    })  # fmt: skip
    with pytest.raises(Exception, match=r"Forbidden\.RAM"):
        dev.up({**Shop(tmp_path, Kind.FILE).make(), "name": "web"})
    assert run()[0] == 0
    code, said = run("--name", "web")
    assert (code, "of no artifact  uploaded" in said) == (1, True)
    assert run("--name", "web", "--remove")[0] == 0
    assert not [name for name in objects(cloud) if name.endswith("/app.bin")]


def test_image_packages_and_services_are_found(cloud: Cloud) -> None:
    del cloud

    def tags(type_name: str) -> dict[str, str]:
        owner = mint_owner_id(
            organization="organization", project="shop", stack="dev", type_token=type_name, name="web"
        )
        return owner_tags(owner, 1)

    async def make() -> tuple[str, str]:
        there = session()
        source = CustomImage(image_id=ImageId("m-bp1gold0000000000001"), region=RegionId("cn-hangzhou"))
        draft = DraftSpec(source=source, regions=(RegionId("cn-hangzhou"),), version_name="1", description="")
        made = await CloudArtifacts(there.client).create(
            name="Golden", draft=draft, tags=tags("EcsImagePackage"), resource_group_id=None, token=Token("t-1")
        )
        info = [{"Locale": "zh-CN", "Name": "web", "ShortDescription": "a shop"}]
        service = await there.port(CloudServices).create(
            fields={"ServiceInfo": info, "ServiceType": "private", "DeployType": "ros", "DeployMetadata": {}},
            tags=tags("Service"),
            resource_group_id=None,
            token=Token("t-2"),
        )
        return made, service

    artifact, service = asyncio.run(make())
    code, said = run()
    assert code == 1, said
    assert service in said
    assert artifact not in said
    assert "1 more carry a mark of this provider" in said
    code, said = run("--name", "web", "--remove")
    assert (code, f"artifact  {artifact}  Golden  removed" in said) == (1, True)
    assert "it stays: delete it in the console" in said
