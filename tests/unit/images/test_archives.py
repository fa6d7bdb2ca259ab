"""Archives of docker save and its like: layers in any form, names, damage, and what nobody should have to read."""

from __future__ import annotations

import asyncio
import bz2
import gzip
import io
import json
import lzma
import os
import tarfile
import threading
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from computenest.cloud.registry.blobs import Opened
from computenest.cloud.registry.client import Traffic
from computenest.cloud.registry.local import open_archive, open_layout
from computenest.cloud.registry.sources import open_image
from computenest.kernel.errors import Invalid
from unit.images.layouts import CONFIG, LAYER, Layout, at, digest, layer_tar, named, packed, saved, tar_of

PLAIN = [layer_tar(1), layer_tar(2)]
IDS = [digest(data) for data in PLAIN]
ZIPPED = [
    gzip.compress(PLAIN[0], mtime=0),
    gzip.compress(PLAIN[1][:100], mtime=0) + gzip.compress(PLAIN[1][100:], mtime=0),
]
ZSTD = b"\x28\xb5\x2f\xfd" + b"compressed by something"


def opened(files: dict[str, bytes], tmp_path: Path, image: str = "", platforms: tuple[str, ...] = ()) -> Opened:
    (tmp_path / "x.tar").write_bytes(tar_of(files))
    return open_archive(tmp_path / "x.tar", image=image, platforms=platforms)


def refusal(data: bytes, tmp_path: Path, image: str = "", platforms: tuple[str, ...] = ()) -> Invalid:
    (tmp_path / "x.tar").write_bytes(data)
    with pytest.raises(Invalid) as caught:
        open_archive(tmp_path / "x.tar", image=image, platforms=platforms)
    assert caught.value.path
    return caught.value


def test_plain_layers_give_the_digest_that_they_always_gave(tmp_path: Path) -> None:
    found = opened(saved(PLAIN, IDS), tmp_path).tree
    body = json.loads(found.root.data)
    assert [layer["mediaType"] for layer in body["layers"]] == [LAYER, LAYER]
    assert [layer["digest"] for layer in body["layers"]] == IDS
    assert found.root.digest == "sha256:81a20763f645d86f8ce10c4c1ab26b90a6c79a9c05f453b4a13293c766cfc158"


def test_compressed_layers_are_what_lies_there(tmp_path: Path) -> None:
    found = opened(saved([ZIPPED[0], ZIPPED[1], ZSTD, PLAIN[0]], [*IDS, digest(b"plain"), IDS[0]]), tmp_path).tree
    layers = json.loads(found.root.data)["layers"]
    assert [layer["digest"] for layer in layers] == [digest(ZIPPED[0]), digest(ZIPPED[1]), digest(ZSTD), IDS[0]]
    assert [layer["mediaType"] for layer in layers] == [f"{LAYER}+gzip", f"{LAYER}+gzip", f"{LAYER}+zstd", LAYER]
    assert json.loads(found.root.data)["config"]["mediaType"] == CONFIG
    assert {layer["digest"] for layer in layers} < set(found.blobs)

    async def bytes_of(blob: str) -> bytes:
        return b"".join([block async for block in found.blobs[blob].open(3)])

    assert asyncio.run(bytes_of(digest(ZIPPED[1]))) == ZIPPED[1][3:]


@pytest.mark.parametrize(("packer", "name"), [(bz2.compress, "bzip2"), (lzma.compress, "xz")])
def test_layers_and_archives_compressed_otherwise_are_refused(tmp_path: Path, packer, name: str) -> None:
    said = str(refusal(tar_of(saved([packer(PLAIN[0])], IDS[:1])), tmp_path))
    assert f"layer 0/layer.tar is compressed with {name}" in said
    assert f"x.tar is compressed with {name}" in str(refusal(packer(tar_of(saved(PLAIN, IDS))), tmp_path))
    assert "x.tar is compressed with gzip" in str(refusal(gzip.compress(tar_of(saved(PLAIN, IDS))), tmp_path))


