"""A service on the clusters of a hub with the real engine, on both transports: labels that the deployment sets are a
diff of their own, a killed run leaves nothing that the next does not end, and a destroy takes them back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from kubernetes.charts import Charts
from kubernetes.hubs import HubOfTest
from kubernetes.striking import helms_of
from kubernetes.test_hub import edge, hub  # noqa: F401 - fixtures
from kubernetes.tools import Kubectl, Program
from plugin.stacks import YamlStack
from stack.conftest import engine  # noqa: F401 - a fixture
from stack.engine import Stack
from stack.killing import clear_up
from stack.processes import end, servers, until

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(900)]


PROGRAM = Path(__file__).parents[1] / "stack" / "hub_program.py"
WEB = ["Deployment shop-web"]


class Story:
    """One stack of one service on the clusters of a hub."""

    def __init__(self, stack: Stack, main: EmbeddedCluster, charts: Charts, namespace: str) -> None:
        self.stack, self._namespace = stack, namespace
        self._main = {"name": "main", "kubeconfig": main.kubeconfig.read_text()}
        self._chart = str(charts.web(migrate=None, service=None))

    def declare(self, *listed: dict[str, Any]) -> None:
        """With these clusters in the deployment's list."""
        given = {"main": self._main, "chart": self._chart, "namespace": self._namespace, "listed": listed}
        if not isinstance(self.stack, YamlStack):
            self.stack.declare(**given)
            return
        selector, chart = {"matchLabels": {"tier": self._namespace}}, {"kind": "folder", "path": self._chart}
        components = [
            {"name": "console", "chart": chart},
            {"name": "web", "chart": chart, "needs": ["console"], "clusterSelector": selector},
        ]
        deployment = {
            "cluster": "${main.access}",
            "clusters": list(listed),
            "hub": {"kubeconfigSecrets": True},
            "service": "${service.definition}",
            "namespace": self._namespace,
            "timeoutS": 60,
        }
        made = {
            "main": {"type": "computenest:Cluster", "properties": self._main},
            "service": {"type": "computenest:CloudService", "properties": {"name": "shop", "components": components}},
            "shop": {"type": "computenest:CloudServiceDeployment", "properties": deployment},
        }
        self.stack.write(json.loads(json.dumps(made)))


@pytest.fixture(params=["dynamic", "yaml"])
def story(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    engine: Path,  # noqa: F811
    cluster: EmbeddedCluster,
    namespace: str,
    charts: Charts,
    helm_4: Program,
) -> Story:
    given: dict[str, Any] = {
        "folder": tmp_path / "stack",
        "engine": engine,
        "config": {"computenest:cloud": "local", "computenest:noAnswerS": "15"},
        "environment": {"COMPUTENEST_HELM": str(helm_4.path), "COMPUTENEST_CLOUD_DIR": str(tmp_path / "none")},
    }
    stack = YamlStack(**given) if request.param == "yaml" else Stack(**given, program=PROGRAM)
    return Story(stack, cluster, charts, namespace)


def test_the_life_of_a_service_on_the_clusters_of_a_hub(
    story: Story,
    hub: HubOfTest,  # noqa: F811
    edge: EmbeddedCluster,  # noqa: F811
    kubectl: Kubectl,
    kubectl_program: Path,
    namespace: str,
) -> None:
    stack, there = story.stack, Kubectl(kubectl_program, edge.kubeconfig, namespace)
    there("create", "namespace", namespace)
    a = hub.add("a", edge.kubeconfig)
    story.declare({"name": a, "labels": {"tier": namespace}})
    said = stack.preview().succeeded().text
    assert f"labels of {a}: +tier={namespace} (gains web)" in said, said
    assert f"{a}/web: install 1.0.0" in said, said
    assert "clusterLabels" in said, said
    assert hub.labels("a") == {}
    stack.up().succeeded()
    assert hub.labels("a") == {"tier": namespace}
    assert sorted(there.objects("deployment")) == WEB
    assert stack.resources()["shop"]["outputs"]["clusterLabels"] == {f"{a}/tier": namespace}
    stack.run("preview", "--expect-no-changes").succeeded()

    hub.label("a", "tier=other")
    said = stack.preview().text
    assert f"tier of {a} is 'other' by kubectl-label" in said, said
    hub.label("a", "tier-")
    said = stack.preview().succeeded().text
    assert f"labels of {a}: +tier={namespace}" in said, said
    stack.up().succeeded()
    assert hub.labels("a") == {"tier": namespace}

    story.declare({"name": a})
    said = stack.preview().succeeded().text
    assert f"labels of {a}: -tier (loses web)" in said, said
    assert f"{a}/web: uninstall" in said, said
    hub.set_accepted("a", accepted=False)
    stack.up().succeeded()
    assert hub.labels("a") == {}
    assert sorted(there.objects("deployment")) == WEB, "one that is not accepted keeps what it has"
    hub.set_accepted("a", accepted=True)
    stack.up().succeeded()
    assert there.objects("deployment") == {}

    story.declare({"name": a, "labels": {"tier": namespace}})
    stack.up().succeeded()
    stack.destroy().succeeded()
    assert hub.labels("a") == {}
    assert there.objects("deployment") == kubectl.objects("deployment") == {}


def test_the_next_up_ends_what_a_kill_left_on_the_clusters_of_a_hub(
    story: Story,
    hub: HubOfTest,  # noqa: F811
    edge: EmbeddedCluster,  # noqa: F811
    kubectl: Kubectl,
    kubectl_program: Path,
    namespace: str,
) -> None:
    """Killed once the hub has the label: no helm is left, nothing is there twice, and the label is taken back."""
    stack, there = story.stack, Kubectl(kubectl_program, edge.kubeconfig, namespace)
    there("create", "namespace", namespace)
    story.declare({"name": hub.add("a", edge.kubeconfig), "labels": {"tier": namespace}})
    with stack.start("up", "--yes", "--skip-preview", is_struck=True) as run:
        until(lambda: hub.labels("a") != {}, run)
        end(*servers(run.pid))
        end(run.pid)
        run.communicate(timeout=300)
    assert run.returncode != 0, "it was struck while it worked"
    clear_up(stack)
    stack.up().succeeded()
    assert helms_of(namespace) == []
    assert hub.labels("a") == {"tier": namespace}
    assert sorted(there.objects("deployment")) == WEB
    stack.run("preview", "--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert hub.labels("a") == {}
    assert there.objects("deployment") == kubectl.objects("deployment") == {}
