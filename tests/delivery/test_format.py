"""What a package is as an image: one digest whoever builds it, taken by other people's clients and by sealer."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.registry.client import Traffic
from computenest.cloud.registry.stored import stored_gzip, stored_size, tar_header
from computenest.kernel.errors import Invalid
from computenest.kernel.unknown import Known
from computenest.resources._delivery import sealed
from computenest.resources._packages.charts import chart_folder
from computenest.resources.delivery_package.model import DeliveredChart, DeliveredImage, Inputs
from computenest.resources.delivery_package.sources import PackageCharts, gathered
from delivery.packs import SAMPLE, built, digest_of, push, shop
from delivery.sealers import Sealer, client
from delivery.wares import IMAGES, LARGE
from registry.images import layout
from uploads.rig import ROOT, Rig
from uploads.tools import Tools, is_root, manifest_at

NAME = "org.opencontainers.image.ref.name"


def unpacked(rig: Rig, repository: str, tag: str) -> dict[str, bytes]:
    """Every file of a package in a registry."""
    found = manifest_at(rig, repository, tag)
    assert found is not None
    files: dict[str, bytes] = {}
    for layer in json.loads(found[0])["layers"]:
        plain = gzip.decompress(rig.blob_files()[layer["digest"]].read_bytes())
        with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
            for member in archive:
                held = archive.extractfile(member)
                if held is not None:
                    files[member.name] = held.read()
    return files


def test_one_digest_in_another_folder_by_another_user_at_another_time_with_another_zlib(tmp_path: Path) -> None:
    here = digest_of(shop(tmp_path / "a"), tmp_path / "cache")
    away = tmp_path / "b" / "elsewhere"
    shutil.copytree(tmp_path / "a", away)
    for place in [*away.rglob("*")]:
        os.utime(place, (1_000_000_000, 1_000_000_000))
        place.chmod(0o777 if place.is_dir() else 0o666)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}/tests", "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LANG": "C"}
    command = [sys.executable, ROOT / "tests/delivery/packs.py", away, tmp_path / "other"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.stdout.strip() == here, done.stderr


def test_one_digest_with_zlib_ng_in_the_place_of_zlib(tmp_path: Path) -> None:
    """Which compresses otherwise: a package whose layers were compressed would have another digest."""
    here = digest_of(shop(tmp_path / "a"), tmp_path / "cache")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
    ]
    wheels = [*pip, "--dest", tmp_path / "wheel", "-r", ROOT / "tests/delivery/zlib-ng.txt"]
    subprocess.run(wheels, check=True, capture_output=True)
    (wheel,) = (tmp_path / "wheel").glob("*.whl")
    shutil.unpack_archive(wheel, tmp_path / "ng", "zip")
    words = [ROOT / "tests/delivery/with_zlib_ng.py", tmp_path / "ng", tmp_path / "a", tmp_path / "other"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}/tests"}
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, env=environment, check=False)
    compressed, digest = done.stdout.split()
    assert compressed != hashlib.sha256(zlib.compress(SAMPLE)).hexdigest(), "it is another one"
    assert digest == here, done.stderr


def test_the_order_of_lists_and_what_is_known_from_before_change_nothing(tmp_path: Path) -> None:
    sources = shop(tmp_path / "a")
    turned = replace(sources, images=sources.images[::-1], charts=sources.charts[::-1])
    cold = digest_of(sources, tmp_path / "cache")
    assert cold == digest_of(sources, tmp_path / "cache")
    assert cold == digest_of(turned, tmp_path / "none")
    assert cold != digest_of(shop(tmp_path / "a", changed=1), tmp_path / "cache")


def test_a_version_with_one_changed_layer_sends_that_layer_and_what_tells_of_it(rig: Rig, tmp_path: Path) -> None:
    rig.stop()
    opened = Rig(rig.folder, rig.binary, is_open=True)
    try:
        first, sent = asyncio.run(push(shop(tmp_path / "a"), tmp_path / "c", opened.host, "pkg/shop", "1.0.0"))
        assert sent.blobs_sent == len(first.blobs)
        changed = shop(tmp_path / "a", changed=1)
        second, sent = asyncio.run(push(changed, tmp_path / "c", opened.host, "pkg/shop", "1.1"))
        new = {digest: blob.size_bytes for digest, blob in second.blobs.items() if digest not in first.blobs}
        assert (sent.blobs_sent, sent.blob_bytes_sent) == (len(new), sum(new.values()))
        assert sorted(new.values())[-2] < LARGE // 2 < max(new.values()) < LARGE * 1.1
        _, again = asyncio.run(push(changed, tmp_path / "c", opened.host, "pkg/shop", "1.1"))
        assert (again.blobs_sent, again.manifests_sent) == (0, 0)
    finally:
        opened.stop()


def test_skopeo_and_crane_take_it_and_its_registry_is_served_by_distribution(
    open_rig: Rig, tools: Tools, tmp_path: Path, registry_binary: Path
) -> None:
    tree, _ = asyncio.run(push(shop(tmp_path / "a"), tmp_path / "cache", open_rig.host, "pkg/taken", "1.0.0"))
    reference = f"{open_rig.host}/pkg/taken:1.0.0"
    seen = json.loads(tools.run("skopeo", "inspect", "--tls-verify=false", f"docker://{reference}"))
    assert seen["Digest"] == tree.root.digest
    assert "PASS" in tools.run("crane", "validate", "--insecure", "--remote", reference)
    tools.skopeo(f"docker://{reference}", f"oci:{tmp_path}/copy:1")
    copied = json.loads((tmp_path / "copy" / "index.json").read_text())["manifests"][0]["digest"]
    assert copied == tree.root.digest, "no client compresses it anew"
    served = Rig(tmp_path / "served", registry_binary, is_open=True)
    try:
        for name, data in unpacked(open_rig, "pkg/taken", "1.0.0").items():
            if name.startswith("registry/"):
                target = tmp_path / "served" / "data" / name.removeprefix("registry/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
        for name in IMAGES:
            assert "PASS" in tools.run("crane", "validate", "--insecure", "--remote", f"{served.host}/{name}:1.0")
    finally:
        served.stop()


def test_an_image_of_several_platforms_goes_along_with_its_index(tmp_path: Path) -> None:
    one, two = (layout(tmp_path / name, LARGE, seed=seed) for name, seed in (("one", 1), ("two", 2)))
    both = tmp_path / "both"
    shutil.copytree(one.path, both)
    shutil.copytree(two.path, both, dirs_exist_ok=True)
    entries = [
        {
            **json.loads((of.path / "index.json").read_text())["manifests"][0],
            "platform": {"os": "linux", "architecture": a},
        }
        for of, a in ((one, "amd64"), (two, "arm64"))
    ]
    for entry in entries:
        del entry["annotations"]
    index = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
    (both / "index.json").write_bytes(index)
    image = DeliveredImage(reference="acme/both:1", path=str(both))

    async def links(platforms: tuple[str, ...]) -> list[str]:
        inputs = Inputs[Known](name="p", version="1", images=(image,), platforms=platforms)
        async with gathered(inputs, traffic=Traffic(), packages=PackageCharts()) as found:
            made = sealed.seal(found.contents)
            return [item.name for layer in made.layers for item in layer.items if "/revisions/" in item.name]

    assert len(asyncio.run(links(()))) == 3
    assert len(asyncio.run(links(("linux/arm64",)))) == 1
    with pytest.raises(Invalid, match="nothing for linux/s390x") as refused:
        asyncio.run(links(("linux/s390x",)))
    assert refused.value.path == "platforms[0]"


def test_many_blobs_stay_below_what_storage_drivers_bear(tmp_path: Path) -> None:
    images = []
    for number in range(30):
        layout(tmp_path / str(number), *([70_000] * 5), seed=number)
        images.append(DeliveredImage(reference=f"acme/i{number}:1", path=str(tmp_path / str(number))))

    async def work() -> int:
        async with built(Inputs[Known](name="many", version="1", images=tuple(images)), tmp_path / "cache") as tree:
            return len(tree.root.blobs) - 1

    assert 50 < asyncio.run(work()) <= sealed.MAX_LAYERS


def replace(made: Any, **changes: Any) -> Any:
    return made.model_copy(update=changes)


def image(s: Any, **changes: str) -> Any:
    return replace(s, images=(replace(s.images[0], **changes),))


def test_which_image_of_a_layout_is_asked_at_the_property_that_tells_it(tmp_path: Path) -> None:
    sources = shop(tmp_path)
    places = [Path(str(one.path)) for one in sources.images[:2]]
    entries = [json.loads((place / "index.json").read_text())["manifests"][0] for place in places]
    named = [{**one, "annotations": {NAME: f"web:{number}"}} for number, one in enumerate(entries)]
    (places[0] / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": named}))
    for blob in (places[1] / "blobs/sha256").iterdir():
        shutil.copy(blob, places[0] / "blobs/sha256")
    with pytest.raises(Invalid) as refused:
        digest_of(sources, tmp_path / "cache")
    assert refused.value.path == "images[0].path"
    assert "name one in images[0].image" in refused.value.hint
    digest_of(image(replace(sources, images=sources.images[:1]), image="web:1"), tmp_path / "cache")


def test_a_folder_that_is_no_chart_is_not_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`/` is one."""

    def walked(*_: object) -> None:
        raise AssertionError("it is no chart")

    monkeypatch.setattr(chart_folder._Walk, "folder", walked)
    with pytest.raises(Invalid, match=r"Chart\.yaml"):
        digest_of(Inputs[Known](name="shop", version="1", charts=(DeliveredChart(path="/"),)), tmp_path / "cache")


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        (lambda s: replace(s, images=(*s.images, s.images[0])), "images[4].reference", "same"),
        (
            lambda s: replace(s, images=(*s.images, replace(s.images[1], reference="other.example/acme/web:1.0"))),
            "images[4].reference",
            "leaves hosts out",
        ),
        (
            lambda s: replace(s, images=(replace(s.images[0], path="/nowhere"),)),
            "images[0].path",
            "web:1.0 from /nowhere",
        ),
        (
            lambda s: replace(s, charts=(replace(s.charts[0], version="2.0.0"),)),
            "charts[0].version",
            "is 1.0.0, not 2.0.0",
        ),
        (lambda s: replace(s, charts=(s.charts[0], replace(s.charts[1], name="shop"))), "charts[1].name", "'shop' too"),
        (lambda s: replace(s, files={"README.md": "/nowhere"}), "files['README.md']", "cannot be read"),
        (lambda s: image(s, reference="a.example/b@sha256:" + "0" * 64), "images[0].path", "needs the whole index"),
    ],
)
def test_what_cannot_be_in_a_package_is_refused_at_its_path(
    change: Callable[[Any], Any], path: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        digest_of(change(shop(tmp_path)), tmp_path / "cache")
    assert refused.value.path == path


def test_tar_and_gzip_are_what_everybody_reads() -> None:
    name = "x" * 300
    for size in (0, 1, 65_534, 65_535, 65_536, 200_000):
        data = os.urandom(size)
        assert gzip.decompress(stored_gzip(data)) == data
        assert len(stored_gzip(data)) == stored_size(size)
    with tarfile.open(fileobj=io.BytesIO(tar_header(name, 9 << 30) + b"\0" * 1024)) as archive:
        member = archive.next()
        assert member is not None
        assert (member.name, member.size) == (name, 9 << 30)


@pytest.mark.long  # builds sealer once
@pytest.mark.skipif(not is_root(), reason="sealer keeps images in a mount namespace of its own")
def test_sealer_and_oras_take_it_unmodified(open_rig: Rig, tmp_path: Path) -> None:
    sources = shop(tmp_path / "a")
    tree, _ = asyncio.run(push(sources, tmp_path / "cache", open_rig.host, "pkg/sealed", "1.0.0"))
    reference = f"{open_rig.host}/pkg/sealed:1.0.0"
    fetched = subprocess.run(
        [client("oras"), "manifest", "fetch", "--plain-http", reference], capture_output=True, check=True
    )
    assert fetched.stdout == tree.root.data
    sealer = Sealer(tmp_path)
    sealer.run("pull", "--skip-tls-verify", reference)
    assert "pkg/sealed" in sealer.run("images")
    seen = json.loads(sealer.run("inspect", reference))
    assert seen["digest"] == tree.root.digest
    assert seen["imageExtension"]["type"] == "app-installer"
    assert [one["name"] for one in seen["imageExtension"]["applications"]] == ["gateway", "shop"]
    assert sorted(one["image"] for one in seen["containerImageList"]) == sorted(one.reference for one in sources.images)
    sealer.run("save", "-o", str(tmp_path / "saved.tar"), reference)
    assert (tmp_path / "saved.tar").stat().st_size > LARGE
