"""What umoci, skopeo, crane, buildah and ctr write, made on the spot by them, and pushed as they push it."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from unit.images.layouts import Layout, at, named
from uploads.rig import Rig
from uploads.test_differential import ours, plain
from uploads.tools import Tools, blob_at, is_root, manifest_at

needs_root = pytest.mark.skipif(not is_root(), reason="buildah and containerd run as root here")


@pytest.fixture(scope="module")
def layout(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """umoci's: one image of two layers, with two names."""
    folder = tmp_path_factory.mktemp("umoci")
    path = folder / "layout"
    tools.run("umoci", "init", "--layout", path)
    tools.run("umoci", "new", "--image", f"{path}:web")
    for number in range(2):
        (folder / f"file{number}").write_text(f"content {number}\n" * 100)
        tools.run("umoci", "insert", "--rootless", "--image", f"{path}:web", folder / f"file{number}", f"/file{number}")
    tools.run("umoci", "tag", "--image", f"{path}:web", "again")
    tools.run("umoci", "gc", "--layout", path)
    return path


@pytest.fixture(scope="module")
def pushed(layout: Path, tools: Tools, open_rig: Rig) -> bytes:
    """The same image at `made/web:1` of the registry, by skopeo."""
    tools.skopeo(f"oci:{layout}:web", f"docker://{open_rig.host}/made/web:1", "--preserve-digests")
    return at_tag(open_rig, "made/web", "1")


def at_tag(rig: Rig, repository: str, tag: str) -> bytes:
    found = manifest_at(rig, repository, tag)
    assert found is not None
    return found[0]


def same(rig: Rig, wanted: bytes, source: dict[str, str]) -> None:
    found, said = ours(rig, source, "made/ours")
    assert found == wanted, said


def same_layers(rig: Rig, repository: str, wanted: bytes, found: bytes | None) -> None:
    assert found is not None
    mine, theirs = json.loads(found), json.loads(wanted)
    assert mine["config"]["digest"] == theirs["config"]["digest"]
    told = [
        [plain(blob_at(rig, where, part["digest"])) for part in one["layers"]]
        for one, where in ((mine, "made/ours"), (theirs, repository))
    ]
    assert told[0] == told[1]


def test_a_layout_of_umoci(layout: Path, pushed: bytes, open_rig: Rig) -> None:
    for image in ("", "web", "again"):
        same(open_rig, pushed, {"kind": "layout", "path": str(layout), "image": image})


def test_what_skopeo_writes(layout: Path, pushed: bytes, tools: Tools, open_rig: Rig, tmp_path: Path) -> None:
    tools.skopeo(f"oci:{layout}:web", f"oci-archive:{tmp_path}/oci.tar:docker.io/acme/web:1")
    same(open_rig, pushed, {"kind": "archive", "path": f"{tmp_path}/oci.tar", "image": "acme/web:1"})
    tools.skopeo(f"oci:{layout}:web", f"docker-archive:{tmp_path}/docker.tar:acme/web:1")
    target = f"docker://{open_rig.host}/made/saved:1"
    tools.skopeo(f"docker-archive:{tmp_path}/docker.tar", target)
    for image in ("", "acme/web:1", "docker.io/acme/web:1"):
        found, said = ours(open_rig, {"kind": "archive", "path": f"{tmp_path}/docker.tar", "image": image}, "made/ours")
        assert found, said
        same_layers(open_rig, "made/saved", at_tag(open_rig, "made/saved", "1"), found)
    for name, options in (
        ("zstd", ["--dest-compress-format", "zstd", "--dest-compress"]),
        ("plain", ["--dest-decompress", "--dest-oci-accept-uncompressed-layers"]),
    ):
        tools.skopeo(f"oci:{layout}:web", f"oci:{tmp_path / name}:x", *options)
        tools.run("crane", "push", "--insecure", tmp_path / name, f"{open_rig.host}/made/{name}:1")
        same(open_rig, at_tag(open_rig, f"made/{name}", "1"), {"kind": "layout", "path": str(tmp_path / name)})
    tools.skopeo(f"oci:{layout}:web", f"docker://{open_rig.host}/made/v2s2:1", "--format", "v2s2")
    tools.run("crane", "pull", "--insecure", "--format=oci", f"{open_rig.host}/made/v2s2:1", tmp_path / "v2s2")
    same(open_rig, at_tag(open_rig, "made/v2s2", "1"), {"kind": "layout", "path": str(tmp_path / "v2s2")})


