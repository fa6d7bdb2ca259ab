"""What the host's diff leaves for the program of the same preview: the images that stay, and never older ones."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from computenest.cloud.settings import parse_settings
from computenest.resources._program.core import Core
from computenest.resources.ecs_image_package.lifecycle import ImageLifecycle
from computenest.serve.dynamic import handover
from computenest.serve.dynamic.serving import Serving
from computenest.serve.lifecycles import served
from lifecycle.driver import Screen
from lifecycle.images import check

HOME, AWAY = "cn-hangzhou", "cn-beijing"
IMAGES = {HOME: "m-bp1abcdefghij", AWAY: "m-2zeabcdefghij"}
OWNER = "o-1"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def wish(regions: list[str], image: str = "m-bp1abcdefghijk", **more: Any) -> dict[str, Any]:
    source = {"kind": "custom", "imageId": image, "region": HOME}
    checked = check(
        {}, {"ownerId": OWNER, "logicalName": "web", "source": source, "regions": regions, **more}, recorded=None
    )
    assert checked.failures == ()
    return dict(checked.inputs)


def state(**changes: Any) -> dict[str, Any]:
    made = {"artifactId": "a-1", "version": "1", "status": "Available", "images": IMAGES, "reasons": {}}
    return {**wish([HOME, AWAY]), **made, "reissued": False, **changes}


def left(after: dict[str, Any], before: dict[str, Any] | None = None, *, assume: bool = True) -> dict[str, str]:
    settings = {"computenest:cloud": "local", "computenest:assumeStableDelivery": str(assume).lower()}
    core = Core(parse_settings(settings, environ={}), Screen())
    host: Any = SimpleNamespace(lifecycles={"EcsImagePackage": served(ImageLifecycle(core))})
    since_s = time.time()
    Serving("EcsImagePackage", lambda: host).diff(before or state(), after)
    return dict(handover.take(OWNER, since_s=since_s))


def test_a_region_more_keeps_the_others() -> None:
    assert left(wish([HOME, AWAY, "cn-shanghai"])) == IMAGES
    assert left(wish([HOME])) == {HOME: IMAGES[HOME]}


@pytest.mark.parametrize(
    ("after", "before", "assume"),
    [
        (wish([HOME, AWAY]), None, True),
        (wish([HOME, AWAY], "m-bp1other00000000"), None, True),
        (wish([HOME, AWAY, "cn-shanghai"]), state(reissued=True), True),
        (wish([HOME, AWAY, "cn-shanghai"]), None, False),
        (wish([HOME, AWAY, "cn-shanghai"], name="front"), None, True),
    ],
    ids=["nothing changes", "another source", "a re-issue was seen", "nothing is assumed", "a replacement"],
)
def test_nothing_is_left_where_nothing_is_sure(
    after: dict[str, Any], before: dict[str, Any] | None, assume: bool
) -> None:
    assert left(after, before, assume=assume) == {}


def test_what_an_earlier_run_left_counts_for_nothing() -> None:
    handover.leave(OWNER, IMAGES)
    assert handover.take(OWNER, since_s=time.time() + 1) == {}
    assert handover.take(OWNER, since_s=0) == IMAGES
    handover.drop(OWNER)
    assert handover.take(OWNER, since_s=0) == {}


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"at": "x"}', '{"at": 9e99, "images": 1}', "\udcff"])
def test_a_file_that_is_damaged_costs_only_the_comfort(folder: Path, text: str) -> None:
    handover.leave(OWNER, IMAGES)
    [file] = folder.glob("computenest-previews-*/*")
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert handover.take(OWNER, since_s=0) == {}


def test_a_folder_of_somebody_else_is_not_used(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    handover.leave(OWNER, IMAGES)
    [ours] = folder.glob("computenest-previews-*")
    ours.rename(folder / "aside")
    ours.symlink_to(tmp_path_factory.mktemp("theirs"))
    handover.leave(OWNER, IMAGES)
    assert handover.take(OWNER, since_s=0) == {}


@pytest.mark.parametrize("owner", ["../../elsewhere", "/elsewhere", "o" * 500, "a\0b", ""])
def test_whatever_a_state_calls_its_owner_nothing_is_written_elsewhere(folder: Path, owner: str) -> None:
    since_s = time.time()
    handover.leave(owner, IMAGES)
    assert handover.take(owner, since_s=since_s) == IMAGES
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert [path.parent.parent for path in files] == [folder]
    handover.drop(owner)
    assert handover.take(owner, since_s=since_s) == {}
