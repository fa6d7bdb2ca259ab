"""A service on the clusters that a real hub's API knows: whose labels are whose is the server's own record, Secrets are
read where they are named, and what is missing is a sentence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from computenest.kernel.errors import Conflict
from computenest.kernel.names import OwnerId
from computenest.resources._components.api import KubernetesClusters
from computenest.resources._components.model import ClusterAccess
from kubernetes.charts import Charts
from kubernetes.deployments import Deployment, component
from kubernetes.hubs import HubOfTest
from kubernetes.tools import Kubectl
from lifecycle.driver import Failed


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    """A guest that no other module uses."""
    found = EmbeddedCluster(tmp_path_factory.mktemp("edge"), "edge-1")
    found.start()
    yield found
    found.stop()


@pytest.fixture
def hub(cluster: EmbeddedCluster, kubectl_program: Path, namespace: str) -> Iterator[HubOfTest]:
    found = HubOfTest(kubectl_program, cluster.kubeconfig, f"c{namespace[-8:]}")
    yield found
    found.clear()


@pytest.fixture
def shop(cluster: EmbeddedCluster, namespace: str) -> Deployment:
    return Deployment(cluster.kubeconfig, namespace, hub={"kubeconfigSecrets": True})


@pytest.fixture
def parts(charts: Charts, namespace: str) -> list[dict[str, Any]]:
    """A control plane, and a data plane for this test's clusters."""
    plain = {"migrate": None, "service": None}
    selector = {"clusterSelector": {"matchLabels": {"tier": namespace}}}
    return [component("console", charts.web(**plain)), component("web", charts.web(**plain), **selector)]


def test_labels_and_secrets_of_a_hub(
    shop: Deployment,
    hub: HubOfTest,
    edge: EmbeddedCluster,
    kubectl: Kubectl,
    kubectl_program: Path,
    namespace: str,
    parts: list[dict[str, Any]],
) -> None:
    there = Kubectl(kubectl_program, edge.kubeconfig, namespace)
    a, b = hub.add("a", edge.kubeconfig), hub.add("b", accepted=False, tier=namespace)
    listed = [{"name": a, "labels": {"tier": namespace, "example.com/ring": "1"}}]
    seen = shop.check(*parts, clusters=listed)
    assert seen.failures == ()
    assert [one.splitlines()[0] for one in seen.notes] == [
        f"labels of {a}: +example.com/ring=1, +tier={namespace} (gains web)",
        "console: install 1.0.0",
        f"{a}/web: install 1.0.0",
    ]
    assert seen.inputs["clusterLabels"] == {f"{a}/tier": namespace, f"{a}/example.com/ring": "1"}
    assert f"web does not go to {b} yet: its hub has not accepted it" in seen.warnings
    assert hub.labels("a") == {}, "a preview writes nothing"
    shop.up(*parts, clusters=listed)
    assert hub.labels("a") == {"tier": namespace, "example.com/ring": "1"}
    assert sorted(there.objects("deployment")) == ["Deployment shop-web"]
    token = yaml.safe_load(edge.kubeconfig.read_text())["users"][0]["user"]["token"]
    assert token not in json.dumps(shop.life.state), "no state holds a guest's kubeconfig"
    assert shop.up(*parts, clusters=listed) == "same"

    hub.label("a", "tier=other")
    (failure,) = shop.check(*parts, clusters=listed).failures
    assert failure.path == "clusters[0].labels"
    assert f"tier of {a} is 'other' by kubectl-label, and {namespace!r} is wanted" in failure.reason
    assert shop.check(*parts, clusters=listed, conflicts="force").failures == ()
    shop.up(*parts, clusters=listed, conflicts="force")
    assert hub.labels("a")["tier"] == namespace

    kubectl("apply", "--server-side", "--field-manager=another", "--filename", "-", given=_labelled(a, tier=namespace))
    shop.up(*parts, clusters=[])
    assert hub.labels("a") == {"tier": namespace}, "what another has set, too, is its own; the rest is taken back"
    assert shop.life.state["rollout"] == {"console": "1.0.0", f"{a}/web": "1.0.0"}
    hub.label("a", "tier-")
    seen = shop.check(*parts, clusters=[])
    assert seen.notes == (f"{a}/web: uninstall",), (seen, hub.labels("a"))
    shop.up(*parts, clusters=[])
    assert there.objects("deployment") == {}
    shop.up(*parts, clusters=listed)
    shop.life.destroy()
    assert hub.labels("a") == {}
    assert there.objects("deployment") == kubectl.objects("deployment") == {}


