"""`computenest package`: looking into packages, and carrying them as files; ours, and those of sealer's own build."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from computenest.cli.package import app
from computenest.kernel.errors import ComputeNestError, Invalid
from delivery.installs import asked, installation
from delivery.packs import push, shop
from delivery.sealers import Sealer
from delivery.wares import chart_of, image_at
from uploads.rig import Rig
from uploads.tools import Tools, is_root, manifest_at

DIGEST = "sha256:[0-9a-f]{64}"
Cut = Callable[[bytes, int], bytes]


def package(*words: object) -> str:
    """What the command prints."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def pushed(rig: Rig, folder: Path, repository: str, tag: str, *, changed: int = 0) -> str:
    sources = shop(folder / "wares", changed=changed)
    asyncio.run(push(sources, folder / "cache", rig.host, repository, tag))
    return f"{rig.host}/{repository}:{tag}"


def test_a_package_in_a_registry_is_shown_compared_and_unpacked(open_rig: Rig, tmp_path: Path) -> None:
    one = pushed(open_rig, tmp_path, "look/shop", "1.0.0")
    two = pushed(open_rig, tmp_path, "look/shop", "1.1.0", changed=1)
    told = json.loads(package("inspect", one, "--json"))
    assert (told["name"], told["version"], told["kind"]) == ("shop", "1.0.0", "app-installer")
    assert sorted(told["charts"]) == ["gateway", "shop"]
    assert "installs shop: helm upgrade --install shop" in package("inspect", one)
    listed = dict(line.split() for line in package("images", one).splitlines())
    assert listed == told["images"]
    changes = package("diff", one, two).splitlines()
    assert [line.split(": ")[0] for line in changes] == ["~ image registry.example.com/acme/gateway:1.0"]
    package("extract", one, tmp_path / "unpacked")
    assert (tmp_path / "unpacked/application/apps/shop/Chart.yaml").read_text().startswith("apiVersion")
    assert (tmp_path / "unpacked/application/files/README.md").read_text() == "read me\n"
    link = tmp_path / "unpacked/registry/docker/registry/v2/repositories/acme/web/_manifests/tags/1.0/current/link"
    assert link.read_text() == listed["registry.example.com/acme/web:1.0"]


def test_an_archive_is_a_layout_that_others_read_and_the_same_bytes_always(
    open_rig: Rig, tools: Tools, tmp_path: Path
) -> None:
    one = pushed(open_rig, tmp_path, "carry/shop", "1.0.0")
    package("save", one, tmp_path / "a.tar")
    package("save", tmp_path / "a.tar", tmp_path / "b/b.tar")
    (tmp_path / "b/b.tar").rename(tmp_path / "b.tar")
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
    found = manifest_at(open_rig, "carry/shop", "1.0.0")
    assert found is not None
    assert json.loads(tools.run("skopeo", "inspect", f"oci-archive:{tmp_path}/a.tar"))["Digest"] in package(
        "inspect", tmp_path / "a.tar"
    )
    assert package("diff", one, tmp_path / "a.tar") == ""
    said = package("load", tmp_path / "a.tar", f"{open_rig.host}/carried/shop")
    assert said.startswith(f"{open_rig.host}/carried/shop:1.0.0@sha256:")
    assert manifest_at(open_rig, "carried/shop", "1.0.0") == found


