"""Killed at any moment of a first run, an upgrade or a destroy on three clusters: the next run ends it on each, nothing
is there twice, and no helm is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from kubernetes.charts import Charts
from kubernetes.deployments import Deployment, component
from kubernetes.many import EDGE, Guests
from kubernetes.striking import helms_of
from kubernetes.test_many_clusters import SHOP, edges, guests  # noqa: F401 - fixtures
from kubernetes.tools import Kubectl
from stack.processes import watch_until

APART = """
import json, sys
from pathlib import Path
from kubernetes.deployments import Deployment
told = json.loads(Path(sys.argv[1]).read_text())
shop = Deployment(told["kubeconfig"], told["namespace"])
shop.life.state, shop.life.inputs = told["state"], told["inputs"]
shop.life.destroy() if told["verb"] == "destroy" else shop.up(*told["components"], **told["more"])
"""
CONSOLE = "Deployment shop-console"

Moment = Callable[[Kubectl, Guests], bool]


def at_once(_main: Kubectl, _guests: Guests) -> bool:
    return True


def a_helm_runs(main: Kubectl, _guests: Guests) -> bool:
    return bool(helms_of(main.namespace))


def the_main_one_has_its_part(main: Kubectl, _guests: Guests) -> bool:
    return CONSOLE in main.objects("deployment")


def an_edge_has_its_part(_main: Kubectl, edges_: Guests) -> bool:
    return SHOP in edges_.deployments().values()


def an_edge_has_the_new_image(_main: Kubectl, edges_: Guests) -> bool:
    return any("web:2" in images(edges_, name) for name in edges_.clusters)


def an_edge_is_empty(_main: Kubectl, edges_: Guests) -> bool:
    return [] in edges_.deployments().values()


MOMENTS: list[tuple[str, Moment]] = [
    ("create", at_once),
    ("create", a_helm_runs),
    ("create", the_main_one_has_its_part),
    ("create", an_edge_has_its_part),
    ("update", a_helm_runs),
    ("update", an_edge_has_the_new_image),
    ("destroy", a_helm_runs),
    ("destroy", an_edge_is_empty),
]


def images(edges_: Guests, name: str) -> str:
    return edges_.kubectl(name)("get", "deployment", "-o", "jsonpath={..image}")


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("verb", "moment"), MOMENTS, ids=lambda one: getattr(one, "__name__", one))
def test_the_next_run_ends_it_on_each_cluster(
    verb: str,
    moment: Moment,
    cluster: EmbeddedCluster,
    guests: Guests,  # noqa: F811
    namespace: str,
    kubectl: Kubectl,
    charts: Charts,
    tmp_path: Path,
) -> None:
    console = component("console", charts.web(migrate=None, service=None))
    old, new = (
        component("web", charts.web(f"1.{n}.0", migrate=None, values={"image": f"example.com/web:{n + 1}"}), **EDGE)
        for n in (0, 1)
    )
    more = {"clusters": guests.declared()}
    shop = Deployment(cluster.kubeconfig, namespace)
    if verb != "create":
        shop.up(console, old, **more)
    wanted = [console, new if verb == "update" else old]
    given = {"kubeconfig": cluster.kubeconfig.read_text(), "namespace": namespace, "verb": verb, "more": more}
    known = {"state": dict(shop.life.state), "inputs": dict(shop.life.inputs), "components": wanted}
    run = apart({**given, **known}, tmp_path)
    watch_until(lambda: moment(kubectl, guests) or run.poll() is not None)
    os.kill(run.pid, signal.SIGKILL)
    run.wait(timeout=60)
    if verb == "destroy":
        shop.life.destroy()
    else:
        shop.up(*wanted, **more)
        assert kubectl.objects("deployment").keys() == {CONSOLE}
        assert guests.deployments() == {"edge-1": SHOP, "edge-2": SHOP}
        assert {images(guests, name) for name in guests.clusters} == {f"example.com/web:{2 if verb == 'update' else 1}"}
        assert shop.up(*wanted, **more) == "same"
        shop.life.destroy()
    assert helms_of(namespace) == []
    assert guests.deployments() == {"edge-1": [], "edge-2": []}
    assert kubectl.objects("deployment") == {}


def apart(told: dict[str, Any], folder: Path) -> subprocess.Popen[bytes]:
    """A run in a process of its own, with the state that is known before."""
    file = folder / "told.json"
    file.write_text(json.dumps(told))
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.Popen([sys.executable, "-c", APART, file], env=environ, stderr=subprocess.DEVNULL)
