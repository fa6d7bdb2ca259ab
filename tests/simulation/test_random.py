"""Random lives of a package: a case that fails is shrunk, told with its seed, and written down as a test."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from simulation.cases import Case, Event, Makers, draw, fails, shrink, write_down
from simulation.test_crashes import Untidy

FIRST = int(os.environ.get("COMPUTENEST_SEED", "0"))
FOLDER = Path(os.environ.get("COMPUTENEST_REPRODUCTIONS", Path(tempfile.gettempdir()) / "computenest-reproductions"))


def _play_all(first: int, count: int) -> None:
    began_s = time.perf_counter()
    for seed in range(first, first + count):
        why = fails(draw(seed))
        if why:
            smallest = shrink(draw(seed))
            path = write_down(smallest, fails(smallest), FOLDER, seed=seed)
            pytest.fail(f"seed {seed}: {fails(smallest)}\n{smallest}\nwritten to {path}")
    print(f"{count} cases, {count / (time.perf_counter() - began_s):.0f} a second")  # noqa: T201 - shown by -rP


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(2))
def test_random_lives(part: int) -> None:
    _play_all(FIRST + part * 1000, 1000)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(20))
def test_many_random_lives(part: int) -> None:
    _play_all(1_000_000 + FIRST + part * 5000, 5000)


def test_a_case_that_fails_is_shrunk_and_written_down(tmp_path: Path) -> None:
    makers = Makers({"make_direct": Untidy})
    case = Case((Event("refresh"), Event("up", (1, 2, 3), permit=12), Event("up", (1, 4), source=1), Event("drain")))
    assert fails(case, makers)
    smallest = shrink(case, makers)
    assert len(smallest.events) <= 2
    path = write_down(case, "why", tmp_path, seed=7)
    found: dict[str, object] = {}
    exec(compile(path.read_text(), str(path), "exec"), found)
    assert callable(found["test_it"])
    found["test_it"]()
