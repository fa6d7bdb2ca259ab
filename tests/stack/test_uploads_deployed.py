"""A service of a container image, a chart and a file, deployed: what its machine finds in the template really works.

The machine's point of view is taken by real, unmodified clients: skopeo, helm and curl.
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_ros20190910 import models as ros
from alibabacloud_ros20190910.client import Client as RosClient

from computenest.cloud.registry.client import open_registry
from computenest.cloud.registry.login import Login
from computenest.cloud.secret import Secret
from computenest.kernel.errors import Permanent
from stack.cloud import Cloud
from stack.contents import Wares, built, make_wares
from stack.engine import Stack
from unit.images.layouts import digest
from uploads.sources import layer, write_chart, write_layout

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

REGION = "cn-beijing"
HOUR_S = 3600.0
LAYERS = [layer(1), layer(2, 300_000)]
TEMPLATE = """\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web:
    Type: ALIYUN::ECS::InstanceGroup
    Properties:
      ImageId: ubuntu_22_04_x64_20G_alibase_20240820.vhd
      InstanceType: ecs.g7.large
      MaxAmount: 1
      UserData: |
        image={{ computenest::acrimage::web }}
        login={{ computenest::acr::dockerconfigjson }}
        chart={{ computenest::helmchart::shop }}
        chart_login={{ computenest::helm::dockerconfigjson }}
        file={{ computenest::file::app }}
"""
MARKERS = {
    "{{ computenest::acrimage::web }}": "web",
    "{{ computenest::helmchart::shop }}": "shop",
    "{{ computenest::file::app }}": "app",
}


@pytest.fixture(scope="module")
def clients() -> Path:
    return built("clients")


def test_an_instance_finds_what_was_declared(
    cloud: Cloud, make_stack: Callable[..., Stack], tmp_path: Path, clients: Path
) -> None:
    wares = Wares(tmp_path, plugin=False)
    wares.sell(cloud, TEMPLATE, MARKERS, REGION)
    write_layout(tmp_path / "image", LAYERS)
    write_chart(tmp_path / "chart")
    (tmp_path / "app.bin").write_bytes(layer(3, 200_000))
    stack = make_wares(make_stack, cloud, plugin=False)
    wares.declare(stack)
    stack.up().succeeded()
    found = user_data(cloud)
    pulls_the_image(found, tmp_path, clients)
    pulls_the_chart(found, tmp_path, clients)
    downloads_the_file(cloud, found)
    stack.up("--expect-no-changes").succeeded()
    cloud.advance(HOUR_S + 1)
    is_refused_later(found, tmp_path, clients)
    stack.destroy().succeeded()
    cloud.advance(86_400)
    assert cloud.ledger()["is_empty"], cloud.ledger()


def user_data(cloud: Cloud) -> dict[str, str]:
    """The script of the customer's machine, as its stack's template holds it."""
    client = cloud.sdk(RosClient, "customer")
    (only,) = client.list_stacks(ros.ListStacksRequest(region_id=REGION)).body.stacks
    body = client.get_template(ros.GetTemplateRequest(region_id=REGION, stack_id=only.stack_id)).body.template_body
    template: dict[str, Any] = json.loads(body)
    lines = template["Resources"]["Web"]["Properties"]["UserData"].splitlines()
    return dict(line.split("=", 1) for line in lines)


def login_file(secret: str, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / "config.json"
    file.write_bytes(base64.b64decode(secret))
    return file


def pulls_the_image(found: dict[str, str], folder: Path, clients: Path) -> None:
    done = skopeo(found, folder, clients)
    assert done.returncode == 0, done.stderr
    for data in LAYERS:
        assert (folder / "pulled" / digest(data)[7:]).read_bytes() == data


def skopeo(found: dict[str, str], folder: Path, clients: Path) -> subprocess.CompletedProcess[str]:
    login = login_file(found["login"], folder / "docker")
    command = [clients / "skopeo", "--insecure-policy", "copy", "--src-tls-verify=false", f"--src-authfile={login}"]
    target = [f"docker://{found['image']}", f"dir:{folder / 'pulled'}"]
    return subprocess.run([*command, *target], capture_output=True, text=True, check=False)


def pulls_the_chart(found: dict[str, str], folder: Path, clients: Path) -> None:
    """helm pulls and renders it, and finds nothing to complain of in it."""
    login = login_file(found["chart_login"], folder / "helm")
    reference, _, version = found["chart"].rpartition(":")
    environment = {"HELM_REGISTRY_CONFIG": str(login), "HOME": str(folder), "PATH": "/usr/bin:/bin"}

    def helm(*arguments: str) -> str:
        command = [clients / "helm", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    helm("pull", reference, "--version", version, "--plain-http")
    package = f"shop-{version}.tgz"
    assert "greeting" in helm("template", "it", package)
    assert "0 chart(s) failed" in helm("lint", package)


def downloads_the_file(cloud: Cloud, found: dict[str, str]) -> None:
    """From a machine in the region, not from elsewhere."""
    network = cloud.control("POST", "networks", {"region": REGION})
    assert f"computenest-artifacts-{REGION}" in found["file"]
    command = ["curl", "--silent", "--show-error", "--fail", "--max-time", "10", "--noproxy", "*"]
    inside = subprocess.run(
        [*command, "--interface", network["address"], found["file"]], capture_output=True, check=False
    )
    assert inside.returncode == 0, inside.stderr
    assert inside.stdout == layer(3, 200_000)
    other = cloud.control("POST", "networks", {"region": "cn-hangzhou"})["address"]
    outside = subprocess.run(
        [*command, "--max-time", "2", "--interface", other, found["file"]], capture_output=True, check=False
    )
    assert outside.returncode != 0


def is_refused_later(found: dict[str, str], folder: Path, clients: Path) -> None:
    """The key was temporary: the same pull fails, for skopeo and for our client, which names the step."""
    done = skopeo(found, folder, clients)
    assert done.returncode != 0
    assert "auth" in done.stderr.lower(), done.stderr
    host, _, rest = found["image"].partition("/")
    repository, _, tag = rest.rpartition(":")
    login = json.loads(base64.b64decode(found["login"]))["auths"][host]
    user, _, password = base64.b64decode(login["auth"]).decode().partition(":")

    class Old:
        async def login(self, *, renew: bool) -> Login | None:
            del renew
            return Login(user, Secret(password))

    async def pull() -> None:
        async with open_registry(host, Old()) as registry:
            await registry.manifest(repository, tag, doing=f"pull of {repository}:{tag}")

    with pytest.raises(Permanent, match=r"step 4 of 7 .*has expired") as caught:
        asyncio.run(pull())
    assert password not in str(caught.value)