def test_what_is_missing_at_a_hub_is_a_sentence_and_nothing_changes(
    shop: Deployment,
    hub: HubOfTest,
    edge: EmbeddedCluster,
    cluster: EmbeddedCluster,
    kubectl: Kubectl,
    namespace: str,
    parts: list[dict[str, Any]],
) -> None:
    a = hub.add("a", tier=namespace)
    said = [f"the Secret {a}/computenest-kubeconfig of the hub is not there", "--from-file=kubeconfig=FILE"]
    assert _said(shop, parts, "hub.kubeconfigSecrets", *said)
    hub.keep("a", "hello")
    assert _said(
        shop, parts, "hub.kubeconfigSecrets", f"the Secret {a}/computenest-kubeconfig of the hub: it is no kubeconfig"
    )
    reads = yaml.safe_load(edge.kubeconfig.read_text())
    reads["users"][0]["user"] = {"exec": {"command": "touch", "args": ["/tmp/struck"]}}
    hub.keep("a", yaml.safe_dump(reads))
    assert _said(shop, parts, "hub.kubeconfigSecrets", "it names exec, and what comes from a cluster may name neither")
    hub.keep("a", edge.kubeconfig.read_text())
    assert shop.check(*parts).failures == ()

    bare = Deployment(edge.kubeconfig, namespace, hub={})
    assert _said(bare, parts, "hub", "the main cluster is no hub: it serves no ManagedCluster", "clusteradm init")
    limited = Deployment(_limited(kubectl, cluster, "list"), namespace, hub={"kubeconfigSecrets": True})
    assert _said(limited, parts, "hub.kubeconfigSecrets", "secrets", f"a Role in the namespace {a}")
    listed = {"clusters": [{"name": a, "kubeconfig": edge.kubeconfig.read_text(), "labels": {"ring": "1"}}]}
    assert _said(
        limited, parts, "hub", "cannot patch resource", "`patch` where the program's clusters have labels", **listed
    )
    kubectl("delete", "clusterrole", namespace)
    assert _said(limited, parts, "hub", "cannot list resource", "a ClusterRole with `list`")
    assert kubectl.objects("deployment") == {}


def test_a_cluster_that_goes_meanwhile_is_not_made_anew_by_its_labels(hub: HubOfTest, cluster: EmbeddedCluster) -> None:
    name = hub.add("c")
    access = ClusterAccess(name="main", kubeconfig=cluster.kubeconfig.read_text())

    async def go() -> None:
        clusters = KubernetesClusters()
        seen = {one.name: one for one in await clusters.managed_clusters(access)}
        hub.clear()
        await clusters.label(access, seen[name], {"tier": "edge"}, owner=OwnerId("o-1"))

    with pytest.raises(Conflict, match="uid mismatch"):
        asyncio.run(go())
    assert name not in hub.kubectl("get", "managedclusters", "--output", "name")


def _labelled(name: str, **labels: str) -> str:
    about = {"apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster"}
    return json.dumps({**about, "metadata": {"name": name, "labels": labels}})


def _said(shop: Deployment, parts: list[dict[str, Any]], path: str, *words: str, **more: Any) -> bool:
    """Whether that is what the check fails of, and a run too."""
    failures = shop.check(*parts, **more).failures
    assert [one.path for one in failures] == [path], failures
    assert all(word in failures[0].reason for word in words), failures[0].reason
    with pytest.raises(Failed, match=words[0].replace("(", r"\(")):
        shop.up(*parts, **more)
    return True


def _limited(kubectl: Kubectl, cluster: EmbeddedCluster, *verbs: str) -> str:
    """A kubeconfig of somebody who may do everything in the test's namespace, and little with the hub's clusters."""
    name = kubectl.namespace
    kubectl("create", "serviceaccount", "limited")
    kubectl("create", "rolebinding", "limited", "--clusterrole=cluster-admin", f"--serviceaccount={name}:limited")
    kubectl(
        "create",
        "clusterrole",
        name,
        f"--verb={','.join(verbs)}",
        "--resource=managedclusters.cluster.open-cluster-management.io",
    )
    kubectl("create", "clusterrolebinding", name, f"--clusterrole={name}", f"--serviceaccount={name}:limited")
    found = yaml.safe_load(cluster.kubeconfig.read_text())
    found["users"][0]["user"] = {"token": kubectl("create", "token", "limited").strip()}
    return yaml.safe_dump(found)
