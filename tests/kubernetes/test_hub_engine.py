"""A service on the clusters of a hub with the real engine: labels that the deployment sets are a diff of their own, and
a destroy takes them back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from kubernetes.charts import Charts
from kubernetes.hubs import HubOfTest
from kubernetes.test_hub import edge, hub  # noqa: F401 - fixtures
from kubernetes.tools import Kubectl, Program
from plugin.stacks import YamlStack
from stack.conftest import engine  # noqa: F401 - a fixture

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(900)]


class Story:
    """One stack of one service on the clusters of a hub."""

    def __init__(self, stack: YamlStack, main: EmbeddedCluster, charts: Charts, namespace: str) -> None:
        self.stack, self._namespace = stack, namespace
        self._main = {"name": "main", "kubeconfig": main.kubeconfig.read_text()}
        self._chart = {"kind": "folder", "path": str(charts.web(migrate=None, service=None))}

    def declare(self, *listed: dict[str, Any]) -> None:
        """With these clusters in the deployment's list."""
        selector = {"matchLabels": {"tier": self._namespace}}
        components = [
            {"name": "console", "chart": self._chart},
            {"name": "web", "chart": self._chart, "needs": ["console"], "clusterSelector": selector},
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


@pytest.fixture
def story(
    tmp_path: Path,
    engine: Path,  # noqa: F811
    cluster: EmbeddedCluster,
    namespace: str,
    charts: Charts,
    helm_4: Program,
) -> Story:
    stack = YamlStack(
        folder=tmp_path / "stack",
        engine=engine,
        config={"computenest:cloud": "local", "computenest:noAnswerS": "15"},
        environment={"COMPUTENEST_HELM": str(helm_4.path), "COMPUTENEST_CLOUD_DIR": str(tmp_path / "none")},
    )
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
    assert sorted(there.objects("deployment")) == ["Deployment shop-web"]
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
    assert sorted(there.objects("deployment")) == ["Deployment shop-web"], "one that is not accepted keeps what it has"
    hub.set_accepted("a", accepted=True)
    stack.up().succeeded()
    assert there.objects("deployment") == {}

    story.declare({"name": a, "labels": {"tier": namespace}})
    stack.up().succeeded()
    stack.destroy().succeeded()
    assert hub.labels("a") == {}
    assert there.objects("deployment") == kubectl.objects("deployment") == {}
