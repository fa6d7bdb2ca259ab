"""Random lives of a package: a case that fails is shrunk, told with its seed, and written down as a test."""

from __future__ import annotations

import gc
import os
import runpy
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from computenest.resources.ecs_image_package.direct.clear import Clearing
from simulation.cases import Broken, Case, Event, draw, fails, shrink, write_down

FIRST = int(os.environ.get("COMPUTENEST_SEED", "0"))
FOLDER = Path(os.environ.get("COMPUTENEST_REPRODUCTIONS", Path(tempfile.gettempdir()) / "computenest-reproductions"))


@pytest.fixture(autouse=True)
def _seldom_collected() -> Iterator[None]:
    """Lives are short and many: a collector that walks what pytest holds would take a tenth of the time."""
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    yield
    gc.set_threshold(*usual)
    gc.unfreeze()


def hunt(first: int, count: int, folder: Path) -> None:
    """Plays the lives of `count` seeds; the first that fails is made small and written to `folder`."""
    began_s, used_s = time.perf_counter(), time.process_time()
    for seed in range(first, first + count):
        if not fails(draw(seed)):
            continue
        smallest = shrink(draw(seed))
        why = fails(smallest)
        path = write_down(smallest, why, folder, seed=seed)
        pytest.fail(f"seed {seed}: {why}\n{smallest}\nwritten to {path}")
    took_s, used_s = time.perf_counter() - began_s, time.process_time() - used_s
    rates = f"{count / took_s:.0f} a second, {count / used_s:.0f} a processor second"
    print(f"{count} cases from seed {first}: {rates}")  # noqa: T201 - shown by -rP


@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(8))
def test_sixteen_hundred_random_lives(part: int) -> None:
    hunt(FIRST + part * 200, 200, FOLDER)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(40))
def test_forty_thousand_random_lives(part: int) -> None:
    hunt(1_000_000 + FIRST + part * 1000, 1000, FOLDER)


def test_a_bug_is_found_shrunk_and_written_down_as_a_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def removes_nothing(*_: Any) -> dict[Any, Any]:
        return {}

    with monkeypatch.context() as planted:
        planted.setattr(Clearing, "remove_all", removes_nothing)
        with pytest.raises(pytest.fail.Exception, match=r"seed \d+: Broken: ") as told:
            hunt(0, 20, tmp_path)
        (written,) = tmp_path.glob("test_reproduction_*.py")
        assert str(written) in str(told.value)
        assert written.read_text().count("Event(") <= 2, "it is small"
        with pytest.raises(Broken):
            runpy.run_path(str(written))["test_it"]()
    runpy.run_path(str(written))["test_it"]()  # mended, it passes


def test_what_is_written_down_is_the_same_case(tmp_path: Path) -> None:
    for seed in range(50):
        path = write_down(draw(seed), 'why: "quoted" \\ """', tmp_path, seed=seed)
        assert runpy.run_path(str(path))["CASE"] == draw(seed)


def test_a_case_without_a_bug_is_not_shrunk() -> None:
    case = Case((Event("refresh"), Event("up", (1,))))
    assert not fails(case)
    assert shrink(case) == case
