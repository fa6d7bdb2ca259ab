"""The embedded cluster: a real API server where what charts bring comes to life; when it ends, nothing is left."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster, clusters_below
from computenest.cloud.processes import end, is_alive
from computenest.kernel.errors import ComputeNestError
from kubernetes.charts import Charts
from kubernetes.tools import Kubectl, Program
from stack.processes import watch_until

EVERY_KIND = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: puller}
imagePullSecrets: [{name: key}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store}
spec:
  serviceName: store
  replicas: 2
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec: {serviceAccountName: puller, containers: [{name: store, image: example.com/store:1}]}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: example.com/agent:1}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec: {template: {spec: {restartPolicy: Never, containers: [{name: job, image: example.com/job:1}]}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: fails}
spec:
  backoffLimit: 0
  template:
    metadata: {annotations: {virtual-node.computenest.aliyun.com/exit-code: "3"}}
    spec: {restartPolicy: Never, containers: [{name: job, image: example.com/job:1}]}
"""


def endpoints(kubectl: Kubectl) -> list[Any]:
    return [one for found in kubectl.objects("endpointslice").values() for one in found["endpoints"] or ()]


def test_what_charts_bring_comes_to_life(helm: Callable[..., str], kubectl: Kubectl, charts: Charts) -> None:
    folder = charts.web(every=EVERY_KIND)
    helm("install", "shop", str(folder), "--wait", "--timeout", "60s")
    kubectl("wait", "--for=condition=Failed", "job/fails", "--timeout=30s")
    found = kubectl.objects("deployment", "statefulset", "daemonset", "persistentvolumeclaim", "pod")
    assert found["Deployment shop"]["status"]["readyReplicas"] == 2
    assert found["StatefulSet store"]["status"]["readyReplicas"] == 2
    assert found["DaemonSet agent"]["status"]["numberReady"] == 1
    assert found["PersistentVolumeClaim data-store-1"]["status"]["phase"] == "Bound"
    assert found["Pod store-0"]["spec"]["imagePullSecrets"] == [{"name": "key"}]
    # Their controller follows the pods, and helm does not wait for it.
    watch_until(lambda: len(endpoints(kubectl)) == 2)
    assert "deployed" in helm("list")
    helm("uninstall", "shop", "--wait")
    kubectl("delete", "namespace", found["Pod store-0"]["metadata"]["namespace"], "--timeout=60s")


def test_a_pod_that_is_never_ready_is_waited_for_in_vain(
    helm: Callable[..., str], kubectl: Kubectl, charts: Charts
) -> None:
    mark = "virtual-node.computenest.aliyun.com/never-ready"
    web = charts.web(values={}).joinpath("templates/web.yaml").read_text()
    labels = "    metadata:\n      labels"
    slow = web.replace(labels, labels.replace("labels", f"annotations: {{{mark}: 'true'}}\n      labels"))
    assert mark in slow
    said = helm("install", "shop", str(charts.web(web=slow)), "--wait", "--timeout", "2s", fails=True)
    assert "not ready" in said or "deadline" in said
    assert kubectl.objects("pod")


def test_both_helms_speak_with_it(
    helm_3: Program, helm_4: Program, cluster: EmbeddedCluster, namespace: str, charts: Charts
) -> None:
    folder = charts.web()
    for at, program in enumerate((helm_3, helm_4)):
        run = program.within(cluster.kubeconfig, namespace)
        run("install", f"shop-{at}", str(folder), "--wait", "--timeout", "60s")
        assert json.loads(run("list", "-o", "json", "--filter", f"shop-{at}"))[0]["status"] == "deployed"


def test_a_life(tmp_path: Path) -> None:
    """Started twice it is one; stopped, it leaves no process; started again, it is the same cluster."""
    cluster = EmbeddedCluster(tmp_path, "other")
    first, is_new = cluster.start()
    try:
        assert is_new
        assert cluster.start() == (first, False)
        assert [one.name for one in clusters_below(tmp_path)] == ["other"]
        assert cluster.kubeconfig.stat().st_mode & 0o077 == 0
        os.kill(first.pid, signal.SIGKILL)  # the storage lives on
        assert end(first.pid, within_s=10)
        assert cluster.running() is None
        kept = cluster.kubeconfig.read_text()
        second, is_new = cluster.start()
        assert is_new
        assert second.server == first.server
        assert cluster.kubeconfig.read_text() == kept
        assert not is_alive(first.etcd_pid)
    finally:
        ended = cluster.stop()
    assert ended == second
    assert not is_alive(second.pid)
    assert not is_alive(second.etcd_pid)
    assert cluster.stop() is None


def test_a_start_that_fails_says_why_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("kube-apiserver", "etcd"):
        (programs / name).write_text("#!/bin/sh\necho no such flag >&2\nexit 1\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("COMPUTENEST_KUBERNETES", str(programs))
    with pytest.raises(ComputeNestError, match="ended at once") as caught:
        EmbeddedCluster(tmp_path, "broken").start()
    assert "no such flag" in caught.value.hint
