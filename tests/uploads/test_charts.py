"""Charts from folders and registries: what is read, what stays on this machine, and who names them."""

from __future__ import annotations

import asyncio
import io
import json
import os
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from computenest.cloud.registry.blobs import Opened
from computenest.cloud.registry.client import Traffic
from computenest.kernel.errors import Invalid
from computenest.resources._packages.charts.chart_folder import read_folder
from computenest.resources._packages.charts.sources import chart_of
from uploads.rig import Rig
from uploads.sources import layer, write_chart, write_layout
from uploads.test_push import push


async def _opened(source: Mapping[str, str], known_digest: str = "") -> Opened:
    async with chart_of(source, traffic=Traffic(), known_digest=known_digest) as opened:
        return opened


def opened(source: Mapping[str, str], known_digest: str = "") -> Opened:
    return asyncio.run(_opened(source, known_digest))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_chart(tmp_path / "shop", version="1.2.3+build.5")
    return tmp_path / "shop"


@pytest.fixture
def logged_in(rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    login = json.dumps({"auths": {rig.host: {"auth": "Y3JfdGVtcF91c2VyOmEtdGVtcG9yYXJ5LWtleS05ZjI="}}})
    (tmp_path / "config.json").write_text(login)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return rig


def test_a_chart_in_a_registry_is_named_by_its_own_configuration(logged_in: Rig, shop: Path) -> None:
    folder = {"kind": "directory", "path": str(shop)}
    here = opened(folder)
    for tag in ("stable", "1.2.3_build.5"):
        asyncio.run(push(logged_in, folder, "elsewhere/another-name", tag))
    where = f"{logged_in.host}/elsewhere/another-name"
    digest = here.tree.root.digest
    for reference in (f"{where}:stable", f"{where}@{digest}", f"{where}:1.2.3_build.5", f"oci://{where}:stable"):
        found = opened({"kind": "reference", "reference": reference})
        assert (found.name, found.version) == ("shop", "1.2.3_build.5")
        assert found.tree.root.digest == digest


def test_what_is_no_chart_in_a_registry_is_refused(logged_in: Rig, tmp_path: Path) -> None:
    write_layout(tmp_path / "image", [layer(1)])
    asyncio.run(push(logged_in, {"kind": "layout", "path": str(tmp_path / "image")}, "elsewhere/web"))
    with pytest.raises(Invalid, match=r"is no chart: it is made of application/vnd\.oci\.image\.config") as caught:
        opened({"kind": "reference", "reference": f"{logged_in.host}/elsewhere/web:1.0"})
    assert caught.value.path == "source.reference"


def test_what_is_kept_out_is_not_even_looked_at(shop: Path) -> None:
    (shop / ".helmignore").write_text("\ufeff.git/\nnode_modules\nsecret.txt\n")
    for number in range(12_000):
        (shop / ".git" / f"{number % 100}").mkdir(parents=True, exist_ok=True)
        (shop / ".git" / f"{number % 100}" / f"{number}").touch()
    (shop / "node_modules").mkdir()
    (shop / "node_modules/nowhere").symlink_to("missing")
    os.mkfifo(shop / "node_modules/pipe")
    (shop / "files").mkdir()
    (shop / "files/secret.txt").write_text("secret")
    started = time.process_time()
    assert sorted(read_folder(shop)) == [
        ".helmignore", "Chart.yaml", "a.orig", "notes/todo.txt", "templates/settings.yaml", "values.yaml",
    ]  # fmt: skip
    assert time.process_time() - started < 1


def test_links_are_followed(shop: Path) -> None:
    (shop.parent / "shared.tpl").write_text("shared")
    (shop.parent / "more").mkdir()
    (shop.parent / "more/x.txt").write_text("x")
    (shop / "templates/_shared.tpl").symlink_to("../../shared.tpl")
    (shop / "more").symlink_to(shop.parent / "more")
    (shop / "again").symlink_to("more")
    found = read_folder(shop)
    assert found["templates/_shared.tpl"] == b"shared"
    assert found["more/x.txt"] == found["again/x.txt"] == b"x"


@pytest.mark.parametrize(
    ("link", "target", "what"),
    [
        ("files/nowhere", "missing", "files/nowhere in the chart is a link to missing, which cannot be followed"),
        ("self", "self", "self in the chart is a link to self"),
        ("files/up", "..", "a link to a folder that it lies in itself"),
        ("device", "/dev/zero", "device in the chart is neither a file nor a folder"),
    ],
)
def test_links_that_lead_nowhere_are_refused_by_their_path(shop: Path, link: str, target: str, what: str) -> None:
    (shop / "files").mkdir()
    (shop / link).symlink_to(target)
    with pytest.raises(Invalid, match=what) as caught:
        read_folder(shop)
    assert caught.value.path == "source.path"


def test_a_name_that_is_no_text_can_be_told(shop: Path) -> None:
    (shop / "\udcff").symlink_to("missing")
    with pytest.raises(Invalid) as caught:
        read_folder(shop)
    assert str(caught.value).encode().startswith(b"\\udcff in the chart is a link to missing")


def test_a_maze_of_links_is_bounded(shop: Path) -> None:
    for number in range(30):
        (shop / f"f{number}").mkdir()
        for way in "ab":
            (shop / f"f{number}" / way).symlink_to(f"../f{number + 1}" if number < 29 else "../templates")
    started = time.process_time()
    with pytest.raises(Invalid, match="is it a chart"):
        read_folder(shop)
    assert time.process_time() - started < 10


def test_more_files_than_a_chart_has_are_refused_with_what_to_do(shop: Path) -> None:
    (shop / "data").mkdir()
    for number in range(10_001):
        (shop / "data" / str(number)).touch()
    with pytest.raises(Invalid, match=r"more than 10000 files.*\.helmignore"):
        read_folder(shop)


def test_a_chart_whose_rules_keep_chart_yaml_out_says_by_which_line(shop: Path) -> None:
    (shop / ".helmignore").write_text("*.orig\n!values.yaml\n")
    with pytest.raises(Invalid, match=r"keeps its Chart\.yaml out, by the line '!values\.yaml'"):
        opened({"kind": "directory", "path": str(shop)})


def test_an_unchanged_chart_keeps_the_digest_that_the_state_knows(shop: Path) -> None:
    source = {"kind": "directory", "path": str(shop)}
    today = opened(source).tree.root.digest
    rules = (shop / ".helmignore").read_bytes()
    (shop / ".helmignore").unlink()
    (shop / "a.orig").unlink()
    (shop / "notes/todo.txt").unlink()
    former = opened(source).tree.root.digest  # made without .helmignore
    (shop / ".helmignore").write_bytes(rules)
    assert former != today
    assert opened(source, known_digest=former).tree.root.digest == former
    assert opened(source, known_digest="sha256:" + "0" * 64).tree.root.digest == today


def test_a_large_chart_is_read_beside_the_event_loop(shop: Path) -> None:
    (shop / "values.yaml").write_text("".join(f"a{number}: 1\n" for number in range(90_000)))
    (shop / "blob").write_bytes(bytes(30 << 20))

    async def turns_meanwhile() -> int:
        task = asyncio.create_task(_opened({"kind": "directory", "path": str(shop)}))
        turns = 0
        while not task.done():
            await asyncio.sleep(0.001)
            turns += 1
        await task
        return turns

    assert asyncio.run(turns_meanwhile()) > 20  # the loop went on with other work while the chart was read


def test_an_archive_of_many_members_is_refused_beside_the_event_loop(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        for number in range(30_000):
            archive.addfile(tarfile.TarInfo(f"shop/{number}"))
    (tmp_path / "many.tgz").write_bytes(out.getvalue())
    started = time.process_time()
    with pytest.raises(Invalid, match="more than 10000 files"):
        opened({"kind": "archive", "path": str(tmp_path / "many.tgz")})
    assert time.process_time() - started < 10
