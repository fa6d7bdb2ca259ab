"""skopeo, crane, helm and curl, unmodified: push, pull, list, delete through the authorization service."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from registry.images import chart, layout
from registry.world import Client, Key, clean_environment, nest_key


class Tools:
    def __init__(self, folder: Path, home: Path) -> None:
        self._folder = folder
        self._home = home

    def run(self, name: str, *arguments: str, stdin: str = "", works: bool = True) -> str:
        program = str(self._folder / name) if (self._folder / name).exists() else name
        found = subprocess.run(
            [program, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=100,
            cwd=self._home,
            env=clean_environment(self._home),
        )
        said = found.stdout + found.stderr
        assert (found.returncode == 0) == works, said
        return said


@pytest.fixture
def tools(clients, tmp_path) -> Tools:
    return Tools(clients, tmp_path)


def _login(key: Key) -> str:
    return f"{key.username}:{key.password}"


def test_skopeo(cloud, tools, tmp_path):
    key, image = nest_key(cloud), layout(tmp_path / "image", 1000, 3_000_000)
    reference = f"docker://{key.host}/{key.namespace}/web:v1"
    target = ["--dest-tls-verify=false", "--dest-creds", _login(key)]
    tools.run("skopeo", "--insecure-policy", "copy", *target, image.source, reference)
    access = ["--tls-verify=false", "--creds", _login(key)]
    assert image.digest in tools.run("skopeo", "inspect", *access, reference)
    assert '"v1"' in tools.run("skopeo", "list-tags", *access, reference.removesuffix(":v1"))
    back = ["--src-tls-verify=false", "--src-creds", _login(key), reference, f"oci:{tmp_path / 'back'}:latest"]
    tools.run("skopeo", "--insecure-policy", "copy", *back)
    for layer in image.layers:
        name = Path("blobs/sha256") / layer.removeprefix("sha256:")
        assert (tmp_path / "back" / name).read_bytes() == (image.path / name).read_bytes()
    before = cloud.control("GET", "traffic")["received_bytes"]["registry"]
    tools.run("skopeo", "--insecure-policy", "copy", *target, image.source, reference)
    assert cloud.control("GET", "traffic")["received_bytes"]["registry"] - before < 2000  # the manifest
    tools.run("skopeo", "delete", *access, reference)
    assert not cloud.control("GET", "registries")[0]["blobs"]
    wrong = ["--tls-verify=false", "--creds", f"{key.username}:wrong"]
    assert "unauthorized" in tools.run("skopeo", "inspect", *wrong, reference, works=False).lower()
    cloud.advance(3601)
    assert "unauthorized" in tools.run("skopeo", "inspect", *access, reference, works=False).lower()


def test_crane(cloud, tools, tmp_path):
    key, image = nest_key(cloud), layout(tmp_path / "image", 1000, 50_000)
    reference = f"{key.host}/{key.namespace}/web"
    tools.run("crane", "auth", "login", "--insecure", "-u", key.username, "-p", key.password, key.host)
    tools.run("crane", "push", "--insecure", str(image.path), f"{reference}:v1")
    assert tools.run("crane", "digest", "--insecure", f"{reference}:v1").strip() == image.digest
    tools.run("crane", "copy", "--insecure", f"{reference}:v1", f"{reference}2:v1")  # mounts the layers
    assert "v1" in tools.run("crane", "ls", "--insecure", f"{reference}2").split()
    tools.run("crane", "pull", "--insecure", "--format=oci", f"{reference}:v1", str(tmp_path / "back"))
    tools.run("crane", "delete", "--insecure", f"{reference}@{image.digest}")
    assert cloud.control("GET", "registries")[0]["blobs"] == 4  # still needed by the other repository
    other = nest_key(cloud, "customer")
    foreign = f"{key.host}/{other.namespace}/web:v1"
    assert "401 Unauthorized" in tools.run("crane", "push", "--insecure", str(image.path), foreign, works=False)


def test_helm(cloud, tools, tmp_path):
    key = nest_key(cloud, kind="HelmChart")
    chart(tmp_path)
    (tmp_path / "back").mkdir()
    login = ["registry", "login", "--plain-http", "-u", key.username, "--password-stdin", key.host]
    tools.run("helm", *login, stdin=key.password)
    tools.run("helm", "package", "shop")
    said = tools.run("helm", "push", "--plain-http", "shop-1.2.3.tgz", f"oci://{key.host}/{key.namespace}")
    digest = said.partition("Digest: ")[2].split()[0]
    repository = f"oci://{key.host}/{key.namespace}/shop"
    said = tools.run("helm", "pull", "--plain-http", repository, "--version", "1.2.3", "-d", str(tmp_path / "back"))
    assert digest in said
    assert "ConfigMap" in tools.run("helm", "template", "--plain-http", repository, "--version", "1.2.3")
    tags = cloud.control("GET", "registries")[0]["repositories"][0]["tags"]
    assert tags == {"1.2.3": digest}
    wrong = ["registry", "login", "--plain-http", "-u", key.username, "--password-stdin", key.host]
    tools.run("helm", *wrong, stdin="wrong", works=False)


def test_curl_follows_the_redirect(cloud, tools):
    key = nest_key(cloud)
    client = Client(key, key.host)
    client.push(f"{key.namespace}/web", "v1", b"layer")
    token = client.token(f"repository:{key.namespace}/web:pull")
    digest = "sha256:" + hashlib.sha256(b"layer").hexdigest()
    url = f"http://{key.host}/v2/{key.namespace}/web/blobs/{digest}"
    assert tools.run("curl", "-sSfL", "-H", f"Authorization: Bearer {token}", url) == "layer"
    assert "401" in tools.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", url)
