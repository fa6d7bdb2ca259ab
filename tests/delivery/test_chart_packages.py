"""Charts of HelmChartPackages in a delivery package: read where they are made, or pulled with a temporary key."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.clock import RealClock
from computenest.cloud.registry.client import Traffic
from computenest.cloud.registry.login import Login, OneLogin
from computenest.cloud.secret import Secret
from computenest.kernel.names import AccountName
from computenest.kernel.unknown import UNKNOWN
from computenest.resources._delivery.assembly import LayerCache
from computenest.resources._packages.charts.sources import chart_of
from computenest.resources.delivery_package.api import FileArchives, OciRegistries, SourcePacker
from computenest.resources.delivery_package.lifecycle import DeliveryPackageLifecycle
from computenest.resources.delivery_package.sources import PackageCharts
from computenest.resources.delivery_package.use_cases import DeliveryPackageUseCases
from computenest.serve.lifecycles import served
from delivery.test_packages import Real, life_of, news_of, tags, warned
from lifecycle.cores import core_of
from lifecycle.driver import Failed, _no_lease
from lifecycle.lives import LIVES, AnyLife, on_its_own_loop
from uploads.rig import PASSWORD, USER, Rig, push_to

NAMESPACE = "nest/charts"


@dataclass
class Nest(Real):
    """A process whose account has its charts in the rig's registry, which asks for a login."""

    folder: Path
    host: str
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.folder)

    async def key(self, account: AccountName) -> tuple[str, Login]:
        self.asked.append(account)
        return self.host, Login(USER, Secret(PASSWORD))

    def lifecycle(self) -> DeliveryPackageLifecycle:
        packer, clock = SourcePacker(LayerCache(self.folder / "cache"), PackageCharts(self.key)), RealClock()
        registries = OciRegistries(packer=packer)
        made = DeliveryPackageUseCases(packer, registries, FileArchives(packer), clock, self.screen, _no_lease)
        return DeliveryPackageLifecycle(core_of(self.screen), open=lambda _: made)


def pushed(rig: Rig, folder: str) -> tuple[str, str]:
    """Puts a chart where packages lie; its reference and content."""

    async def work() -> tuple[str, str]:
        keys, traffic = OneLogin(Login(USER, Secret(PASSWORD))), Traffic()
        async with chart_of({"kind": "directory", "path": folder}, traffic=traffic) as opened:
            path = f"{NAMESPACE}/{opened.name}"
            await push_to(rig.host, path, opened.version, opened.tree, key=keys, traffic=traffic)
            return f"{rig.host}/{path}:{opened.version}", opened.tree.root.digest

    return on_its_own_loop(work())


def alive(subject: Nest, transport: str = "plugin") -> AnyLife:
    life = LIVES[transport](subject)
    life.name = "shop"
    return life


def with_package(news: dict[str, Any], **package: Any) -> dict[str, Any]:
    """The same, whose first chart is a package's."""
    return {**news, "charts": [{"package": {"kind": "package", **package}}, *news["charts"][1:]]}


@pytest.mark.parametrize("transport", LIVES)
def test_the_chart_of_a_package_is_pulled_with_one_key_that_no_state_holds(
    rig: Rig, tmp_path: Path, transport: str
) -> None:
    news = {key: value for key, value in news_of(tmp_path).items() if key != "targets"}
    news["archive"] = str(tmp_path / "shop.tar")
    plain = life_of(tmp_path, transport)
    plain.up(news)
    reference, content = pushed(rig, news["charts"][0]["path"])
    nest = Nest(tmp_path / "nest", rig.host)
    life = alive(nest, transport)
    assert life.up(with_package(news, package=reference, content=content, account="prod")) == "create"
    assert life.state["digest"] == plain.state["digest"], "the same package, wherever its chart comes from"
    assert nest.asked == ["prod"], "what was pulled is kept as long as the process"
    assert PASSWORD not in json.dumps([life.state, life.inputs], default=str)
    assert life.up(with_package(news, package=reference, content=content, account="prod")) == "same"


def test_a_package_that_is_not_pushed_yet_is_known_by_its_folder(rig: Rig, tmp_path: Path) -> None:
    """Its reference is unknown in the first preview; the folder says all that a preview has to."""
    news, nest = news_of(tmp_path, rig), Nest(tmp_path / "nest", rig.host)
    folder = news["charts"][0]["path"]
    life = alive(nest)
    checked = nest.run(
        served(nest.lifecycle()).check(None, with_package(news, package=UNKNOWN, content=UNKNOWN, path=folder))
    )
    assert checked.failures == ()
    bag = checked.inputs
    assert bag["charts"][0]["package"]["package"] is UNKNOWN
    reference, content = pushed(rig, folder)
    done = with_package(news, package=reference, content=content, path=folder)
    assert life.up(done) == "create"
    assert life.state["contents"] == bag["contents"]
    assert life.state["digest"] == bag["digest"]
    assert nest.asked == [], "no key is taken for what is on this machine"
    life.destroy()
    assert tags(rig) == ["1.0.0"], "the chart stays: it is the package's"


def test_a_folder_without_its_package_is_still_unknown_where_it_is_unknown_itself(rig: Rig, tmp_path: Path) -> None:
    news, nest = news_of(tmp_path, rig), Nest(tmp_path / "nest", rig.host)
    for package in ({"package": UNKNOWN}, {"package": "r.example/n/c:1", "path": UNKNOWN}):
        checked = nest.run(served(nest.lifecycle()).check(None, with_package(news, **package)))
        assert checked.failures == ()
        assert checked.inputs["contents"] is UNKNOWN


@pytest.mark.parametrize(
    ("package", "said"),
    [
        (
            {"package": "HOST/nest/charts/shop:1.0.0", "path": "FOLDER", "content": "sha256:" + "0" * 64},
            r"charts\[0\].package.path: the chart at \S+ is sha256:\w+, and that of \S+ is sha256:0+",
        ),
        (
            {"package": "registry.example.com/nest/shop:1.0.0"},
            r"charts\[0\].package.package: .*registry.example.com/nest/shop:1.0.0 is not in \S+, where packages lie",
        ),
        (
            {"package": "HOST/nest/charts/gone:1"},
            r"package.package: the chart \S+ \S+ has no nest/charts/gone:1; it is not pushed yet",
        ),
        ({"package": "HOST/x", "path": "nowhere"}, r"charts\[0\].package.path: the chart nowhere"),
        ({"package": "HOST/x", "path": " "}, r"charts\[0\].package.path: ' ' says nothing"),
    ],
)
def test_what_is_wrong_with_a_package_is_told_at_its_property(
    rig: Rig, tmp_path: Path, package: dict[str, str], said: str
) -> None:
    news, nest = news_of(tmp_path, rig), Nest(tmp_path / "nest", rig.host)
    written = {"HOST": rig.host, "FOLDER": news["charts"][0]["path"]}
    for name, value in written.items():
        package = {key: given.replace(name, value) for key, given in package.items()}
    with pytest.raises(Failed, match=said):
        alive(nest).up(with_package(news, **package))
    assert tags(rig) == []


def test_a_chart_has_one_source(rig: Rig, tmp_path: Path) -> None:
    news = news_of(tmp_path, rig)
    folder = news["charts"][0]["path"]
    both = {"path": folder, "package": {"kind": "package", "package": "r.example/n/c:1"}}
    with pytest.raises(Failed, match=r"charts\[0\]: give one of `path`, `reference` and `package`"):
        alive(Nest(tmp_path / "nest", rig.host)).up({**news, "charts": [both, *news["charts"][1:]]})
    assert warned(life_of(tmp_path), news), "each by itself is right"