def test_what_crane_writes(pushed: bytes, tools: Tools, open_rig: Rig, tmp_path: Path) -> None:
    web = f"{open_rig.host}/made/web:1"
    for form in ("tarball", "legacy"):
        path = tmp_path / f"{form}.tar"
        tools.run("crane", "pull", "--insecure", f"--format={form}", web, path)
        found, said = ours(open_rig, {"kind": "archive", "path": str(path)}, "made/ours")
        assert found, said
        same_layers(open_rig, "made/web", pushed, found)
        if form == "tarball":
            tools.run("crane", "push", "--insecure", path, f"{open_rig.host}/made/crane:1")
            other = json.loads(at_tag(open_rig, "made/crane", "1"))
            assert [part["digest"] for part in json.loads(found)["layers"]] == [
                part["digest"] for part in other["layers"]
            ]
    for platform in ("linux/amd64", "linux/arm64"):
        name = platform.replace("/", "-")
        tools.run(
            "crane", "mutate", "--insecure", "--set-platform", platform, web, "-t", f"{open_rig.host}/made/{name}:1"
        )
    multi = f"{open_rig.host}/made/multi:1"
    parts = [f"{open_rig.host}/made/linux-{name}:1" for name in ("amd64", "arm64")]
    tools.run("crane", "index", "append", "--insecure", *[x for part in parts for x in ("-m", part)], "-t", multi)
    index = at_tag(open_rig, "made/multi", "1")
    same(open_rig, index, {"kind": "reference", "reference": multi})
    tools.run("crane", "pull", "--insecure", "--format=oci", multi, tmp_path / "multi")
    same(open_rig, index, {"kind": "layout", "path": str(tmp_path / "multi")})
    arm = at_tag(open_rig, "made/linux-arm64", "1")
    for source in ({"kind": "reference", "reference": multi}, {"kind": "layout", "path": str(tmp_path / "multi")}):
        same(open_rig, arm, {**source, "platforms": "linux/arm64"})
    tools.run("crane", "pull", "--insecure", "--format=oci", *parts, tmp_path / "both")
    found, said = ours(open_rig, {"kind": "layout", "path": str(tmp_path / "both")}, "made/none")
    assert found is None
    assert "2 images" in said
    tools.run("crane", "push", "--insecure", "--index", tmp_path / "both", f"{open_rig.host}/made/both:1")
    whole = said.rpartition(" for the whole index")[0].rpartition(" ")[2]
    same(
        open_rig, at_tag(open_rig, "made/both", "1"), {"kind": "layout", "path": str(tmp_path / "both"), "image": whole}
    )


def test_platforms_are_what_crane_filters(tools: Tools, open_rig: Rig, tmp_path: Path) -> None:
    made, names = Layout(), ("linux/amd64", "linux/arm64", "linux/arm/v7")
    index = made.index(*[made.image(number, on=name, **at(name)) for number, name in enumerate(names)])
    made.top(index)
    source = {"kind": "layout", "path": str(made.folder(tmp_path / "image"))}
    tools.run("crane", "push", "--insecure", source["path"], f"{open_rig.host}/made/three:1")
    chosen = names[1:]
    asked = [part for name in chosen for part in ("--platform", name)]
    target = f"{open_rig.host}/made/two:1"
    tools.run("crane", "index", "filter", "--insecure", f"{open_rig.host}/made/three:1", *asked, "-t", target)
    found, _ = ours(open_rig, {**source, "platforms": ",".join(chosen)}, "made/ours")
    assert found is not None
    assert json.loads(found) == json.loads(at_tag(open_rig, "made/two", "1"))