@pytest.mark.parametrize(
    "layer",
    [layer_tar(3), ZIPPED[0][:-9], ZIPPED[0][:40] + b"?" + ZIPPED[0][41:], gzip.compress(b"other", mtime=0), b""],
)
def test_a_damaged_layer_is_found_before_anything_is_sent(tmp_path: Path, layer: bytes) -> None:
    said = str(refusal(tar_of(saved([layer, PLAIN[1]], IDS)), tmp_path))
    assert "layer 0/layer.tar in" in said
    assert "is damaged" in said


def test_an_image_is_named_as_docker_names_it_or_by_its_id(tmp_path: Path) -> None:
    web, db = saved(PLAIN, IDS, names=["acme/web:1.0", "acme/web:latest"]), saved(PLAIN[:1], IDS[:1], names=["db:2"])
    told = [*json.loads(web["manifest.json"]), *json.loads(db["manifest.json"])]
    files = {**web, **db, "manifest.json": packed(told)}
    wanted = opened(web, tmp_path).tree.root.digest
    for image in ("acme/web:1.0", "docker.io/acme/web:1.0", "acme/web", "sha256:" + told[0]["Config"][:-5]):
        assert opened(files, tmp_path, image).tree.root.digest == wanted, image
    assert opened(files, tmp_path, "docker.io/library/db:2").tree.root.digest != wanted
    assert "2 images; its images: acme/web:1.0, db:2" in str(refusal(tar_of(files), tmp_path))
    twice = [{**told[0], "RepoTags": ["a:1"]}, {**told[0], "RepoTags": ["b:1"]}]
    assert opened({**web, "manifest.json": packed(twice)}, tmp_path).tree.root.digest == wanted, (
        "two names of one image"
    )


def test_platforms_are_held_against_the_configuration(tmp_path: Path) -> None:
    assert opened(saved(PLAIN, IDS), tmp_path, platforms=("linux/amd64",))
    error = refusal(tar_of(saved(PLAIN, IDS)), tmp_path, platforms=("linux/arm64",))
    assert error.path == "platforms[0]"
    assert "linux/amd64" in str(error)


def test_foreign_layers_are_named_where_they_lie(tmp_path: Path) -> None:
    kind = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    foreign = {"mediaType": kind, "size": 9, "digest": digest(b"far"), "urls": ["https://example.com/base"]}
    found = opened(saved(PLAIN, IDS, LayerSources={IDS[0]: foreign}), tmp_path).tree
    assert json.loads(found.root.data)["layers"][0] == foreign
    assert IDS[0] not in found.blobs


def test_an_archive_that_is_both_is_read_as_the_layout_that_it_is(tmp_path: Path) -> None:
    """What docker writes since 25, and ctr: manifest.json knows one platform, index.json all."""
    layout = Layout()
    parts = [layout.image(1, **at("linux/amd64")), layout.image(2, on="linux/arm64", **at("linux/arm64"))]
    layout.top(layout.index(*parts, **named("1.0", "docker.io/acme/web:1.0")))
    read = layout.read(parts[0])
    config, layers = (["blobs/" + part["digest"].replace(":", "/") for part in group]
                      for group in ([read["config"]], read["layers"]))  # fmt: skip
    told = [{"Config": config[0], "RepoTags": ["acme/web:1.0"], "Layers": layers}]
    files = {**layout.files, "manifest.json": packed(told)}
    whole = opened(files, tmp_path)
    assert len(whole.tree.children) == 2
    assert opened(files, tmp_path, "acme/web:1.0").tree.root == whole.tree.root
    assert opened(files, tmp_path, "acme/web:1.0", ("linux/arm64",)).tree.root.digest == parts[1]["digest"]
    assert opened(files, tmp_path, parts[1]["digest"]).tree.root.digest == parts[1]["digest"], "below the index"
    del files[layers[0]], files[config[0]]  # of the platform that manifest.json names, only the other is there
    assert opened(files, tmp_path, "acme/web:1.0").tree.root.digest == parts[1]["digest"]
    assert "no image 'acme/db:1'" in str(refusal(tar_of(files), tmp_path, "acme/db:1"))


