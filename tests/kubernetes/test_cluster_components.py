"""`ClusterComponent` on a real cluster: two that ask for one release, and what somebody had installed before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from computenest.cloud.clock import RealClock
from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from computenest.resources._components.api import KubernetesClusters
from computenest.resources._components.opened import Desk
from computenest.resources.cluster_component.lifecycle import ClusterComponentLifecycle
from computenest.serve.lifecycles import served
from kubernetes.charts import Charts
from kubernetes.tools import Kubectl
from lifecycle.cores import core_of
from lifecycle.driver import Screen, _no_lease
from lifecycle.lives import LIVES, AnyLife, Subject


class _Subject(Subject):
    type_name = "ClusterComponent"

    def __init__(self) -> None:
        self.screen = Screen()

    def lifecycle(self) -> Any:
        clusters = KubernetesClusters()
        return ClusterComponentLifecycle(
            core_of(self.screen), Desk(clusters, clusters, RealClock(), self.screen, _no_lease)
        )


class Asking:
    """One resource of one program."""

    def __init__(self, cluster: EmbeddedCluster, namespace: str, owner: str) -> None:
        self.subject = _Subject()
        self.life: AnyLife = LIVES["dynamic"](self.subject, name="certs")
        access = {"name": "main", "kubeconfig": cluster.kubeconfig.read_text()}
        given = {"ownerId": owner, "logicalName": "certs", "name": "certs", "namespace": namespace}
        self.given = {**given, "cluster": access, "timeoutS": 60}

    def news(self, chart: Path, **values: Any) -> dict[str, Any]:
        return {**self.given, "chart": {"kind": "folder", "path": str(chart)}, "values": values}

    def check(self, chart: Path, **values: Any) -> Any:
        news = self.news(chart, **values)
        return self.subject.run(served(self.subject.lifecycle()).check(self.life.inputs, news))

    def up(self, chart: Path, **values: Any) -> str:
        return self.life.up(self.news(chart, **values))


def test_two_ask_for_one_and_the_last_takes_it_away(
    cluster: EmbeddedCluster, namespace: str, kubectl: Kubectl, charts: Charts
) -> None:
    """What helm takes on from revision to revision says who asks for it."""
    first, second = (Asking(cluster, namespace, owner) for owner in ("o-1", "o-2"))
    old, new = charts.web(migrate=None), charts.web("1.1.0", migrate=None)
    assert first.check(old).notes[0].splitlines()[0] == "certs: install 1.0.0"
    first.up(old, replicas=1)
    seen = second.check(old, replicas=3)
    assert seen.warnings == ("certs: leave alone (1.0.0 is installed already; not applied: replicas)",)
    assert second.check(new, replicas=3).notes[0].splitlines()[0] == "certs: upgrade 1.0.0 -> 1.1.0"
    second.up(new, replicas=3)
    assert kubectl.get("deployment", "certs")["spec"]["replicas"] == 3
    assert "1.1.0 is installed, 1.0.0 declared is not higher" in first.check(old, replicas=1).warnings[0]
    assert first.up(old, replicas=1) == "same"
    assert second.up(new, replicas=3) == "same"
    second.life.destroy()
    assert "1 other resource asks for it" in second.subject.screen.warnings[-1]
    assert sorted(kubectl.objects("deployment")) == ["Deployment certs"]
    first.life.destroy()
    assert kubectl.objects("deployment") == {}


def test_what_somebody_had_installed_is_upgraded_and_stays(
    cluster: EmbeddedCluster, namespace: str, kubectl: Kubectl, charts: Charts, helm: Callable[..., str]
) -> None:
    helm("install", "certs", str(charts.web(migrate=None)), "--wait")
    one = Asking(cluster, namespace, "o-1")
    one.up(charts.web("1.1.0", migrate=None))
    assert one.life.state["revision"] == 2
    one.life.destroy()
    assert "it was there before" in one.subject.screen.warnings[-1]
    assert sorted(kubectl.objects("deployment")) == ["Deployment certs"]
    helm("uninstall", "certs")
