"""Pods on the virtual node: their images are asked for at the real registry, with the logins that the pods have."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from emulator.harness import Cloud
from kubernetes.charts import WEB, Charts
from kubernetes.deployments import Deployment, component
from kubernetes.tools import Kubectl
from lifecycle.driver import Failed
from registry.world import Client, Key, nest_key
from stack.processes import watch_until

COMPUTENEST = Path(sys.executable).parent / "computenest"
WITH_LOGIN = WEB.replace("      containers:", "      imagePullSecrets: [{name: key}]\n      containers:")


@pytest.fixture
def key(cloud: Cloud) -> Key:
    """Of a namespace that has the image `web:1`."""
    found = nest_key(cloud)
    Client(found, found.host).push(f"{found.namespace}/web", "1", b"a layer")
    return found


def image(key: Key, tag: str = "1") -> str:
    return f"{key.host}/{key.namespace}/web:{tag}"


def login(kubectl: Kubectl, key: Key) -> None:
    server = ("--docker-server", key.host)
    kubectl(
        *("create", "secret", "docker-registry", "key", *server, "--docker-username", key.username),
        *("--docker-password", key.password),
    )


def test_a_pod_with_a_login_runs_and_what_is_there_is_not_pulled_again(
    cluster: EmbeddedCluster, namespace: str, kubectl: Kubectl, charts: Charts, key: Key, cloud: Cloud
) -> None:
    login(kubectl, key)
    shop = Deployment(cluster.kubeconfig, namespace)
    web = component("web", charts.web(web=WITH_LOGIN, migrate=None), values={"image": image(key)})
    assert shop.up(web) == "create"
    assert kubectl.get("deployment", "shop-web")["status"]["readyReplicas"] == 2
    said = [one["message"] for one in kubectl.objects("event").values() if one["reason"] == "Pulled"]
    assert f'Successfully pulled image "{image(key)}"' in said
    cloud.advance(3601)  # the key has ended, the image is on the node
    kubectl("delete", "pod", "--all", "--wait=false")
    watch_until(lambda: kubectl.get("deployment", "shop-web")["status"].get("readyReplicas") == 2)


WRONG: Mapping[str, tuple[Any, str]] = {
    "no login": (None, "pull access denied|refuses the user name or password"),
    "a wrong password": (
        lambda key: replace(key, password="wr0ng"),
        r"refuses the user name or password, or they have expired \(step 3 of 7\)",
    ),
    "no such tag": (lambda key: key, r"manifest unknown \(step 6 of 7\)"),
}


@pytest.mark.parametrize(
    "why", ["a wrong password", *(pytest.param(why, marks=pytest.mark.long) for why in ("no login", "no such tag"))]
)
def test_what_is_not_pulled_ends_the_run_with_image_and_step(
    why: str, cluster: EmbeddedCluster, namespace: str, kubectl: Kubectl, charts: Charts, key: Key
) -> None:
    with_key, pattern = WRONG[why]
    if with_key is not None:
        login(kubectl, with_key(key))
    wanted = image(key, "2" if why == "no such tag" else "1")
    shop = Deployment(cluster.kubeconfig, namespace)
    chart = charts.web(web=WITH_LOGIN, migrate=None)
    with pytest.raises(Failed, match=rf"{wanted}.*(?:ErrImagePull|ImagePullBackOff).*(?:{pattern})") as failed:
        shop.up(component("web", chart, values={"image": wanted}), timeoutS=6, onFailure="stop")
    assert key.password not in str(failed.value)
    environ = {"KUBECONFIG": str(cluster.kubeconfig), "PATH": "/usr/bin:/bin", "NO_COLOR": "1"}
    command = [COMPUTENEST, "service", "logs", "shop-web", "--namespace", namespace, "--json"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout)[0]
    assert any(wanted in event and event.startswith("Warning Failed") for event in first["events"]), first
    assert [one["name"] for one in first["containers"]] == ["web"]
    assert first["containers"][0]["why"]


def test_the_accounts_login_reaches_its_pods(kubectl: Kubectl, key: Key, namespace: str) -> None:
    login(kubectl, key)
    kubectl("patch", "serviceaccount", "default", "-p", json.dumps({"imagePullSecrets": [{"name": "key"}]}))
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "one", "namespace": namespace},
        "spec": {"containers": [{"name": "web", "image": image(key)}], "restartPolicy": "Never"},
    }
    kubectl("apply", "-f", "-", given=json.dumps(pod))
    kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/one", "--timeout=30s")