def test_what_is_new_since_another_package_is_put_only_where_that_one_is(open_rig: Rig, tmp_path: Path) -> None:
    one = pushed(open_rig, tmp_path, "since/shop", "1.0.0")
    two = pushed(open_rig, tmp_path, "since/shop", "1.1.0", changed=1)
    package("save", one, tmp_path / "whole.tar")
    said = package("save", two, tmp_path / "new.tar", "--since", tmp_path / "whole.tar")
    assert f"{(tmp_path / 'new.tar').stat().st_size} bytes (" in said
    package("save", two, tmp_path / "again.tar", "--since", one)
    assert (tmp_path / "new.tar").read_bytes() == (tmp_path / "again.tar").read_bytes()
    assert (tmp_path / "new.tar").stat().st_size < (tmp_path / "whole.tar").stat().st_size / 3
    with pytest.raises(ComputeNestError, match=r"new since sha256:\w+, of which \S+/site/shop lacks sha256:"):
        package("load", tmp_path / "new.tar", f"{open_rig.host}/site/shop:1.1.0")
    assert manifest_at(open_rig, "site/shop", "1.1.0") is None
    package("load", tmp_path / "whole.tar", f"{open_rig.host}/site/shop:1.0.0")
    package("load", tmp_path / "new.tar", f"{open_rig.host}/site/shop:1.1.0")
    assert manifest_at(open_rig, "site/shop", "1.1.0") == manifest_at(open_rig, "since/shop", "1.1.0")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data, at: data[: at + 1000], "shorter|cut|read|lacks|ends|damaged"),
        (
            lambda data, at: data[: at + 700] + bytes([data[at + 700] ^ 1]) + data[at + 701 :],
            "sha256:[0-9a-f]{64} in .* is damaged",
        ),
    ],
    ids=["cut short", "tampered"],
)
def test_an_archive_that_was_cut_or_changed_is_refused(open_rig: Rig, tmp_path: Path, spoil: Cut, said: str) -> None:
    package("save", pushed(open_rig, tmp_path, "spoilt/shop", "1.0.0"), tmp_path / "a.tar")
    data = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(spoil(data, data.rindex(b"ustar", 0, len(data) * 2 // 3)))
    with pytest.raises(ComputeNestError, match=said):
        package("load", tmp_path / "a.tar", f"{open_rig.host}/never/shop")
    assert manifest_at(open_rig, "never/shop", "1.0.0") is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("inspect", "gone.tar"), "'gone.tar' is no file or folder of this machine, and no reference"),
        (("inspect", "out/gone.tar"), "'out/gone.tar' is no file or folder of this machine, and no reference"),
        (("inspect", ""), "'' is no path of a file"),
        (("inspect", "n" * 5000), "ile name too long"),
        (("diff", "gone.tar", "gone.tar"), "'gone.tar' is no file"),
        (("extract", "gone.tar", "out"), "'gone.tar' is no file"),
        (("save", "gone.tar", "a.tar"), "'gone.tar' is no file"),
        (("load", "gone.tar", "registry.example.com/a:1"), "gone.tar cannot be read: No such file"),
        (("load", ".", "registry.example.com/a:1"), ". is no file"),
    ],
)
def test_what_is_not_there_is_named_and_no_property_is(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    with contextlib.chdir(tmp_path), pytest.raises(Invalid) as refused:
        package(*words)
    assert said in refused.value.summary
    assert refused.value.path == ""
    assert "OciLayout" not in refused.value.hint


def test_an_image_that_is_no_package_is_named(open_rig: Rig, tools: Tools, tmp_path: Path) -> None:
    tools.skopeo(f"oci:{image_at(tmp_path, 'acme/web')}", f"docker://{open_rig.host}/plain/web:1")
    with pytest.raises(ComputeNestError, match="is no delivery package"):
        package("inspect", f"{open_rig.host}/plain/web:1")


def test_an_unpacked_folder_is_whole_or_not_there(open_rig: Rig, tmp_path: Path) -> None:
    one, archive, folder = pushed(open_rig, tmp_path, "cut/shop", "1.0.0"), tmp_path / "shop.tar", tmp_path / "to/out"
    package("save", one, archive)
    data = archive.read_bytes()
    archive.write_bytes(data[: len(data) // 2])
    with pytest.raises(ComputeNestError):
        package("extract", archive, folder)
    archive.write_bytes(data)
    assert not folder.exists()
    package("extract", archive, folder)
    assert [path.name for path in (tmp_path / "to").iterdir()] == ["out"]
    with pytest.raises(Invalid, match="is not empty"):
        package("extract", archive, folder)


@pytest.mark.long  # builds sealer once
@pytest.mark.skipif(not is_root(), reason="sealer keeps images in a mount namespace of its own")
def test_a_package_that_sealer_built_is_read(open_rig: Rig, tools: Tools, tmp_path: Path) -> None:
    web = f"{open_rig.host}/acme/web:1.0"
    tools.skopeo(f"oci:{image_at(tmp_path, 'acme/web')}", f"docker://{web}")
    context = tmp_path / "context"
    chart_of(context, "shop")
    (context / "imageList").write_text(f"{web}\n")
    (context / "Kubefile").write_text(
        'FROM scratch\nAPP shop local://shop\nCOPY imageList manifests/\nLAUNCH ["shop"]\n'
    )
    sealer = Sealer(tmp_path)
    sealer.run("build", "-t", "localhost/built:1", "-f", "Kubefile", "--type", "app-installer", ".", at=context)
    seen = json.loads(sealer.run("inspect", "localhost/built:1"))
    sealer.run("save", "-o", str(tmp_path / "built.tar"), "localhost/built:1")
    told = json.loads(package("inspect", tmp_path / "built.tar", "--json"))
    assert [*told["images"]] == [one["image"] for one in seen["containerImageList"]] == [web]
    assert [*told["charts"]] == [one["name"] for one in seen["imageExtension"]["applications"]] == ["shop"]
    assert told["charts"]["shop"] == "1.0.0"
    package("extract", tmp_path / "built.tar", tmp_path / "unpacked")
    digest = told["images"][web]
    kept = tmp_path / f"unpacked/registry/docker/registry/v2/blobs/sha256/{digest[7:9]}/{digest[7:]}/data"
    assert json.loads(kept.read_text())["layers"]
    life = installation(tmp_path)
    life.up(asked(str(tmp_path / "built.tar"), f"{open_rig.host}/built", images=[], mirrored=["*"]))
    assert life.state["loaded"] == {f"{open_rig.host}/built/acme/web:1.0": digest}
    assert sorted(life.subject.clusters.main.releases) == ["default/shop"]
    tools.run("crane", "validate", "--remote", f"{open_rig.host}/built/acme/web:1.0")
