"""Charts by reference and of packages, on the real registry behind an authorization service that asks who pulls."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from computenest.cloud.registry.login import Login
from computenest.cloud.secret import Secret
from computenest.kernel.unknown import UNKNOWN
from emulator.harness import Cloud
from kubernetes.charts import Charts
from kubernetes.deployments import Deployment
from kubernetes.tools import Kubectl, Program
from lifecycle.driver import Failed
from registry.world import Key, clean_environment, nest_key

KINDS = ("deployment", "service", "job", "secret")
WRONG = "wr0ng-wr0ng-wr0ng"
Push = Callable[[Path], None]


@pytest.fixture
def key(cloud: Cloud) -> Key:
    """A temporary key, as a `HelmChartPackage` gives it."""
    return nest_key(cloud, kind="HelmChart")


@pytest.fixture
def push(key: Key, helm_4: Program, tmp_path: Path) -> Push:
    """Pushes a chart's folder with the unmodified helm."""
    home = tmp_path / "home"
    home.mkdir()

    def run(folder: Path) -> None:
        def helm(*words: str, given: str = "") -> None:
            done = subprocess.run(
                [helm_4.path, *words],
                input=given,
                capture_output=True,
                text=True,
                timeout=100,
                cwd=home,
                env=clean_environment(home),
            )
            assert done.returncode == 0, done.stderr

        helm("registry", "login", "--plain-http", "-u", key.username, "--password-stdin", key.host, given=key.password)
        helm("package", str(folder), "--destination", str(home / folder.name))
        (archive,) = (home / folder.name).glob("*.tgz")
        helm("push", "--plain-http", str(archive), f"oci://{key.host}/{key.namespace}")

    return run


def component(key: Key, tag: str, **chart: Any) -> dict[str, Any]:
    reference = f"{key.host}/{key.namespace}/web:{tag}"
    login = {"username": key.username, "password": key.password}
    given = {"kind": "reference", "reference": reference, **login, **chart}
    return {"name": "web", "chart": {name: value for name, value in given.items() if value is not None}}


@pytest.fixture
def shop(cluster: EmbeddedCluster, namespace: str) -> Deployment:
    return Deployment(cluster.kubeconfig, namespace)


def test_a_chart_of_a_registry_is_installed_and_bumped(
    shop: Deployment,
    key: Key,
    push: Push,
    cloud: Cloud,
    charts: Charts,
    kubectl: Kubectl,
) -> None:
    """An expired key is told, and the next one changes nothing."""
    push(charts.web())
    push(charts.web("1.1.0", values={"image": "example.com/web:2"}))
    assert shop.up(component(key, "1.0.0")) == "create"
    assert kubectl.get("deployment", "shop-web")["status"]["readyReplicas"] == 2
    seen = shop.check(component(key, "1.0.0"))
    assert (seen.failures, seen.notes, seen.warnings) == ((), (), ())
    cloud.advance(3601)
    (failure,) = shop.check(component(key, "1.1.0")).failures
    assert failure.path == "service.components[0].chart.password"
    renewed = nest_key(cloud, kind="HelmChart")
    assert renewed.password != key.password
    assert shop.up(component(renewed, "1.0.0")) == "same"
    seen = shop.check(component(renewed, "1.1.0"))
    assert "web: upgrade 1.0.0 -> 1.1.0" in seen.notes[0].splitlines()
    assert "'example.com/web:1' => 'example.com/web:2'" in seen.notes[0]
    assert shop.up(component(renewed, "1.1.0")) == "update"
    assert shop.life.state["rollout"] == {"web": "1.1.0"}
    assert shop.up(component(renewed, "1.1.0")) == "same"
    cloud.advance(3601)
    shop.life.destroy()  # needs no chart, and so no key
    assert kubectl.objects("deployment", "service") == {}


WRONGS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a wrong password": (
        {"password": WRONG},
        "password",
        r"the registry \S+ does not let 'cr_temp_user_\w+' pull the chart .*wrong or has expired",
    ),
    "nobody": (
        {"username": None, "password": None},
        "reference",
        "does not let everybody pull the chart .*`username` and `password`",
    ),
    "no such version": ({"tag": "9.0.0"}, "reference", "has no chart .*/web:9.0.0; push it"),
}


