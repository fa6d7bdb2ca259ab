"""Charts as packages: one that was packaged in a former way stays as it is; a hostile one is a failure of check."""

from __future__ import annotations

from pathlib import Path

import pytest

from computenest.resources._packages.content_model import Kind
from lifecycle.wares import Shop, checked, told
from stack.cloud import Cloud

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def charts(tmp_path: Path, wares_cloud: Cloud) -> Shop:
    assert wares_cloud is not None
    (tmp_path / "charts").mkdir()
    return Shop(tmp_path / "charts", Kind.CHART)


def test_a_chart_that_was_packaged_without_its_rules_does_not_change(charts: Shop) -> None:
    async def story() -> None:
        wish, folder = charts.wish(), charts.folder / "chart"
        rules = (folder / ".helmignore").read_bytes()
        for name in (".helmignore", "a.orig", "notes/todo.txt"):
            (folder / name).unlink()
        process = charts.process()
        first = await process.create(await checked(process, wish))
        (folder / ".helmignore").write_bytes(rules)
        (folder / "a.orig").write_text("left out")
        process = charts.process()
        news = await checked(process, wish, first.state)
        assert not process.diff(first.state, news).has_changes
        again = await process.update(news, first.state)  # as a repair would: the same content is found once more
        assert again.is_complete
        assert again.state["version"] == first.state["version"]
        (folder / "values.yaml").write_text("greeting: good morning\n")
        assert process.diff(first.state, await checked(process, wish, first.state)).has_changes
        await charts.process().delete(again.state)

    told(story())


def test_a_hostile_chart_is_a_failure_at_its_path(charts: Shop) -> None:
    async def story() -> None:
        wish = charts.wish()
        bomb = "x0: &x0 [a, a, a, a, a, a, a, a, a]\n" + "".join(
            f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 9)
        )
        with (charts.folder / "chart/Chart.yaml").open("a") as file:
            file.write(bomb)
        (charts.folder / "chart/\udcff").symlink_to("missing")
        for left in (1, 0):
            found = await charts.process().check({}, wish)
            assert [failure.path for failure in found.failures] == ["source.path"]
            assert ("link to missing" if left else "aliases unfold to too many values") in str(found.failures)
            (charts.folder / "chart/\udcff").unlink(missing_ok=True)

    told(story())
