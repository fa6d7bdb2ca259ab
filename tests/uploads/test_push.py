"""Pushing into a real registry: what is sent, what is not sent twice, and that it arrives as it was."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from computenest.cloud.registry.client import Traffic, open_registry
from computenest.cloud.registry.push import Shelf, missing_parts
from computenest.cloud.registry.sources import open_image
from computenest.resources._packages.charts.sources import chart_of
from unit.images.layouts import digest, saved, tar_of
from uploads.rig import Key, Rig, push_to
from uploads.sources import layer, write_chart, write_layout

LAYERS = [layer(1), layer(2), layer(3, 3_000_000)]


async def push(
    rig: Rig,
    source: Mapping[str, str],
    repository: str = "ns/web",
    tag: str = "1.0",
    *,
    key: Key | None = None,
    shelf: Shelf | None = None,
    neighbours: tuple[str, ...] = (),
    show: Callable[[str], None] = lambda _: None,
) -> Traffic:
    traffic = Traffic()
    opener = chart_of if source["kind"] == "directory" else open_image
    async with opener(source, traffic=traffic) as opened:
        more = {"key": key, "shelf": shelf, "neighbours": neighbours, "show": show}
        await push_to(rig.host, repository, tag, opened.tree, traffic=traffic, **more)
    return traffic


async def digest_at(rig: Rig, repository: str = "ns/web", tag: str = "1.0") -> str | None:
    async with open_registry(rig.host, Key()) as registry:
        return await registry.digest(repository, tag, doing="look")


def test_a_layout_arrives_byte_for_byte_and_only_once(rig: Rig, tmp_path: Path) -> None:
    wanted = write_layout(tmp_path / "image", LAYERS)
    source = {"kind": "layout", "path": str(tmp_path / "image")}
    first = asyncio.run(push(rig, source))
    assert asyncio.run(digest_at(rig)) == wanted
    config_bytes = first.blob_bytes_sent - sum(map(len, LAYERS))
    assert 0 < config_bytes < 1000
    assert first.blobs_sent == 4
    second = asyncio.run(push(rig, source))
    assert (second.blob_bytes_sent, second.blobs_sent, second.manifests_sent) == (0, 0, 0)


def test_a_similar_image_moves_only_what_is_new(rig: Rig, tmp_path: Path) -> None:
    write_layout(tmp_path / "a", LAYERS)
    asyncio.run(push(rig, {"kind": "layout", "path": str(tmp_path / "a")}))
    write_layout(tmp_path / "b", [*LAYERS[:2], layer(4, 1000)], note="b")
    there = asyncio.run(push(rig, {"kind": "layout", "path": str(tmp_path / "b")}, tag="1.1"))
    assert there.blobs_sent == 2  # the new layer and the configuration
    write_layout(tmp_path / "c", [LAYERS[2], layer(5, 1000)], note="c")
    beside = asyncio.run(push(rig, {"kind": "layout", "path": str(tmp_path / "c")}, "ns/other", neighbours=("ns/web",)))
    assert (beside.blobs_mounted, beside.blobs_sent) == (1, 2)
    assert beside.blob_bytes_sent < 2000


def test_ten_images_at_once_move_each_shared_layer_once(rig: Rig, tmp_path: Path) -> None:
    shelf = Shelf()

    async def all_of_them() -> list[Traffic]:
        pushes = []
        for number in range(10):
            write_layout(tmp_path / str(number), [*LAYERS, layer(100 + number, 500)], note=str(number))
            pushes.append(
                push(rig, {"kind": "layout", "path": str(tmp_path / str(number))}, f"ns/web{number}", shelf=shelf)
            )
        return await asyncio.gather(*pushes)

    traffic = asyncio.run(all_of_them())
    assert sum(one.blob_bytes_sent for one in traffic) < sum(map(len, LAYERS)) + 10 * 1500
    assert sum(one.blobs_mounted for one in traffic) == 9 * len(LAYERS)
    for number in range(10):
        assert asyncio.run(digest_at(rig, f"ns/web{number}"))


def test_a_saved_archive_keeps_its_layers_and_its_digest(rig: Rig, tmp_path: Path) -> None:
    files = saved(LAYERS, [*map(digest, LAYERS)], names=["web:1.0"])
    (tmp_path / "web.tar").write_bytes(tar_of(files))
    asyncio.run(push(rig, {"kind": "archive", "path": str(tmp_path / "web.tar")}))
    first = asyncio.run(digest_at(rig))
    assert {digest(data) for data in LAYERS} <= set(rig.blob_files())
    again = asyncio.run(push(rig, {"kind": "archive", "path": str(tmp_path / "web.tar"), "image": "web:1.0"}))
    assert again.blob_bytes_sent == 0
    assert asyncio.run(digest_at(rig)) == first


def test_a_reference_is_taken_from_another_repository_with_its_digest(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = write_layout(tmp_path / "image", LAYERS)
    asyncio.run(push(rig, {"kind": "layout", "path": str(tmp_path / "image")}, "elsewhere/web"))
    login = json.dumps({"auths": {rig.host: {"auth": "Y3JfdGVtcF91c2VyOmEtdGVtcG9yYXJ5LWtleS05ZjI="}}})
    (tmp_path / "config.json").write_text(login)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    taken = asyncio.run(push(rig, {"kind": "reference", "reference": f"{rig.host}/elsewhere/web:1.0"}))
    assert taken.blob_bytes_received == taken.blob_bytes_sent >= sum(map(len, LAYERS))
    assert asyncio.run(digest_at(rig)) == wanted


def test_a_chart_is_pushed_as_helm_pulls_it(rig: Rig, tmp_path: Path) -> None:
    write_chart(tmp_path / "shop")
    asyncio.run(push(rig, {"kind": "directory", "path": str(tmp_path / "shop")}, "ns/shop", "1.2.3"))

    async def pulled() -> tuple[str, list[str]]:
        async with open_registry(rig.host, Key()) as registry:
            manifest = await registry.manifest("ns/shop", "1.2.3", doing="look")
            assert manifest is not None
            return manifest.blobs[0].media_type, [part.media_type for part in manifest.blobs[1:]]

    assert asyncio.run(pulled()) == (
        "application/vnd.cncf.helm.config.v1+json",
        ["application/vnd.cncf.helm.chart.content.v1.tar+gzip"],
    )


def test_an_interrupted_push_sends_no_finished_layer_again(rig: Rig, tmp_path: Path) -> None:
    layers = [layer(n, 400_000) for n in range(8)]
    write_layout(tmp_path / "image", layers)
    source = {"kind": "layout", "path": str(tmp_path / "image")}

    async def killed_at_half() -> None:
        told: list[str] = []

        def count(line: str) -> None:
            told.append(line)
            if len(told) == 4:
                running.cancel()

        running = asyncio.create_task(push(rig, source, show=count))
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(killed_at_half())
    finished = set(rig.blob_files())
    assert len(finished) >= 4
    rest = asyncio.run(push(rig, source))
    assert rest.blobs_sent + rest.blobs_present == 9
    assert rest.blobs_present >= len(finished), "what was there is not sent again; one more may just have got there"


def test_a_deleted_blob_is_missed_and_sent_again(rig: Rig, tmp_path: Path) -> None:
    write_layout(tmp_path / "image", LAYERS)
    source = {"kind": "layout", "path": str(tmp_path / "image")}
    asyncio.run(push(rig, source))

    async def missing() -> tuple[str, ...]:
        async with open_registry(rig.host, Key()) as registry:
            root = await registry.manifest("ns/web", "1.0", doing="look")
            assert root is not None
            return await missing_parts(registry, "ns/web", root, doing="look")

    assert asyncio.run(missing()) == ()
    rig.blob_files()[digest(LAYERS[2])].unlink()
    assert asyncio.run(missing()) == (digest(LAYERS[2]),)
    assert asyncio.run(push(rig, source)).blobs_sent == 1
    assert asyncio.run(missing()) == ()


def test_tokens_carry_one_scope_each_and_are_used_again(rig: Rig, tmp_path: Path) -> None:
    write_layout(tmp_path / "image", [layer(n, 2000) for n in range(20)])
    asyncio.run(push(rig, {"kind": "layout", "path": str(tmp_path / "image")}))
    assert sorted(rig.tokens.asked) == [["repository:ns/web:pull"], ["repository:ns/web:pull,push"]]