def test_plain_layers_named_in_both_stay_what_they_were(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image(1, zipped=False, **named("1.0", "docker.io/acme/web:1.0"))
    layout.top(image)
    read = layout.read(image)
    layers = ["blobs/" + part["digest"].replace(":", "/") for part in read["layers"]]
    told = [{"Config": "blobs/" + read["config"]["digest"].replace(":", "/"), "RepoTags": ["web:1"], "Layers": layers}]
    found = opened({**layout.files, "manifest.json": packed(told)}, tmp_path, "web:1").tree.root
    assert found.digest != image["digest"]
    assert [part.digest for part in found.blobs[1:]] == [part["digest"] for part in read["layers"]]


@pytest.mark.parametrize(
    ("files", "links", "said"),
    [
        ({"/etc/manifest.json": b"[]"}, {}, "'/etc/manifest.json' leads out of the archive"),
        ({"a/../../manifest.json": b"[]"}, {}, r"'a/../../manifest.json' leads out of the archive"),
        ({}, {"manifest.json": "/etc/passwd"}, "a link to '/etc/passwd', leads out of the archive"),
        ({}, {"a/manifest.json": "../../x"}, "a link to '../../x', leads out of the archive"),
        ({}, {"manifest.json": "b", "b": "manifest.json"}, "manifest.json is a link that leads nowhere"),
        ({}, {"manifest.json": "gone"}, "lacks gone, to which manifest.json is a link"),
        ({"web/manifest.json": b"[]", "db/index.json": b"{}"}, {}, "there is one below db and web"),
        ({"repositories": b"{}"}, {}, "of a docker before 1.10"),
        ({"x": b""}, {}, "holds neither manifest.json nor index.json"),
        ({"manifest.json": b'{"a": 1}'}, {}, "not what docker save writes"),
        ({"manifest.json": b"[" * 99_999}, {}, "nested too deep"),
        ({"manifest.json": b'[{"Config": "c", "Layers": ["../x"]}]', "c": b"{}"}, {}, "names no layers"),
        ({"manifest.json": b'[{"Config": "../../etc/passwd", "Layers": []}]'}, {}, "lacks ../../etc/passwd"),
    ],
)  # fmt: skip
def test_what_leads_out_or_nowhere_is_refused_with_its_path(
    tmp_path: Path, files: dict[str, bytes], links: dict[str, str], said: str
) -> None:
    assert said in str(refusal(tar_of(files, links=links), tmp_path))


def test_links_within_are_followed(tmp_path: Path) -> None:
    files = saved(PLAIN, IDS)
    layer = files.pop("1/layer.tar")
    (tmp_path / "x.tar").write_bytes(tar_of({**files, "real/x.tar": layer}, links={"1/layer.tar": "../real/x.tar"}))
    assert IDS[1] in open_archive(tmp_path / "x.tar", image="", platforms=()).tree.blobs


def test_a_member_twice_is_one_if_it_is_the_same(tmp_path: Path) -> None:
    files = saved(PLAIN, IDS)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in [*files.items(), ("0/layer.tar", PLAIN[0])]:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    (tmp_path / "x.tar").write_bytes(out.getvalue())
    assert open_archive(tmp_path / "x.tar", image="", platforms=()).tree.root
    with tarfile.open(tmp_path / "x.tar", "a") as archive:
        entry = tarfile.TarInfo("0/layer.tar")
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))
    assert "holds 0/layer.tar twice" in str(refusal((tmp_path / "x.tar").read_bytes(), tmp_path))


