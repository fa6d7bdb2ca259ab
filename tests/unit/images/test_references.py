"""References to images in registries: Docker Hub's names and host, tag and digest, logins, platforms."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from computenest.cloud.registry.blobs import Opened
from computenest.cloud.registry.client import Traffic
from computenest.cloud.registry.oci import parse_reference
from computenest.cloud.registry.sources import DockerLogin, open_image
from computenest.kernel.errors import ComputeNestError, Invalid
from unit.images.layouts import Layout, at

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "registry", "repository", "name"),
    [
        ("docker.io/nginx", "registry-1.docker.io", "library/nginx", "latest"),
        ("docker.io/nginx:1.27", "registry-1.docker.io", "library/nginx", "1.27"),
        ("docker.io/library/nginx:1.27", "registry-1.docker.io", "library/nginx", "1.27"),
        ("index.docker.io/acme/web", "registry-1.docker.io", "acme/web", "latest"),
        ("docker://docker.io/acme/web:1", "registry-1.docker.io", "acme/web", "1"),
        ("quay.io/nginx", "quay.io", "nginx", "latest"),
        ("localhost/web", "localhost", "web", "latest"),
        ("127.0.0.1:5000/web:1", "127.0.0.1:5000", "web", "1"),
        (f"quay.io/a/web@{DIGEST}", "quay.io", "a/web", DIGEST),
        (f"docker.io/web:1.0@{DIGEST}", "registry-1.docker.io", "library/web", DIGEST),
    ],
)
def test_a_reference_is_read_as_docker_reads_it(text: str, registry: str, repository: str, name: str) -> None:
    found = parse_reference(text, path="source.reference")
    assert (found.registry, found.repository, found.name) == (registry, repository, name)


def test_docker_hub_is_asked_where_docker_asks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a proxy that says which host was wanted."""
    asked: list[str] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode().split()[1])
        writer.write(b"HTTP/1.1 503 no\r\n\r\n")
        writer.close()

    async def run() -> None:
        async with await asyncio.start_server(proxy, "127.0.0.1", 0) as server:
            for name in ("HTTPS_PROXY", "https_proxy"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            with pytest.raises(ComputeNestError, match=r"step 1 of 7 .*registry-1\.docker\.io"):
                async with open_image({"kind": "reference", "reference": "docker.io/nginx:1.27"}, traffic=Traffic()):
                    pass

    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    asyncio.run(run())
    assert set(asked) == {"registry-1.docker.io:443"}


@pytest.mark.parametrize(
    "text", ["nginx", "acme/web:1.0", "docker.io/", "docker.io/UPPER", "quay.io/a:b:c", "", "a b/c"]
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is no reference"):
        parse_reference(text, path="source.reference")


@pytest.mark.parametrize(
    ("key", "host", "is_found"),
    [
        ("https://index.docker.io/v1/", "registry-1.docker.io", True),
        ("docker.io", "registry-1.docker.io", True),
        ("https://index.docker.io/v1/", "mydocker.io.example.com", False),
        ("https://index.docker.io/v1/", "docker.io.example.com", False),
        ("quay.io", "quay.io", True),
        ("https://quay.io", "quay.io", True),
        ("https://quay.io/v2/", "quay.io", True),
        ("quay.io", "evil-quay.io", False),
    ],
)
def test_a_login_goes_to_the_registry_that_it_is_of_and_to_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, host: str, is_found: bool
) -> None:
    auth = base64.b64encode(b"me:secret").decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {key: {"auth": auth}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert (asyncio.run(DockerLogin(host).login(renew=False)) is not None) == is_found


@pytest.mark.parametrize(
    "text", ["[]", '{"auths": []}', '{"auths": {"h": {}}}', "[" * 99_999, '{"auths": {"h": {"auth": "!"}}}']
)
def test_a_login_file_of_any_shape_is_no_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert asyncio.run(DockerLogin("h").login(renew=False)) is None


ASKED: list[str] = []
"""Manifests that were asked for."""


@asynccontextmanager
async def serving(layout: Layout, tags: dict[str, Any]) -> AsyncIterator[str]:
    """A registry with one repository, `web`, that holds a layout's blobs and these tags."""

    async def manifest(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        ASKED.append(name)
        part = tags.get(name) or {"digest": name, "mediaType": ""}
        data = layout.files.get("blobs/" + part["digest"].replace(":", "/"))
        if data is None:
            return web.Response(status=404)
        kind = part["mediaType"] or json.loads(data)["mediaType"]
        return web.Response(body=data, headers={"Content-Type": kind})

    async def blob(request: web.Request) -> web.Response:
        data = layout.files.get("blobs/" + request.match_info["digest"].replace(":", "/"))
        return web.Response(status=404) if data is None else web.Response(body=data)

    async def ok(_: web.Request) -> web.Response:
        return web.Response()

    application = web.Application()
    routes: list[tuple[str, Callable[[web.Request], Awaitable[web.Response]]]] = [
        ("/v2/", ok), ("/v2/web/manifests/{name}", manifest), ("/v2/web/blobs/{digest}", blob),
    ]  # fmt: skip
    for path, handler in routes:
        application.router.add_get(path, handler)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    try:
        yield f"127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]
    finally:
        await runner.cleanup()


def opened(layout: Layout, name: str, tags: dict[str, Any], platforms: str = "") -> Opened:
    async def run() -> Opened:
        async with serving(layout, tags) as host:
            source = {"kind": "reference", "reference": f"{host}/web{name}", "platforms": platforms}
            async with open_image(source, traffic=Traffic()) as found:
                return found

    return asyncio.run(run())


def test_tag_digest_and_both() -> None:
    layout = Layout()
    old, new = layout.image(1), layout.image(2)
    tags = {"1.0": new, "latest": old}
    assert opened(layout, ":1.0", tags).tree.root.digest == new["digest"]
    assert opened(layout, "", tags).tree.root.digest == old["digest"]
    assert opened(layout, f"@{old['digest']}", tags).tree.root.digest == old["digest"]
    assert opened(layout, f":1.0@{old['digest']}", tags).tree.root.digest == old["digest"], "the digest decides"
    with pytest.raises(Invalid, match=r"has no web:2.0; it does not exist, or needs a login"):
        opened(layout, ":2.0", tags)


def test_indexes_below_indexes_and_platforms() -> None:
    layout = Layout()
    amd, arm = layout.image(1, **at("linux/amd64")), layout.image(2, on="linux/arm64")
    inner = layout.index(amd, arm)
    tags = {"1.0": layout.index(inner)}
    tree = opened(layout, ":1.0", tags).tree
    assert [child.digest for child in tree.children] == [amd["digest"], arm["digest"], inner["digest"]]
    assert len(tree.blobs) == 6
    assert opened(layout, ":1.0", tags, "linux/amd64").tree.root.digest == amd["digest"]
    assert opened(layout, ":1.0", tags, "linux/arm64").tree.root.digest == arm["digest"], "by its configuration"
    with pytest.raises(Invalid) as caught:
        opened(layout, ":1.0", tags, "linux/amd64,linux/s390x")
    assert caught.value.path == "platforms[1]"


def test_what_the_registry_lacks_is_found_by_check() -> None:
    layout = Layout()
    amd, arm = layout.image(1, **at("linux/amd64")), layout.image(2, **at("linux/arm64"))
    tags = {"1.0": layout.index(amd, arm)}
    layout.drop(arm)
    with pytest.raises(
        Invalid, match=r"names linux/arm64, which the registry does not hold; name those .* `platforms`"
    ):
        opened(layout, ":1.0", tags)
    assert opened(layout, ":1.0", tags, "linux/amd64").tree.root.digest == amd["digest"]


def test_a_manifest_without_end_is_refused() -> None:
    layout = Layout()
    big = layout.blob(b" " * (5 << 20), "application/vnd.oci.image.manifest.v1+json")
    with pytest.raises(Invalid, match="registries take 4194304"):
        opened(layout, ":1.0", {"1.0": big})


def test_a_layer_that_the_registry_lacks_is_found_by_check() -> None:
    layout = Layout()
    image = layout.image()
    lost = layout.read(image)["layers"][1]
    layout.drop(lost)
    with pytest.raises(Invalid, match=f"names {lost['digest']}, which the registry does not hold"):
        opened(layout, ":1.0", {"1.0": image})


def test_what_is_not_wanted_is_not_asked_for() -> None:
    """Docker Hub counts these questions."""
    layout = Layout()
    amd, arm = layout.image(1, **at("linux/amd64")), layout.image(2, **at("linux/arm64"))
    tags = {"1.0": layout.index(amd, arm)}
    ASKED.clear()
    assert opened(layout, ":1.0", tags, "linux/arm64").tree.root.digest == arm["digest"]
    assert [*ASKED] == ["1.0", arm["digest"]]
    with pytest.raises(Invalid, match="it has linux/amd64, linux/arm64"):
        opened(layout, ":1.0", tags, "linux/s390x")
