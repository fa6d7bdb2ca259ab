"""Charts of packages: previews render their own bytes; a key is taken for a pull, and for nothing else."""

from __future__ import annotations

import asyncio
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.charts import _not_pulled, chart_of_bytes, local_chart
from computenest.cloud.kubernetes.helm import HelmChart
from computenest.cloud.registry.login import Login
from computenest.cloud.secret import Secret
from computenest.kernel.errors import Conflict, Invalid, Transient
from computenest.kernel.names import AccountName, OwnerId
from computenest.kernel.unknown import UNKNOWN
from computenest.resources._components import chart_store
from computenest.resources._components.chart_store import ChartStore
from computenest.resources._components.model import ChartPackage
from computenest.resources._components.policy import Policy
from computenest.resources._components.release import ReleaseName
from computenest.resources._components.wish import Wish
from computenest.resources._packages.charts.chart import package
from computenest.resources._packages.charts.chart_folder import read_folder
from kubernetes.charts import Charts

HOST = "registry.example.com"
REFERENCE = f"{HOST}/nest/web:1.0.0"


class World:
    """A registry that has one archive, and hands out keys."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COMPUTENEST_CACHE", str(folder / "cache"))
        monkeypatch.setattr(chart_store, "pulled_chart", self.pull)
        self.keys: list[AccountName] = []
        self.archive = b""
        self.store = ChartStore(self.key)

    async def key(self, account: AccountName) -> tuple[str, Login]:
        self.keys.append(account)
        return HOST, Login("cr_temp_user", Secret("short-lived"))

    async def pull(self, reference: str, login: Any, *, path: str, login_path: str = "") -> HelmChart:
        assert (reference, login[0], login_path) == (REFERENCE, "cr_temp_user", "")
        return chart_of_bytes(self.archive, path=path)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


@pytest.fixture
def charts(tmp_path: Path) -> Charts:
    return Charts(tmp_path / "charts")


def wish(**chart: Any) -> Wish:
    given = ChartPackage.model_validate({"kind": "package", "package": REFERENCE, **chart})
    release = {"release": ReleaseName("shop-web"), "namespace": "shop", "owner": OwnerId("o-1"), "policy": Policy()}
    return Wish(component="web", path="service.components[0]", chart=given, values={}, needs=(), **release)


def packaged(folder: Path) -> bytes:
    return package(read_folder(folder), path="source").content


def test_a_preview_renders_what_will_be_pushed_and_takes_no_key(world: World, charts: Charts) -> None:
    folder = charts.web()
    (folder / "notes.txt").write_text("left out")
    (folder / ".helmignore").write_text("notes.txt\n")
    seen = asyncio.run(world.store.seen(wish(path=str(folder), package=UNKNOWN)))
    assert (seen.name, seen.version, world.keys) == ("web", "1.0.0", [])
    assert seen.digest == chart_of_bytes(packaged(folder), path="chart").digest
    assert seen.digest != local_chart(folder).digest, "what is left out is no part of it"


def test_what_is_brought_comes_out_of_the_registry_with_a_key_of_its_own(world: World, charts: Charts) -> None:
    folder = charts.web()
    world.archive = packaged(folder)
    wanted = wish(path=str(folder), account="customer")
    found = asyncio.run(world.store.brought(wanted))
    assert found.digest == asyncio.run(world.store.seen(wanted)).digest
    assert world.keys == ["customer"]


def test_without_its_bytes_a_package_is_pulled_once_for_previews(world: World, charts: Charts) -> None:
    world.archive = packaged(charts.web())

    async def twice() -> list[HelmChart]:
        return [await world.store.seen(wish()), await world.store.seen(wish())]

    first, second = asyncio.run(twice())
    assert (first, len(world.keys)) == (second, 1)


def test_another_chart_in_the_registry_than_here_changes_nothing(world: World, charts: Charts) -> None:
    world.archive = packaged(charts.web(values={"replicas": 9}))
    with pytest.raises(Conflict, match=r"is not the chart that this machine has at .*nothing was changed"):
        asyncio.run(world.store.brought(wish(path=str(charts.web()))))


@pytest.mark.parametrize(
    ("chart", "path", "said"),
    [
        ({"package": "other.example.com/nest/web:1.0.0"}, "package", "is not in registry.example.com"),
        ({"path": "/nowhere/web.tgz"}, "path", "cannot be read: No such file"),
    ],
)
def test_what_is_wrong_is_said_at_its_property(world: World, chart: dict[str, str], path: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as caught:
        asyncio.run(world.store.seen(wish(**chart)))
    assert caught.value.path == f"service.components[0].chart.{path}"


def test_an_archive_that_is_no_chart_is_said_at_its_property(world: World, tmp_path: Path) -> None:
    file = tmp_path / "none.tgz"
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("web/values.yaml"))
    file.write_bytes(held.getvalue())
    with pytest.raises(Invalid, match=r"Chart\.yaml") as caught:
        asyncio.run(world.store.seen(wish(path=str(file))))
    assert caught.value.path == "service.components[0].chart.path"


@pytest.mark.parametrize(
    ("said", "kind", "path"),
    [
        ("dial tcp 127.0.0.1:1: connect: connection refused", Transient, None),
        ("dial tcp: lookup no.example.com: no such host", Transient, None),
        ("unexpected status code 503: Service Unavailable", Transient, None),
        ("response status code 401: unauthorized", Invalid, "chart.reference"),
        ("web:9: not found", Invalid, "chart.reference"),
        ("invalid reference", Invalid, "chart.reference"),
    ],
)
def test_a_registry_that_is_silent_is_told_from_one_that_refuses(said: str, kind: type, path: str | None) -> None:
    error = _not_pulled("oci://r.example.com/web:9", "", said, "chart.reference", "chart.password")
    assert (type(error), getattr(error, "path", None)) == (kind, path)
