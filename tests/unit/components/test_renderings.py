"""A chart is rendered once for clusters that would be given the same, and by each that could be given another."""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.charts import local_chart
from computenest.cloud.kubernetes.helm import HelmChart, HelmError
from computenest.kernel.unknown import UNKNOWN
from computenest.resources._components.observation import Rendering
from computenest.resources._components.release import ReleaseName
from computenest.resources._components.renderings import Renderings
from kubernetes.charts import Charts
from unit.components.worlds import declared

CHART = HelmChart(Path("web"), "web", "1.0.0", "d1", makes_values_up=False, reads_cluster=False, counts_revisions=False)
READS = '{{ (lookup "v1" "Namespace" "" "kube-system").metadata.uid }}'


class Cluster:
    """Renders as slowly as it is told to, and counts."""

    made: list[str]

    def __init__(self, world: World, name: str, answer: Rendering | Exception | None = None) -> None:
        self.world, self.name, self.answer = world, name, answer or Rendering((), notes=(name,))
        self.goes_on = asyncio.Event()

    async def make(self) -> Rendering:
        self.world.made.append(self.name)
        await self.goes_on.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def ask(self, chart: HelmChart = CHART, **given: Any) -> asyncio.Task[Rendering]:
        told = declared(values=given.pop("values", {}))
        told = replace(told, **{key: given.pop(key) for key in ("release", "namespace") if key in given})
        asked = {"is_upgrade": False, "serves": "v1.37.2", **given}
        return asyncio.create_task(self.world.renderings.of(told, chart, make=self.make, **asked))


class World:
    """Clusters that ask for renderings of one process."""

    def __init__(self) -> None:
        self.renderings, self.made = Renderings(), list[str]()

    def cluster(self, name: str, answer: Rendering | Exception | None = None, *, waits: bool = False) -> Cluster:
        found = Cluster(self, name, answer)
        if not waits:
            found.goes_on.set()
        return found


def within(work: Callable[[World], Awaitable[None]]) -> World:
    async def go() -> World:
        world = World()
        await asyncio.wait_for(work(world), 20)
        return world

    return asyncio.run(go())


def test_clusters_that_ask_for_the_same_are_given_one_rendering() -> None:
    async def work(world: World) -> None:
        first, second = world.cluster("a").ask(values={"n": [1]}), world.cluster("b").ask(values={"n": [1]})
        assert await first is await second
        assert await world.cluster("late").ask(values={"n": [1]}) is await first

    assert within(work).made == ["a"]


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ({"values": {"n": 1}}, {"values": {"n": "1"}}),
        ({"values": {"n": 1}}, {"values": {"n": True}}),
        ({"values": {"n": UNKNOWN}}, {"values": {"n": "UNKNOWN"}}),
        ({"values": {}}, {"values": {"n": None}}),
        ({"release": ReleaseName("a")}, {"release": ReleaseName("b")}),
        ({"namespace": "a"}, {"namespace": "b"}),
        ({"serves": "v1.37.2"}, {"serves": "v1.37.3"}),
        ({"is_upgrade": False}, {"is_upgrade": True}),
        ({"chart": CHART}, {"chart": replace(CHART, digest="d2")}),
    ],
)
def test_whatever_a_template_is_given_makes_another_rendering(
    first: Mapping[str, Any], other: Mapping[str, Any]
) -> None:
    async def work(world: World) -> None:
        assert (await world.cluster("a").ask(**first)).notes == ("a",)
        assert (await world.cluster("b").ask(**other)).notes == ("b",)

    assert within(work).made == ["a", "b"]


@pytest.mark.parametrize(
    "given",
    [{"chart": replace(CHART, reads_cluster=True)}, {"values": {"name": [f"\n{READS}"]}}],
    ids=["chart", "value"],
)
def test_what_reads_the_cluster_is_rendered_by_each(given: Mapping[str, Any]) -> None:
    async def work(world: World) -> None:
        assert [(await world.cluster(name).ask(**given)).notes for name in "ab"] == [("a",), ("b",)]

    assert within(work).made == ["a", "b"]


def test_a_failure_and_what_holds_for_one_cluster_is_told_to_no_other() -> None:
    async def work(world: World) -> None:
        failing = world.cluster("a", HelmError("web/templates/x.yaml:3: no"), waits=True)
        asked = [failing.ask(), world.cluster("b", waits=True).ask(), world.cluster("c").ask()]
        await asyncio.sleep(0)
        failing.goes_on.set()
        with pytest.raises(HelmError):
            await asked[0]
        assert (await asked[2]).notes == ("c",), "b, which takes long, holds nobody up"
        asked[1].cancel()
        own = Rendering((), notes=("helm refuses to take what is another's",), is_of_one=True)
        assert (await world.cluster("d", own).ask(namespace="other")) is own
        assert (await world.cluster("e").ask(namespace="other")).notes == ("e",)

    assert within(work).made == ["a", "b", "c", "d", "e"]


def test_a_cluster_that_is_lost_while_it_renders_leaves_it_to_the_next() -> None:
    async def work(world: World) -> None:
        silent = world.cluster("silent", waits=True).ask()
        others = [world.cluster(name).ask() for name in ("b", "c")]
        await asyncio.sleep(0)
        silent.cancel()
        assert [(await one).notes for one in others] == [("b",), ("b",)]
        assert silent.cancelled()

    assert within(work).made == ["silent", "b"]


def test_after_a_while_it_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(world: World) -> None:
        await world.cluster("a").ask()
        monkeypatch.setattr("computenest.resources._components.renderings._LAST_S", -1.0)
        await world.cluster("b").ask()

    assert within(work).made == ["a", "b"]


def packed(folder: Path) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        archive.add(folder, arcname="db")
    return held.getvalue()


def test_a_chart_that_may_read_the_cluster_is_known_wherever_it_says_so(tmp_path: Path) -> None:
    charts = Charts(tmp_path / "charts")
    assert not local_chart(charts.web()).reads_cluster
    assert local_chart(charts.web(web=READS)).reads_cluster
    assert local_chart(charts.web(values={"name": READS})).reads_cluster
    below, inside = charts.web(), charts.web()
    subchart = charts.write("db", "1.0.0", {}, {"secret": f"{READS}{{{{ randAlphaNum 8 }}}}"})
    (below / "charts").mkdir()
    (below / "charts" / "db").symlink_to(subchart)
    (below / "charts" / "round").symlink_to(below)
    (inside / "charts").mkdir()
    (inside / "charts" / "db-1.0.0.tgz").write_bytes(packed(subchart))
    archive = tmp_path / "web-1.0.0.tgz"
    archive.write_bytes(packed(inside))
    for chart in map(local_chart, (below, inside, archive)):
        assert (chart.reads_cluster, chart.makes_values_up) == (True, True), chart.where
