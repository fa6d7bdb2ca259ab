"""Dear tests begin, dealt over the workers by module, and none is lost; see tests/conftest.py."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def conftest() -> ModuleType:
    spec = importlib.util.spec_from_file_location("the_conftest", ROOT / "tests/conftest.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def item(module: str, *marks: str) -> Any:
    return SimpleNamespace(path=Path(module), get_closest_marker=lambda name: name in marks)


@pytest.mark.parametrize("workers", [1, 2, 4, 9])
@pytest.mark.parametrize("cheap", [0, 3, 40, 41], ids=lambda number: f"{number} cheap")
def test_each_worker_begins_with_its_share_of_dear_modules(
    workers: int, cheap: int, conftest: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", str(workers))
    dear = [item(module, "stack") for module in "aabcddddefgh"] + [item("k", "cluster")] * 2
    given = [*dear[:7], *(item("cheap") for _ in range(cheap)), *dear[7:]]
    items = list(given)
    conftest.pytest_collection_modifyitems(items)
    assert sorted(map(id, items)) == sorted(map(id, given))
    if cheap < 40 or workers == 9:
        return
    left, first = len(items), 0
    for number in range(workers):
        size = left // (workers - number)
        block = items[first : first + size]
        left, first = left - size, first + size
        kinds = [conftest._is_dear(one) for one in block]
        assert kinds == sorted(kinds, reverse=True), "the dear ones before the cheap"
        assert sum(kinds) >= len(dear) // workers - 2
        shared = {one.path for one in block if conftest._is_dear(one)}
        assert sum(one.path in shared for one in items) == sum(kinds), "a module is one worker's"
