"""Generated charts, packaged by the real helm and by us: the same files go in, the same charts are refused.

Helm refuses a chart when `helm lint` finds an error or `helm package` fails; besides, a name has to be one that a
registry takes, which `helm push` finds out. Whether values fit the schema is told when
they are known, at the deployment. Many charts go through one helm process, so that 300 of them are quick.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from charts.generated import sketch
from charts.helm import lint, run
from computenest.kernel.errors import Invalid
from computenest.resources._packages.charts.chart import Chart, package, read_package
from computenest.resources._packages.charts.chart_folder import read_folder

REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*")
REWRITTEN = ("Chart.yaml", "Chart.lock")  # helm writes them anew; what they say is the same


@dataclass(frozen=True)
class Verdict:
    """What helm says: why it refuses ("" where it does not), and its package."""

    refusal: str
    content: bytes = b""


def packages(helm: Path, paths: Sequence[Path], to: Path) -> Iterator[tuple[Path, Verdict]]:
    """`helm package` of each; it stops at the first that it refuses, and is started again behind that."""
    rest = list(paths)
    while rest:
        _, said = run(helm, "package", *rest, "-d", to)
        made = re.findall(r"saved it to: (.*)$", said, re.MULTILINE)
        for path, place in zip(rest, made, strict=False):
            yield path, Verdict("", Path(place).read_bytes())
        if len(made) < len(rest):
            yield rest[len(made)], Verdict(said.strip().rpartition("\n")[2] or "refused")
        rest = rest[len(made) + 1 :]


def ours(folder: Path) -> Chart | Invalid:
    try:
        return package(read_folder(folder), path="source.path")
    except Invalid as error:
        return error


def held(content: bytes) -> Mapping[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz", errors="surrogateescape") as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]


def differences(seed: int, verdict: Verdict, mine: Chart | Invalid) -> Iterator[str]:
    if isinstance(mine, Invalid) or verdict.refusal:
        if not isinstance(mine, Invalid):
            yield f"{seed}: helm refuses, we do not: {verdict.refusal}"
        elif not verdict.refusal and _is_pushable(verdict):
            yield f"{seed}: we refuse, helm does not: {mine}"
        return
    read = read_package(verdict.content, path="source.path")
    if (read.name, read.version) != (mine.name, mine.version):
        yield f"{seed}: helm's package is {read.name} {read.version}, ours is {mine.name} {mine.version}"
    theirs, own = held(verdict.content), held(mine.content)
    if theirs.keys() != own.keys():
        only = [sorted(theirs.keys() - own.keys()), sorted(own.keys() - theirs.keys())]
        yield f"{seed}: only helm's, only ours: {only}"
    for name in theirs.keys() & own.keys():
        if not name.endswith(REWRITTEN) and theirs[name] != own[name]:
            yield f"{seed}: {name} differs"


def _is_pushable(verdict: Verdict) -> bool:
    """A repository and a tag can have the chart's name and version."""
    files = held(verdict.content)
    name = next(iter(files)).partition("/")[0]
    version = yaml.safe_load(files[f"{name}/Chart.yaml"])["version"]
    return REPOSITORY.fullmatch(name) is not None and len(str(version)) <= 128


def compare(helm: Path, seeds: range, folder: Path) -> list[str]:
    places = {folder / f"c{seed}": seed for seed in seeds}
    (folder / "outside.txt").write_text("outside")
    for place, seed in places.items():
        sketch(seed).write(place)
    mine = {place: ours(place) for place in places}
    sound = [place for place, chart in mine.items() if isinstance(chart, Chart)]
    named = {(chart.name, chart.version): place for place, chart in mine.items() if isinstance(chart, Chart)}
    together = list(named.values())  # packages of one name would be written over each other
    apart = [place for place in places if place not in together]
    with ThreadPoolExecutor(2) as pool:
        linted = pool.submit(lint, helm, list(places))
        one_by_one = pool.map(lambda place: list(packages(helm, [place], folder / f"o{places[place]}")), apart)
        packaged = dict(packages(helm, together, folder / "packages"))
        packaged |= {path: verdict for found in one_by_one for path, verdict in found}
        errors = linted.result()
    found: list[str] = []
    for place, seed in places.items():
        verdict = packaged[place] if not errors.get(place, "") else Verdict(errors[place])
        found += differences(seed, verdict, mine[place])
    return found + list(_reread(helm, {place: mine[place] for place in sound}, folder))


def _reread(helm: Path, charts: Mapping[Path, Chart | Invalid], folder: Path) -> Iterator[str]:
    """What we packaged is a chart to helm."""
    (folder / "ours").mkdir()
    for place, chart in charts.items():
        assert isinstance(chart, Chart)
        (folder / "ours" / f"{place.name}.tgz").write_bytes(chart.content)
    for path, error in lint(helm, sorted((folder / "ours").iterdir())).items():
        if error:
            yield f"{path.name}, packaged by us: {error}"


@pytest.mark.parametrize("start", [0, 100, 200])
def test_a_hundred_charts_are_to_us_what_they_are_to_helm(helm: Path, tmp_path: Path, start: int) -> None:
    assert compare(helm, range(start, start + 100), tmp_path) == []


@pytest.mark.long
@pytest.mark.parametrize("start", range(1000, 4000, 500))
def test_many_charts_are_to_us_what_they_are_to_helm(helm: Path, tmp_path: Path, start: int) -> None:
    assert compare(helm, range(start, start + 500), tmp_path) == []
