"""A cluster that takes calls and does not answer: it is told within seconds, and nothing is taken for gone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from computenest.resources._components.observe import Observer
from computenest.resources.cluster.lifecycle import ClusterLifecycle
from computenest.serve.lifecycles import served
from kubernetes.charts import Charts
from kubernetes.deployments import Deployment, component
from kubernetes.tools import Kubectl
from lifecycle.driver import Failed

WITHIN_S = 10.0
NAMESPACE = "shop"


@pytest.fixture(scope="module")
def own_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    """One that no other test uses."""
    own = EmbeddedCluster(tmp_path_factory.mktemp("own"), "late")
    own.start()
    yield own
    own.stop()


@contextmanager
def standing_still(own: EmbeddedCluster) -> Iterator[None]:
    handle = own.running()
    assert handle is not None
    os.kill(handle.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(handle.pid, signal.SIGCONT)


@contextmanager
def soon() -> Iterator[None]:
    began_s = time.monotonic()
    yield
    assert time.monotonic() - began_s < WITHIN_S


def test_a_cluster_that_answers_late_is_told_soon_and_nothing_is_deleted(
    own_cluster: EmbeddedCluster, kubectl_program: Path, charts: Charts
) -> None:
    shop = Deployment(own_cluster.kubeconfig, NAMESPACE)
    kubectl = Kubectl(kubectl_program, own_cluster.kubeconfig, NAMESPACE)
    web, bumped = component("web", charts.web()), component("web", charts.web("1.1.0", service=None))
    shop.up(web)
    kinds = ("deployment", "service", "job", "pod", "secret")
    before, state = kubectl.objects(*kinds), dict(shop.life.state)
    with standing_still(own_cluster):
        with soon():
            seen = shop.check(web)
        assert "did not answer within 3 s" in seen.warnings[0]
        assert "cannot tell what is on the cluster, nothing will be done there" in seen.warnings[0]
        assert seen.inputs["objects"] == shop.life.inputs["objects"]
        with soon():
            seen = shop.check(bumped)
        assert "a run will not begin before it answers" in seen.warnings[0]
        with soon(), pytest.raises(Failed, match="did not answer within 3 s"):
            shop.up(bumped)
        with soon():
            assert shop.life.refresh(), "it is not taken for gone"
        with soon(), pytest.raises(Failed, match="did not answer within 3 s"):
            shop.life.destroy()
        assert shop.life.state == state
    assert kubectl.objects(*kinds) == before
    assert shop.up(web) == "same"
    shop.life.destroy()
    assert kubectl.objects("deployment", "service") == {}


def test_a_cluster_that_stops_in_the_middle_of_a_preview_is_told_soon(
    own_cluster: EmbeddedCluster, charts: Charts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After it has said who it is: helm alone would wait for a minute, a call for half of one."""
    shop = Deployment(own_cluster.kubeconfig, NAMESPACE)
    web = component("web", charts.web())
    shop.up(web)
    handle = own_cluster.running()
    assert handle is not None
    look = Observer.look

    async def stopped(self: Observer, *given: Any) -> Any:
        os.kill(handle.pid, signal.SIGSTOP)
        return await look(self, *given)

    monkeypatch.setattr(Observer, "look", stopped)
    try:
        with soon():
            seen = shop.check(web)
    finally:
        os.kill(handle.pid, signal.SIGCONT)
    assert "cannot tell what is on the cluster, nothing will be done there" in seen.warnings[0]
    assert seen.inputs["objects"] == shop.life.inputs["objects"]
    shop.life.destroy()


def test_a_cluster_that_answers_late_stays_as_it_is_known(own_cluster: EmbeddedCluster) -> None:
    """The resource `Cluster`: its check warns, and a refresh keeps its state."""
    subject = Deployment(own_cluster.kubeconfig, NAMESPACE).subject

    def ask(verb: str, *given: Any, **more: Any) -> Any:
        made = subject.lifecycle()
        return subject.run(getattr(served(ClusterLifecycle(made.core, made.desk)), verb)(*given, **more))

    given = {"ownerId": "o-2", "logicalName": "late", "kubeconfig": own_cluster.kubeconfig.read_text()}
    inputs = ask("check", {}, given).inputs
    made = ask("create", inputs)
    assert made.state["version"].startswith("v1.")
    with standing_still(own_cluster):
        with soon():
            seen = ask("check", inputs, given)
        assert (seen.failures, seen.inputs["uid"]) == ((), made.state["uid"])
        assert "cannot tell which cluster it is" in seen.warnings[0]
        with soon():
            assert ask("read", made.id, made.state, owner_id="o-2").outcome.state == made.state
    assert ask("check", inputs, given).warnings == ()
