"""Container image, chart and file packages on the real engine and a real registry: their life, drift, repair, end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from computenest.cloud.registry.client import open_registry
from computenest.resources._packages.content_model import Kind
from stack.cloud import Cloud
from stack.contents import Keyring, Wares, make_wares, objects, registry_of, traffic_bytes
from stack.diffs import changed_properties, property_lines
from stack.engine import Stack
from uploads.sources import layer, write_chart, write_layout

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


@pytest.fixture
def cloud(start_cloud: Callable[..., Cloud]) -> Cloud:
    """Of its own: its traffic is counted from its start."""
    return start_cloud()


@pytest.mark.parametrize(
    ("plugin", "whole"),
    [(False, True), *(pytest.param(True, whole, marks=pytest.mark.long) for whole in (False, True))],
    ids=["dynamic", "plugin", "plugin-whole"],
)
def test_content_lives(
    cloud: Cloud, make_stack: Callable[..., Stack], tmp_path: Path, *, plugin: bool, whole: bool
) -> None:
    wares = Wares(tmp_path, plugin=plugin)
    stack = make_wares(make_stack, cloud, plugin=plugin)
    begins_and_stays(cloud, stack, wares)
    if whole:
        moves_on(cloud, stack, wares)
        drifts_and_is_repaired(cloud, stack)
    stack.destroy().succeeded()
    cloud.advance(3600)
    assert cloud.ledger()["is_empty"], cloud.ledger()
    assert objects(cloud) == []
    assert not registry_of(cloud, "web")


def begins_and_stays(cloud: Cloud, stack: Stack, wares: Wares) -> None:
    digest = write_layout(wares.folder / "image", [layer(1), layer(2, 400_000)])
    write_chart(wares.folder / "chart")
    (wares.folder / "app.bin").write_bytes(layer(3, 9_000_000))
    wares.packages["web"]["arguments"]["platforms"] = ["linux/amd64"]
    wares.declare(stack)
    seen = stack.preview().succeeded().text
    assert digest in seen  # known before anything is sent
    assert traffic_bytes(cloud) == 0
    stack.up().succeeded()
    resources = stack.resources()
    web = resources["web"]["outputs"]
    assert (web["digest"], web["status"]) == (digest, "Available")
    assert registry_of(cloud, "web")["tags"] == {web["tag"]: digest}
    assert registry_of(cloud, "shop")["tags"] == {"1.2.3": resources["shop"]["outputs"]["digest"]}
    app = resources["app"]["outputs"]
    assert set(app["addresses"]) == set(app["seenIn"]) == {"cn-beijing", "cn-hangzhou"}
    assert ".oss-cn-beijing-internal." in app["addresses"]["cn-beijing"]
    sent = traffic_bytes(cloud)
    assert 9_450_000 < sent < 9_600_000
    stack.up("--refresh", "--expect-no-changes").succeeded()
    assert traffic_bytes(cloud) == sent  # a second run, and a refresh, send nothing


def moves_on(cloud: Cloud, stack: Stack, wares: Wares) -> None:
    """Other content: other digests in the preview, only what is new is sent, the version before keeps its tag."""
    first = stack.resources()["web"]["outputs"]
    digest = write_layout(wares.folder / "image", [layer(1), layer(2, 400_000), layer(4, 10_000)])
    write_chart(wares.folder / "chart", greeting="good morning")
    wares.packages["web"]["arguments"]["permission"] = "Public"
    wares.declare(stack)
    seen = stack.preview().succeeded().text
    assert "cannot be undone" in seen  # said before it happens
    assert set(changed_properties(seen, "web")) >= {"content", "permission", "tag"}
    assert changed_properties(seen, "app") == []
    before = traffic_bytes(cloud)
    stack.up().succeeded()
    assert traffic_bytes(cloud) - before < 60_000
    web = stack.resources()["web"]["outputs"]
    assert (web["version"], web["digest"]) == ("2", digest)
    assert registry_of(cloud, "web")["tags"] == {first["tag"]: first["digest"], web["tag"]: digest}


def drifts_and_is_repaired(cloud: Cloud, stack: Stack) -> None:
    """A moved tag, a deleted blob, a file replaced in one region: found by refresh, shown, repaired by the next up."""
    web = stack.resources()["web"]["outputs"]
    first = next(tag for tag in registry_of(cloud, "web")["tags"] if tag != web["tag"])
    asyncio.run(move_tag(cloud, "web", source=first, tag=web["tag"]))
    asyncio.run(delete_blob(cloud, "shop", "1.2.3"))
    replace_file(cloud, "cn-beijing")
    stack.refresh().succeeded()
    seen = stack.preview().succeeded().text
    assert changed_properties(seen, "web") == ["content"], seen
    assert "content" in changed_properties(seen, "shop"), seen
    assert "without a part" in seen, seen
    assert any("cn-beijing" in line for line in property_lines(seen, "app", "distribution")), seen
    assert not any("cn-hangzhou" in line for line in property_lines(seen, "app", "distribution")), seen
    stack.up().succeeded()
    assert registry_of(cloud, "web")["tags"][web["tag"]] == web["digest"]
    stack.is_unchanged()


async def move_tag(cloud: Cloud, repository: str, *, source: str, tag: str) -> None:
    found = registry_of(cloud, repository)
    async with open_registry(found["host"], Keyring(cloud, Kind.IMAGE)) as registry:
        manifest = await registry.manifest(found["path"], source, doing="by hand")
        assert manifest is not None
        await registry.put_manifest(found["path"], tag, manifest, doing="by hand")


async def delete_blob(cloud: Cloud, repository: str, tag: str) -> None:
    """Takes the data of the chart's own layer out of the registry's bucket."""
    found = registry_of(cloud, repository)
    async with open_registry(found["host"], Keyring(cloud, Kind.CHART)) as registry:
        manifest = await registry.manifest(found["path"], tag, doing="by hand")
    assert manifest is not None
    digest = manifest.blobs[1].digest.removeprefix("sha256:")
    (name,) = [row["name"] for row in cloud.control("GET", "objects") if row["name"].endswith(f"{digest}/data")]
    cloud.control("DELETE", "objects", {"bucket": found["bucket"], "name": name})


def replace_file(cloud: Cloud, region: str) -> None:
    (found,) = [row for row in cloud.control("GET", "objects") if row["bucket"] == f"computenest-artifacts-{region}"]
    cloud.control("PUT", "objects", {"bucket": found["bucket"], "name": found["name"], "text": "something else"})
