"""`computenest service`, as somebody uses it who has a cluster and no stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from kubernetes.charts import WEB, Charts
from kubernetes.test_releases import never_ready
from kubernetes.tools import Kubectl

COMPUTENEST = Path(sys.executable).parent / "computenest"
Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shell(cluster: EmbeddedCluster, namespace: str) -> Shell:
    environ = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig), "NO_COLOR": "1"}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [COMPUTENEST, "service", *words, "--namespace", namespace]
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)

    return run


def test_what_runs_what_was_and_what_would_change(
    shell: Shell, helm: Callable[..., str], kubectl: Kubectl, namespace: str, charts: Charts, tmp_path: Path
) -> None:
    first, second = charts.web(), charts.web("1.1.0", values={"image": "example.com/web:2"}, service=None)
    helm("install", "shop", str(first), "--wait", "--set", "replicas=3")
    ready = shell("status", "shop")
    assert ready.returncode == 0
    assert ready.stdout.splitlines() == [
        "shop  web 1.0.0  revision 1, deployed, ready",
        f"  Deployment {namespace}/shop: 3 of 3 ready",
    ]
    given = tmp_path / "values.yaml"
    given.write_text("replicas: 3\n")
    before = kubectl.objects("deployment", "service", "secret")
    would = shell("diff", "shop", str(second), "--values", str(given))
    assert would.returncode == 0, would.stderr
    assert would.stdout.splitlines() == [
        "upgrade 1.0.0 -> 1.1.0",
        f"  - Service {namespace}/shop",
        f"  ~ Deployment {namespace}/shop: spec.template.spec.containers[web].image:"
        " 'example.com/web:1' => 'example.com/web:2'",
        "  ! Job shop-migrate: runs (pre-upgrade hook)",
    ]
    for_machines = json.loads(shell("diff", "shop", str(second), "--values", str(given), "--json").stdout)
    assert for_machines["action"] == "upgrade 1.0.0 -> 1.1.0"
    image = {"path": "spec.template.spec.containers[web].image", "before": "example.com/web:1"}
    assert {"object": f"Service {namespace}/shop", "change": "removed"} in for_machines["objects"]
    fields = {one["object"]: one.get("fields", []) for one in for_machines["objects"]}
    assert {**image, "after": "example.com/web:2"} in fields[f"Deployment {namespace}/shop"]
    assert for_machines["hooks"] == [{"object": "Job shop-migrate", "events": ["pre-upgrade"]}]
    assert kubectl.objects("deployment", "service", "secret") == before, "nothing is written"
    explained = shell("values", "shop", "--explain").stdout.splitlines()
    assert explained == ['image = "example.com/web:1"  # chart', "replicas = 3  # given, over chart"]
    for_machines = json.loads(shell("values", "shop", "--explain", "--json").stdout)
    assert {"path": ["replicas"], "value": 3, "from": "given", "over": ["chart"]} in for_machines
    helm("upgrade", "shop", str(second), "--wait")
    assert [one["version"] for one in json.loads(shell("history", "shop", "--json").stdout)] == ["1.0.0", "1.1.0"]


def test_what_is_not_ready_says_why(shell: Shell, helm: Callable[..., str], charts: Charts) -> None:
    helm("install", "shop", str(charts.web(web=never_ready(WEB))), "--no-hooks")
    found = shell("status")
    assert found.returncode == 1
    assert "0 of 2 ready: pod shop-" in found.stdout
    assert "runs and is not ready" in found.stdout


def test_an_upgrade_that_would_fail_says_so(
    shell: Shell, helm: Callable[..., str], kubectl: Kubectl, charts: Charts
) -> None:
    chart = charts.web()
    helm("install", "shop", str(chart), "--wait")
    kubectl("scale", "deployment/shop", "--replicas=5")
    would = shell("diff", "shop", str(charts.web("1.1.0", values={"replicas": 3})))
    assert would.returncode == 1
    assert "spec.replicas belongs to kubectl" in would.stdout
    assert shell("diff", "shop", str(charts.web("1.1.0")), "--force-conflicts").returncode == 0


def test_a_chart_that_does_not_render_names_template_and_line(shell: Shell, charts: Charts) -> None:
    broken = charts.web(broken="a: 1\nb: {{ .Values.no.such.value }}\n")
    found = shell("diff", "shop", str(broken))
    assert found.returncode == 1
    assert "web/templates/broken.yaml:2" in found.stderr
    assert "Traceback" not in found.stderr


def test_history_quotes_no_value_that_the_cluster_has_refused(
    shell: Shell, helm: Callable[..., str], charts: Charts
) -> None:
    label = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"x": "{{ .Values.key }}"}}}'
    chart = charts.web(web=None, service=None, migrate=None, labelled=label)
    helm("install", "shop", str(chart), "--set", "key=right")
    helm("upgrade", "shop", str(chart), "--set", "key=planted value!", fails=True)
    for words in ((), ("--json",)):
        found = shell("history", "shop", *words)
        assert found.returncode == 0, found.stderr
        assert "[secret]" in found.stdout
        assert "planted value!" not in found.stdout
