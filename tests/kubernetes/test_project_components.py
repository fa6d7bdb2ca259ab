"""`ProjectComponent` on a real cluster, by somebody who has a Role in one namespace and no right elsewhere."""

from __future__ import annotations

import json

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from kubernetes.charts import Charts
from kubernetes.deployments import OneComponent, component
from kubernetes.tools import Kubectl
from lifecycle.driver import Failed

RIGHTS = """apiVersion: v1
kind: ServiceAccount
metadata: {name: member}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: member}
rules:
  - apiGroups: ["", apps, batch]
    resources: [configmaps, secrets, services, pods, events, deployments, replicasets, statefulsets, jobs]
    verbs: ["*"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: member}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: member}
subjects: [{kind: ServiceAccount, name: member}]
"""
CLUSTER_ROLE = """apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reads-all}
rules: []
"""
ELSEWHERE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: default}\n"
QUOTA = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: mine}\nspec: {hard: {pods: 9}}\n"


@pytest.fixture
def member(cluster: EmbeddedCluster, kubectl: Kubectl) -> str:
    """A kubeconfig of somebody who has rights in one namespace alone."""
    kubectl("apply", "-f", "-", given=RIGHTS)
    token = kubectl("create", "token", "member").strip()
    lines = cluster.kubeconfig.read_text().splitlines()
    text = "\n".join(f"{line.partition('token:')[0]}token: {token}" if "token:" in line else line for line in lines)
    assert token in text
    return text


@pytest.fixture
def web(member: str, namespace: str) -> OneComponent:
    return OneComponent(member, namespace)


def test_a_life_with_rights_in_one_namespace(
    web: OneComponent, kubectl: Kubectl, charts: Charts, namespace: str
) -> None:
    first = component("web", charts.web())
    seen = web.check(first)
    assert (seen.failures, seen.warnings) == ((), ())
    assert f"  + Deployment {namespace}/web" in seen.notes[0].splitlines()
    assert web.up(first) == "create"
    assert kubectl.get("deployment", "web")["status"]["readyReplicas"] == 2
    assert (web.life.state["version"], web.life.state["revision"]) == ("1.0.0", 1)
    assert web.up(first) == "same"
    bumped = component("web", charts.web("1.1.0", values={"image": "example.com/web:2"}))
    seen = web.check(bumped)
    assert "'example.com/web:1' => 'example.com/web:2'" in seen.notes[0]
    assert web.up(bumped) == "update"
    assert web.up(bumped) == "same"
    kubectl("delete", "service", "web")
    assert "1 object not as its release left them" in web.check(bumped).warnings[0]
    assert web.up(bumped, drift="repair") == "update"
    assert "Service web" in kubectl.objects("service")
    assert web.life.refresh()
    web.life.destroy()
    assert kubectl.objects("deployment", "service") == {}
    assert "made by a hook" in " ".join(web.said())


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (CLUSTER_ROLE, "ClusterRole reads-all is of the whole cluster"),
        (ELSEWHERE, "ConfigMap default/x is of another namespace"),
        (QUOTA, "resourcequotas.* is forbidden"),
    ],
)
def test_what_is_not_in_its_rights_is_refused_and_changes_nothing(
    template: str, said: str, web: OneComponent, kubectl: Kubectl, charts: Charts
) -> None:
    wrong = component("web", charts.web(wrong=template))
    (failure,) = web.check(wrong).failures
    assert failure.path == "chart"
    with pytest.raises(Failed, match=said):
        web.up(wrong)
    assert kubectl.objects("deployment", "service", "secret", "job") == {}


def test_its_crds_are_left_out_and_said(web: OneComponent, charts: Charts, namespace: str, kubectl: Kubectl) -> None:
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"things.{namespace}.example.com"},
        "spec": {
            "group": f"{namespace}.example.com",
            "names": {"kind": "Thing", "plural": "things"},
            "scope": "Namespaced",
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
            ],
        },
    }
    chart = component("web", charts.web(**{"crds/things.yaml": json.dumps(crd)}))
    assert "CRDs of the chart are left out" in web.check(chart).notes[0]
    assert web.up(chart) == "create"
    assert namespace not in kubectl("get", "crd", "-o", "name")
    assert web.up(chart) == "same"


def test_a_namespace_that_is_not_there_is_not_made(member: str, charts: Charts, kubectl: Kubectl) -> None:
    web = OneComponent(member, "nobody-made-it")
    with pytest.raises(Failed, match="nobody-made-it"):
        web.up(component("web", charts.web()))
    assert "nobody-made-it" not in kubectl("get", "namespaces", "-o", "name")
