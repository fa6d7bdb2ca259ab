"""Generated packages (`.tgz`), loaded by the real helm and by us: the same ones are refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from charts.archives import Archive
from charts.helm import lint, run
from computenest.kernel.errors import Invalid
from computenest.resources._packages.charts.chart import read_package


def ours(content: bytes) -> str:
    try:
        chart = read_package(content, path="source.path")
    except Invalid as error:
        return f"refused: {error}"
    return f"{chart.name} {chart.version}"


def helms(helm: Path, path: Path) -> str:
    """What `helm show chart` finds in it."""
    code, said = run(helm, "show", "chart", path)
    if code:
        return f"refused: {said}"
    told = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line)
    return f"{told.get('name', '')} {told.get('version', '')}"


def compare(helm: Path, seeds: range, folder: Path) -> list[str]:
    for seed in seeds:
        (folder / f"{seed}.tgz").write_bytes(Archive(seed).content())
    paths = [folder / f"{seed}.tgz" for seed in seeds]
    with ThreadPoolExecutor(2) as pool:
        shown = dict(zip(paths, pool.map(lambda path: helms(helm, path), paths), strict=True))
    loaded = [path for path, found in shown.items() if not found.startswith("refused")]
    errors = lint(helm, loaded)
    found = []
    for path in paths:
        theirs = f"refused: {errors[path]}" if errors.get(path) else shown[path]
        mine = ours(path.read_bytes())
        if theirs.partition(":")[0] != mine.partition(":")[0]:
            found.append(f"{path.stem}: helm: {theirs}, we: {mine}")
    return found


def test_packages_are_to_us_what_they_are_to_helm(helm: Path, tmp_path: Path) -> None:
    assert compare(helm, range(60), tmp_path) == []


@pytest.mark.long
def test_many_packages_are_to_us_what_they_are_to_helm(helm: Path, tmp_path: Path) -> None:
    assert compare(helm, range(1000, 1600), tmp_path) == []