@pytest.mark.parametrize("which", [pytest.param("helm_3", marks=pytest.mark.long), "helm_4"])
def test_what_a_registry_refuses_is_said_and_changes_nothing(
    which: str,
    shop: Deployment,
    key: Key,
    push: Push,
    charts: Charts,
    kubectl: Kubectl,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each has a sentence of its own, from either helm, and no password is in any."""
    program: Program = request.getfixturevalue(which)
    monkeypatch.setenv("COMPUTENEST_HELM", str(program.path))
    push(charts.web())
    push(charts.web("1.1.0"))
    shop.up(component(key, "1.0.0"))
    before, state = kubectl.objects(*KINDS), dict(shop.life.state)
    told = []
    for given, name, pattern in WRONGS.values():
        chart = dict(given)
        at = replace(key, host=chart.pop("host", key.host))
        wrong = component(at, chart.pop("tag", "1.1.0"), **chart)
        seen = shop.check(wrong)
        assert [one.path for one in seen.failures] == [f"service.components[0].chart.{name}"], seen.failures
        assert re.search(pattern, seen.failures[0].reason), seen.failures[0].reason
        with pytest.raises(Failed) as failed:
            shop.up(wrong)
        told += [failed.value, *seen.failures, *seen.notes, *seen.warnings]
    silent = component(replace(key, host="127.0.0.1:1"), "1.1.0")
    seen = shop.check(silent)
    assert seen.failures == ()
    assert "cannot tell what web would be, a run will not begin before that answers" in seen.warnings[0]
    assert "connection refused" in seen.warnings[0]
    with pytest.raises(Failed, match="does not answer for the chart"):
        shop.up(silent)
    assert kubectl.objects(*KINDS) == before
    assert shop.life.state == state
    said = " ".join(map(str, [*told, *shop.said(), *shop.subject.screen.shown]))
    assert WRONG not in said
    assert key.password not in said
    assert shop.up(component(key, "1.1.0")) == "update"


@dataclass
class Keys:
    """A temporary key at each call, as an account gives them; how many were taken."""

    cloud: Cloud
    taken: int = 0

    async def take(self, _account: str) -> tuple[str, Login]:
        self.taken += 1
        key = await asyncio.to_thread(nest_key, self.cloud, kind="HelmChart")
        return key.host, Login(key.username, Secret(key.password))


def of_package(key: Key, folder: Path, tag: str, **more: Any) -> dict[str, Any]:
    package = f"{key.host}/{key.namespace}/web:{tag}"
    return {"name": "web", "chart": {"kind": "package", "package": package, "path": str(folder), **more}}


def test_the_chart_of_a_package_is_previewed_before_it_is_pushed_and_pulled_with_a_key_of_its_own(
    cluster: EmbeddedCluster, namespace: str, key: Key, push: Push, cloud: Cloud, charts: Charts, kubectl: Kubectl
) -> None:
    """No key is taken by a preview, and none is in the state."""
    keys = Keys(cloud)
    shop = Deployment(cluster.kubeconfig, namespace, keys=keys.take)
    first = charts.web()
    not_there_yet = of_package(key, first, "1.0.0")
    seen = shop.check({**not_there_yet, "chart": {**not_there_yet["chart"], "package": UNKNOWN}})
    assert f"+ Deployment {namespace}/shop-web" in seen.notes[0]
    with pytest.raises(Failed, match=r"has no chart .*/web:1\.0\.0"):
        shop.up(not_there_yet)
    assert kubectl.objects("deployment", "secret") == {}
    keys.taken = 0
    push(first)
    assert shop.up(of_package(key, first, "1.0.0")) == "create"
    assert keys.taken == 1
    assert seen.inputs["objects"] == shop.life.inputs["objects"], "what is pushed is what was rendered"
    assert shop.up(of_package(key, first, "1.0.0")) == "same"
    second = charts.web("1.1.0", values={"image": "example.com/web:2"})
    seen = shop.check(of_package(key, second, "1.1.0"))
    assert "'example.com/web:1' => 'example.com/web:2'" in seen.notes[0]
    assert keys.taken == 1, "a preview takes none"
    push(second)
    cloud.advance(3601)  # the key of the first run is of no use any more
    assert shop.up(of_package(key, second, "1.1.0")) == "update"
    assert keys.taken == 2
    assert "cr_temp_user" not in repr((shop.life.state, shop.life.inputs))
    other = charts.web("1.1.0", values={"image": "example.com/web:3"})
    with pytest.raises(Failed, match="is not the chart that this machine has"):
        shop.up(of_package(key, other, "1.1.0"))
    assert shop.life.state["revisions"] == {"web": 2}
    shop.life.destroy()
    assert keys.taken == 3, "needs no chart"
