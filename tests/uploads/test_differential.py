"""skopeo and crane as oracles: what they push, we push, byte for byte; otherwise check says why not.

And what check takes, a push takes.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import shutil
from pathlib import Path

import pytest

from computenest.cloud.registry.client import Traffic, open_registry
from computenest.cloud.registry.push import missing_parts
from computenest.cloud.registry.sources import open_image
from computenest.kernel.errors import Invalid
from unit.images.layouts import digest
from uploads.randoms import Case, archive_of, layout_of
from uploads.rig import Anybody, Rig, push_to
from uploads.tools import Tools, blob_at, manifest_at

LAYOUTS, ARCHIVES = 24, 12
MORE = 10  # times as many in `make test-all`


async def _pushed(rig: Rig, source: dict[str, str], repository: str) -> tuple[bytes | None, str]:
    traffic = Traffic()
    try:
        opening = open_image(source, traffic=traffic)
        opened = await opening.__aenter__()
    except Invalid as refused:
        return None, f"{refused.path}: {refused}"
    await push_to(rig.host, repository, "ours", opened.tree, key=Anybody(), traffic=traffic)
    async with open_registry(rig.host, Anybody(), traffic=traffic) as registry:
        assert not await missing_parts(registry, repository, opened.tree.root, doing="look")
    await opening.__aexit__(None, None, None)
    return opened.tree.root.data, "".join(opened.notes)


def ours(rig: Rig, source: dict[str, str], repository: str) -> tuple[bytes | None, str]:
    """What we push, and what check has to say; None where it refuses. Whatever it takes has to arrive whole."""
    found, said = asyncio.run(_pushed(rig, source, repository))
    there = manifest_at(rig, repository, "ours")
    assert found == (None if there is None else there[0])
    assert found or said.startswith("source")
    return found, said


def theirs(case: Case, repository: str, rig: Rig, tools: Tools, path: Path) -> bytes | None:
    """What skopeo pushes, or crane where skopeo cannot (Docker's types, indexes below indexes, index.json itself)."""
    target = f"{rig.host}/{repository}:theirs"
    is_done = not case.is_whole and tools.skopeo(
        f"oci:{path}:{case.name}", f"docker://{target}", "--all", "--preserve-digests", works=None
    )
    if not is_done:
        index = json.loads((path / "index.json").read_bytes())
        if not case.is_whole:  # crane takes the only one
            index["manifests"] = [part for part in index["manifests"] if case.name in part["annotations"].values()]
            shutil.copytree(path, path.with_suffix(".one"), dirs_exist_ok=True)
            path = path.with_suffix(".one")
            (path / "index.json").write_text(json.dumps(index))
        tools.run("crane", "push", "--insecure", *["--index"] * case.is_whole, str(path), target, works=None)
    found = manifest_at(rig, repository, "theirs")
    return None if found is None else found[0]


def one_layout(seed: int, rig: Rig, tools: Tools, folder: Path) -> str:
    """What became of a random layout."""
    case = layout_of(seed)
    path = case.layout.folder(folder / f"layout{seed}")
    repository = f"random/l{seed}"
    wanted = theirs(case, repository, rig, tools, path)
    found, said = ours(rig, {"kind": "layout", "path": str(path), "image": case.image}, repository)
    if found is None:
        assert wanted is None, f"{seed}: they push what we refuse: {said}"
        return "both refuse"
    if wanted is None:
        assert "without holding it" in said, f"{seed}: we push what they refuse"
        return "in part"
    assert found == wanted, seed
    return "same"


def test_random_layouts(open_rig: Rig, tools: Tools, tmp_path: Path) -> None:
    results = [one_layout(seed, open_rig, tools, tmp_path) for seed in range(LAYOUTS)]
    counts = {result: results.count(result) for result in results}
    assert counts["same"] > LAYOUTS / 2
    assert counts["both refuse"] > 1


def plain(data: bytes) -> str:
    """The digest of a layer's plain tar."""
    return digest(gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data)


def one_archive(seed: int, rig: Rig, tools: Tools, folder: Path) -> str:
    path = folder / f"{seed}.tar"
    archive_of(seed, path)
    repository, target = f"random/a{seed}", f"{rig.host}/random/a{seed}:theirs"
    if seed % 2:
        tools.run("crane", "push", "--insecure", str(path), target, works=None)
    else:
        tools.skopeo(f"docker-archive:{path}", f"docker://{target}", works=None)
    wanted = manifest_at(rig, repository, "theirs")
    found, said = ours(rig, {"kind": "archive", "path": str(path)}, repository)
    if found is None:
        if wanted is None:
            return "both refuse"
        assert seed % 2, f"{seed}: skopeo pushes what we refuse: {said}"
        assert re.search(r"is damaged|manifest.json is not|names no layers|is not JSON", said), said
        return "refused, and crane does not look"
    assert wanted is not None, seed
    mine, other = json.loads(found), json.loads(wanted[0])
    assert mine["config"]["digest"] == other["config"]["digest"]
    layers = [[part["digest"] for part in one["layers"]] for one in (mine, other)]
    if layers[0] == layers[1]:
        return "same bytes"
    told = [[plain(blob_at(rig, repository, blob)) for blob in one] for one in layers]
    assert told[0] == told[1], "their compressor made the difference, and nothing else"
    return "same"


def test_random_archives(open_rig: Rig, tools: Tools, tmp_path: Path) -> None:
    results = [one_archive(seed, open_rig, tools, tmp_path) for seed in range(ARCHIVES)]
    counts = {result: results.count(result) for result in results}
    assert counts["same"] + counts["same bytes"] > ARCHIVES / 2
    assert counts["same bytes"] >= 1
    assert counts["both refuse"] >= 1


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_many_more(open_rig: Rig, tools: Tools, tmp_path: Path) -> None:
    for seed in range(1000, 1000 + LAYOUTS * MORE):
        one_layout(seed, open_rig, tools, tmp_path)
    for seed in range(1000, 1000 + ARCHIVES * MORE):
        one_archive(seed, open_rig, tools, tmp_path)