@needs_root
def test_what_buildah_writes(tools: Tools, open_rig: Rig, tmp_path: Path) -> None:
    policy = ["--signature-policy", str(tools.home / "policy.json")]
    for number, architecture in enumerate(("amd64", "arm64")):
        container = tools.run("buildah", "from", "scratch").split()[-1]
        (tmp_path / "file").write_text(f"{architecture}\n" * 100)
        tools.run("buildah", "add", container, tmp_path / "file", "/")
        tools.run("buildah", "config", "--arch", architecture, container)
        tools.run("buildah", "commit", *policy, container, f"localhost/acme/web:{number}")
        if number == 0:
            for kind in ("oci-archive", "docker-archive"):
                tools.run(
                    "buildah", "push", *policy, f"localhost/acme/web:{number}", f"{kind}:{tmp_path / kind}:acme/web:1"
                )
    for kind in ("oci-archive", "docker-archive"):
        tools.skopeo(f"{kind}:{tmp_path / kind}", f"docker://{open_rig.host}/made/{kind}:1")
        found, said = ours(
            open_rig, {"kind": "archive", "path": str(tmp_path / kind), "image": "acme/web:1"}, "made/ours"
        )
        assert found, said
        same_layers(open_rig, f"made/{kind}", at_tag(open_rig, f"made/{kind}", "1"), found)
    tools.run("buildah", "manifest", "create", "multi", "localhost/acme/web:0", "localhost/acme/web:1")
    tools.run("buildah", "manifest", "push", *policy, "--all", "multi", f"oci:{tmp_path / 'multi'}:multi")
    tools.skopeo(
        f"oci:{tmp_path / 'multi'}:multi", f"docker://{open_rig.host}/made/multi:2", "--all", "--preserve-digests"
    )
    same(open_rig, at_tag(open_rig, "made/multi", "2"), {"kind": "layout", "path": str(tmp_path / "multi")})


@needs_root
def test_what_docker_and_ctr_export(tools: Tools, open_rig: Rig, tmp_path: Path) -> None:
    """containerd writes what `docker save` does since 25: a layout and a docker-save archive at once."""
    made = Layout()
    parts = [made.image(number, on=name, **at(name)) for number, name in enumerate(("linux/amd64", "linux/arm64"))]
    index = made.index(*parts, **named("1", "docker.io/acme/multi:1"))
    made.top(index)
    with tools.containerd():
        tools.run("ctr", "image", "import", "--no-unpack", "--all-platforms", made.archive(tmp_path / "in.tar"))
        tools.run("ctr", "image", "export", "--platform", "linux/amd64", tmp_path / "one.tar", "docker.io/acme/multi:1")
        tools.run("ctr", "image", "export", "--all-platforms", tmp_path / "all.tar", "docker.io/acme/multi:1")
        tools.run("ctr", "image", "tag", "docker.io/acme/multi:1", "docker.io/acme/web:2")
        names = ["docker.io/acme/multi:1", "docker.io/acme/web:2"]
        tools.run("ctr", "image", "export", "--all-platforms", tmp_path / "names.tar", *names)
    with tarfile.open(tmp_path / "one.tar") as archive:
        assert {"manifest.json", "index.json"} < set(archive.getnames())
    blobs = [made.files["blobs/" + part["digest"].replace(":", "/")] for part in (index, *parts)]
    for image in ("", "acme/multi:1", "docker.io/acme/multi:1", index["digest"]):
        same(open_rig, blobs[0], {"kind": "archive", "path": f"{tmp_path}/all.tar", "image": image})
        same(open_rig, blobs[0], {"kind": "archive", "path": f"{tmp_path}/names.tar", "image": image})
        same(open_rig, blobs[1], {"kind": "archive", "path": f"{tmp_path}/one.tar", "image": image})
    source = {"kind": "archive", "path": f"{tmp_path}/all.tar", "image": "acme/multi:1", "platforms": "linux/arm64"}
    same(open_rig, blobs[2], source)
