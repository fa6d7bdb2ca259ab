"""A delivery package on the real engine: two registries get what the preview promises, and nothing twice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from computenest.resources._delivery.archives import digest_in
from delivery.test_packages import held, tags, uploads
from delivery.wares import given
from made import made
from plugin.stacks import YamlStack
from stack.cloud import Cloud
from stack.described import PROGRAM, its, new, resource, secret, source
from stack.diffs import resource_block
from stack.engine import Stack
from uploads.conftest import registry_binary
from uploads.rig import PASSWORD, USER, Rig

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

__all__ = ["registry_binary"]
PROMISE = re.compile(r"(127\.0\.0\.1:\d+)/pkg/shop:[\d.]+: sends (\d+) of \d+ blobs, (\d+) of \d+ bytes")


@pytest.fixture
def rigs(tmp_path: Path, registry_binary: Path) -> Iterator[list[Rig]]:
    started = [Rig(tmp_path / f"registry{number}", registry_binary) for number in range(2)]
    yield started
    for one in started:
        one.stop()


@pytest.fixture(params=["dynamic", "yaml"])
def stack(
    request: pytest.FixtureRequest,
    cloud: Cloud,
    make_stack: Callable[..., Stack],
    make_yaml: Callable[..., YamlStack],
) -> Stack:
    stack = make_yaml(cloud) if request.param == "yaml" else make_stack(cloud, program=PROGRAM)
    stack.environment["COMPUTENEST_HELM"] = str(made("tools/kubernetes/helm", "4") / "helm")
    return stack


def declare(stack: Stack, arguments: Mapping[str, Any]) -> None:
    charts = [new("DeliveredChart", **one) for one in arguments["charts"]]
    images = [new("DeliveredImage", **one) for one in arguments["images"]]
    targets = [new("DeliveryTarget", **{**one, "password": secret(one["password"])}) for one in arguments["targets"]]
    told = {**arguments, "charts": charts, "images": images, "targets": targets}
    stack.describe({"shop": resource("DeliveryPackage", **told)}, references=its("shop", "references"))


def test_a_package_goes_to_two_registries_and_a_new_version_sends_what_was_promised(
    stack: Stack, rigs: list[Rig], tmp_path: Path
) -> None:
    targets = [{"repository": f"{rig.host}/pkg/shop", "username": USER, "password": PASSWORD} for rig in rigs]
    archive = tmp_path / "shop.tar"
    first = {**given(tmp_path / "wares"), "targets": targets, "archive": str(archive)}
    declare(stack, first)
    said = stack.run("preview", "--diff").succeeded().text
    assert '"chart shop"' in said or "chart shop" in " ".join(resource_block(said, "shop")), said
    promised = {host: (int(blobs), int(size)) for host, blobs, size in PROMISE.findall(said)}
    stack.up().succeeded()
    digest = stack.resources()["shop"]["outputs"]["digest"]
    for rig in rigs:
        assert promised[rig.host] == (uploads(rig), sum(held(rig).values()) - held(rig)[digest])
    assert digest_in(archive) == digest
    before, count = held(rigs[0]), [uploads(rig) for rig in rigs]
    stack.run("up", "--yes", "--skip-preview", "--expect-no-changes").succeeded()
    stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes").succeeded()
    assert [uploads(rig) for rig in rigs] == count
    declare(stack, {**first, **given(tmp_path / "wares", version="1.1", seed=1)})
    said = stack.run("preview", "--diff").succeeded().text
    shown = [line.split(":")[0].strip() for line in resource_block(said, "shop") if re.match(r"\s*[~+-] ", line)]
    assert "~ image docker.io/acme/gateway" in shown, said
    assert "~ image docker.io/acme/web" not in shown, "what stays is no line"
    promised = {host: (int(blobs), int(size)) for host, blobs, size in PROMISE.findall(said)}
    stack.up().succeeded()
    digest = stack.resources()["shop"]["outputs"]["digest"]
    new = {one: size for one, size in held(rigs[0]).items() if one not in before and one != digest}
    for rig, sent in zip(rigs, count, strict=True):
        assert promised[rig.host] == (uploads(rig) - sent, sum(new.values()))
    assert PASSWORD not in json.dumps(stack.export())
    stack.destroy().succeeded()
    assert [tags(rig) for rig in rigs] == [[], []]
    assert not archive.exists()


def declare_packaged(stack: Stack, arguments: Mapping[str, Any], folder: str, **package: str) -> None:
    """The package's one chart is that of the HelmChartPackage `web`."""
    chart = {"kind": "package", "package": its("web", "reference"), "content": its("web", "content"), **package}
    images = [new("DeliveredImage", **one) for one in arguments["images"]]
    told = {**arguments, "images": images, "charts": [new("DeliveredChart", package=source(chart))]}
    web = resource("HelmChartPackage", source=source({"kind": "directory", "path": folder}))
    stack.describe({"web": web, "shop": resource("DeliveryPackage", **told)})


def test_the_chart_of_a_package_of_the_same_program_is_delivered(stack: Stack, tmp_path: Path) -> None:
    """The first preview knows the chart by its folder though the package is pushed by the same run; and where nothing
    is on this machine, previews pull it from the cloud's registry with a temporary key, and find the same."""
    wares = given(tmp_path / "wares")
    folder = wares["charts"][0]["path"]
    arguments = {"version": "1.0", "images": wares["images"], "targets": [], "archive": str(tmp_path / "shop.tar")}
    declare_packaged(stack, arguments, folder, path=folder)
    said = stack.run("preview", "--diff").succeeded().text
    assert "chart shop" in "\n".join(resource_block(said, "shop")), said
    stack.up().succeeded()
    outputs = stack.resources()["shop"]["outputs"]
    assert stack.resources()["web"]["outputs"]["content"] in outputs["contents"]["chart shop"]
    assert digest_in(Path(arguments["archive"])) == outputs["digest"]
    declare_packaged(stack, arguments, folder)
    stack.run("up", "--yes", "--skip-preview", "--expect-no-changes").succeeded()
    assert stack.resources()["shop"]["outputs"]["digest"] == outputs["digest"]
    text = json.dumps(stack.export())
    assert "cr_temp_user" not in text
    assert "password" not in json.dumps(outputs["charts"])
    stack.destroy().succeeded()