def test_no_size_of_an_archive_takes_the_loop_time_or_memory(tmp_path: Path) -> None:
    """300,000 members, a name of 400 MB, a header of sizes without end: bounded, and read beside the loop."""
    header = tarfile.TarInfo("x")
    many = tmp_path / "many.tar"
    with many.open("wb") as file:
        blocks = [tarfile.TarInfo(f"member{number}").tobuf() for number in range(1000)]
        for _ in range(300):
            file.write(b"".join(blocks))
    long = tmp_path / "long.tar"
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 400 << 20
    with long.open("wb") as file:
        file.write(header.tobuf())
        file.truncate(512 + (401 << 20))

    async def lag() -> float:
        worst, done = 0.0, threading.Event()

        async def watch() -> None:
            nonlocal worst
            while not done.is_set():
                began = time.perf_counter()
                await asyncio.sleep(0.005)
                worst = max(worst, time.perf_counter() - began)

        watching = asyncio.create_task(watch())
        for path, said in (
            (many, "more than 20000 members .'member0' is one more"),
            (long, "a header of 419430400 bytes"),
        ):
            with pytest.raises(Invalid, match=said):
                async with open_image({"kind": "archive", "path": str(path)}, traffic=Traffic()):
                    pass
        done.set()
        await watching
        return worst

    tracemalloc.start()
    began = time.perf_counter()
    worst = asyncio.run(lag())
    assert tracemalloc.get_traced_memory()[1] < 40 << 20
    tracemalloc.stop()
    assert time.perf_counter() - began < 30
    assert worst < 2, "the loop went on meanwhile"


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "gone", Path("/dev/zero")):
        with pytest.raises(Invalid, match=r"is no file|cannot be read"):
            open_archive(path, image="", platforms=())

    with pytest.raises(Invalid, match="a folder is an OciLayout"):
        open_archive(tmp_path, image="", platforms=())
    (tmp_path / "x.tar").write_bytes(SOUND)
    with pytest.raises(Invalid, match="a tar is a DockerArchive"):
        open_layout(tmp_path / "x.tar", image="", platforms=())
    for name, hint in (("manifest.json", "unpacked archive of docker save"), ("version", r"skopeo copy dir:… oci:…")):
        (tmp_path / name).write_text("")
        with pytest.raises(Invalid, match=hint):
            open_layout(tmp_path, image="", platforms=())

    async def with_a_zero() -> None:
        async with open_image({"kind": "archive", "path": "a\0b"}, traffic=Traffic()):
            pass

    with pytest.raises(Invalid, match="is no path"):
        asyncio.run(with_a_zero())


SOUND = tar_of({**saved(PLAIN[:1], IDS[:1])})


@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), max_size=4), st.integers(0, len(SOUND)))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_is_refused_or_changes_nothing(tmp_path: Path, changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(SOUND)
    for where, value in changes:
        data[where] = value
    (tmp_path / "x.tar").write_bytes(data[: cut or len(data)])
    try:
        found = open_archive(tmp_path / "x.tar", image="", platforms=())
    except Invalid:
        return
    assert IDS[0] in found.tree.blobs


def test_what_an_image_is_for_is_told(tmp_path: Path) -> None:
    """By its index, or where there is none by its configuration; what attests something is for no platform."""
    assert opened(saved(PLAIN, IDS), tmp_path).platforms == ("linux/amd64",)
    one, several = Layout(), Layout()
    one.top(one.image(1, on="linux/arm64"))
    assert opened(one.files, tmp_path).platforms == ("linux/arm64",)
    parts = [several.image(1, **at("linux/amd64")), several.image(2, on="linux/arm64", **at("linux/arm64/v8"))]
    attestation = several.image(3, **at("unknown/unknown"))
    several.top(several.index(*parts, attestation))
    assert opened(several.files, tmp_path).platforms == ("linux/amd64", "linux/arm64")
    chosen = opened(several.files, tmp_path, platforms=("linux/arm64",))
    assert chosen.platforms == ("linux/arm64",)
