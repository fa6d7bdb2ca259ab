"""Releases in the hands of the unmodified helm: what it forgets, what it refuses, what others do to them meanwhile."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from computenest.kernel.errors import ComputeNestError
from computenest.resources._components.release import Status, with_status
from kubernetes.charts import MIGRATE, WEB, Charts
from kubernetes.rig import Rig, told
from kubernetes.striking import helms_of, run_apart
from kubernetes.tools import Kubectl, Program
from stack.processes import watch_until

BROKEN = "apiVersion: v1\nkind: Service\nmetadata: {name: refused}\nspec: {ports: [{port: 0}]}\n"
EXTRA = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\ndata: {a: '1'}\n"
CLAIM = """apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: extra}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
NEVER_READY = "virtual-node.computenest.aliyun.com/never-ready"


@pytest.fixture
def rig(cluster: EmbeddedCluster, namespace: str) -> Rig:
    return Rig(cluster.kubeconfig, namespace)


def never_ready(template: str) -> str:
    labels = "    metadata:\n      labels"
    made = template.replace(labels, labels.replace("labels", f"annotations: {{{NEVER_READY}: 'true'}}\n      labels"))
    assert NEVER_READY in made
    return made


def test_what_a_failed_upgrade_left_and_helm_forgot_is_removed(
    rig: Rig, helm: Callable[..., str], kubectl: Kubectl, charts: Charts
) -> None:
    """Facts §11.2: helm compares with the last deployed revision alone, so these would stay for ever."""
    first = charts.web()
    rig.up(first)
    bad = charts.web("1.1.0", web=never_ready(WEB), extra=EXTRA, claim=CLAIM)
    with pytest.raises(ComputeNestError):
        rig.up(bad, on_failure="stop", timeout_s=2)
    assert "ConfigMap extra" in kubectl.objects("configmap")
    lines = told(rig.preview(first))
    assert lines[0] == "resume 1.0.0 (a failed attempt: revision 2)"
    assert f"- ConfigMap {rig.namespace}/extra (left by a failed upgrade)" in lines
    assert f"- PersistentVolumeClaim {rig.namespace}/extra (left by a failed upgrade)" in lines
    rig.up(first)
    assert "ConfigMap extra" not in kubectl.objects("configmap")
    assert not kubectl.objects("persistentvolumeclaim")
    assert told(rig.preview(first)) == ["leave alone (1.0.0 is installed as declared)"]
    assert rig.down() == [
        f"Job {rig.namespace}/shop-migrate (made by a hook)",
        f"Namespace {rig.namespace} (helm never removes one)",
    ]
    assert not kubectl.objects("deployment", "service", "persistentvolumeclaim")
    assert json.loads(helm("list", "-o", "json")) == []


def test_a_failed_upgrade_is_taken_back_and_the_next_run_does_it_again(
    rig: Rig, helm: Callable[..., str], kubectl: Kubectl, charts: Charts
) -> None:
    rig.up(charts.web())
    with pytest.raises(ComputeNestError):
        rig.up(charts.web("1.1.0", web=never_ready(WEB), extra=EXTRA), timeout_s=2)
    assert "ConfigMap extra" not in kubectl.objects("configmap")
    assert json.loads(helm("history", "shop", "-o", "json"))[-1]["status"] == "deployed"
    better = charts.web("1.1.0", extra=EXTRA)
    assert told(rig.preview(better))[0] == "upgrade 1.0.0 -> 1.1.0 (revision 3 is a rollback to 1)"
    rig.up(better)
    assert "ConfigMap extra" in kubectl.objects("configmap")


def test_an_immutable_field_is_found_before_anything_changes(rig: Rig, kubectl: Kubectl, charts: Charts) -> None:
    """Helm's own dry run lets it pass (facts §11.4)."""
    rig.up(charts.web())
    before = kubectl.objects("deployment", "service", "configmap")
    other = charts.web("1.1.0", web=WEB.replace("app: {{ .Release.Name }}", "app: other"), extra=EXTRA)
    problem = next(line for line in told(rig.preview(other)) if line.startswith("x "))
    assert f"Deployment {rig.namespace}/shop: the cluster refuses it: spec.selector" in problem
    assert "immutable" in problem
    with pytest.raises(ComputeNestError, match="immutable") as caught:
        rig.up(other)
    assert caught.value.hint == "nothing was changed"
    assert kubectl.objects("deployment", "service", "configmap") == before


def test_replicas_that_somebody_else_set_are_named_before_helm_fails_on_them(
    rig: Rig, helm: Callable[..., str], kubectl: Kubectl, charts: Charts
) -> None:
    first, second = charts.web(), charts.web("1.1.0", values={"image": "example.com/web:2"})
    rig.up(first)
    kubectl("scale", "deployment/shop", "--replicas=5")
    assert told(rig.preview(first)) == ["leave alone (1.0.0 is installed as declared)"]
    problem = next(line for line in told(rig.preview(second)) if line.startswith("x "))
    assert "spec.replicas belongs to kubectl" in problem
    assert "conflict" in helm("upgrade", "shop", str(second), "--dry-run=none", fails=True)  # it really would fail
    forced = told(rig.preview(second, conflicts="force"))
    assert f"~ Deployment {rig.namespace}/shop: spec.replicas: 5 => 2" in forced
    rig.up(second, conflicts="force")
    assert kubectl.get("deployment", "shop")["spec"]["replicas"] == 2


def test_drift_is_told_and_taken_back_where_that_is_wanted(rig: Rig, kubectl: Kubectl, charts: Charts) -> None:
    chart = charts.web(extra=EXTRA)
    rig.up(chart)
    kubectl("delete", "configmap", "extra")
    missing = f"+ ConfigMap {rig.namespace}/extra"
    assert told(rig.preview(chart)) == ["leave alone (1.0.0 is installed as declared)", missing]
    assert told(rig.preview(chart, drift="repair"))[:2] == ["repair 1.0.0 (drift: 1 object)", missing]
    rig.up(chart, drift="repair")
    assert "ConfigMap extra" in kubectl.objects("configmap")


def test_a_rollback_by_hand_is_seen_and_undone(rig: Rig, helm: Callable[..., str], charts: Charts) -> None:
    first, second = charts.web(), charts.web("1.1.0", values={"image": "example.com/web:2"})
    rig.up(first)
    rig.up(second)
    helm("rollback", "shop", "1", "--wait")
    lines = told(rig.preview(second))
    assert lines[0] == "upgrade 1.0.0 -> 1.1.0 (revision 3 is a rollback to 1)"
    assert any("image: 'example.com/web:1' => 'example.com/web:2'" in line for line in lines)
    rig.up(second)
    assert told(rig.preview(second)) == ["leave alone (1.1.0 is installed as declared)"]


def test_a_downgrade_may_be_a_rollback(rig: Rig, helm: Callable[..., str], charts: Charts) -> None:
    first, second = charts.web(migrate=None), charts.web("1.1.0", migrate=None, extra=EXTRA)
    rig.up(first)
    rig.up(second)
    lines = told(rig.preview(first, downgrade="rollback"))
    assert lines == ["rollback to revision 1 (1.0.0)", f"- ConfigMap {rig.namespace}/extra"]
    rig.up(first, downgrade="rollback")
    assert "Rollback to 1" in helm("history", "shop")
    assert told(rig.preview(first)) == ["leave alone (1.0.0 is installed as declared)"]


def test_a_release_of_somebody_else_is_refused_unless_it_is_taken_over(
    rig: Rig, helm: Callable[..., str], charts: Charts
) -> None:
    chart = charts.web()
    helm("install", "shop", str(chart), "--wait")
    assert "was made by somebody else" in told(rig.preview(chart))[0]
    with pytest.raises(ComputeNestError, match="adopt"):
        rig.up(chart)
    assert len(json.loads(helm("history", "shop", "-o", "json"))) == 1
    later = charts.web("1.1.0")
    rig.up(later, adopts=True)
    assert told(rig.preview(later)) == ["leave alone (1.1.0 is installed as declared)"]


def test_an_object_that_is_anothers_is_named(rig: Rig, kubectl: Kubectl, charts: Charts) -> None:
    kubectl("create", "configmap", "extra", "--from-literal=a=0")
    lines = told(rig.preview(charts.web(extra=EXTRA)))
    assert any("is there already and was made by somebody else: helm refuses to take it" in line for line in lines)
    with pytest.raises(ComputeNestError, match="helm refuses to take it"):
        rig.up(charts.web(extra=EXTRA))


def test_a_release_of_helm_3_is_previewed_by_its_own_method(
    rig: Rig, helm_3: Program, cluster: EmbeddedCluster, kubectl: Kubectl, charts: Charts
) -> None:
    """Helm 3 merges on the client; a server-side dry run would report conflicts with helm itself (facts §11.4)."""
    three = helm_3.within(cluster.kubeconfig, rig.namespace)
    three("install", "shop", str(charts.web(extra=EXTRA)), "--wait")
    later = charts.web("1.1.0", values={"image": "example.com/web:2"}, extra=EXTRA.replace("a: '1'", "b: '2'"))
    lines = told(rig.preview(later, adopts=True))
    assert lines == [
        "upgrade 1.0.0 -> 1.1.0",
        f"~ ConfigMap {rig.namespace}/extra: data.a: '1' => absent",
        f"~ ConfigMap {rig.namespace}/extra: data.b: absent => '2'",
        f"~ Deployment {rig.namespace}/shop: spec.template.spec.containers[web].image:"
        " 'example.com/web:1' => 'example.com/web:2'",
        "! Job shop-migrate: runs (pre-install hook)".replace("install", "upgrade"),
    ]
    rig.up(later, adopts=True)
    assert kubectl.get("configmap", "extra")["data"] == {"b": "2"}
    assert told(rig.preview(later)) == ["leave alone (1.1.0 is installed as declared)"]
    assert "1.1.0" in three("list")


RUNS_LONG = "    metadata: {annotations: {virtual-node.computenest.aliyun.com/run-seconds: '600'}}\n"
SLOW = MIGRATE.replace("  template:\n", f"  template:\n{RUNS_LONG}")


def test_a_killed_provider_leaves_no_helm_and_the_next_run_ends_it(
    rig: Rig, cluster: EmbeddedCluster, helm: Callable[..., str], kubectl: Kubectl, charts: Charts
) -> None:
    """Killed while a hook runs; the release is pending, its hook has to run in the end (facts §11.1)."""
    chart = charts.web(migrate=SLOW)
    process = run_apart(cluster.kubeconfig, rig.namespace, chart)
    watch_until(lambda: "Job shop-migrate" in kubectl.objects("job"))
    process.send_signal(signal.SIGKILL)
    process.wait()
    watch_until(lambda: not helms_of(rig.namespace))
    kubectl("delete", "job", "shop-migrate", "--ignore-not-found")
    better = charts.web()
    rig.up(better)
    assert json.loads(helm("list", "-o", "json"))[0]["status"] == "deployed"
    assert kubectl.get("job", "shop-migrate")["status"]["succeeded"] == 1
    assert told(rig.preview(better)) == ["leave alone (1.0.0 is installed as declared)"]


def test_a_killed_helm_is_unlocked(rig: Rig, helm: Callable[..., str], kubectl: Kubectl, charts: Charts) -> None:
    first = charts.web()
    rig.up(first)
    secret = kubectl.get("secret", "sh.helm.release.v1.shop.v1")
    pending = with_status(secret, Status.PENDING_UPGRADE)
    pending["metadata"]["labels"]["computenest.aliyun.com/run"] = "0" * 16 + ".1.1"  # another machine's
    kubectl("replace", "-f", "-", given=json.dumps(pending))
    second = charts.web("1.1.0")
    assert "another operation" in helm("upgrade", "shop", str(second), fails=True)
    assert told(rig.preview(second))[0].startswith("cannot tell: a helm has been at work on revision 1 for")
    with pytest.raises(ComputeNestError, match="a helm has been at work"):
        rig.up(second)
    assert told(rig.preview(second, stale_s=0.0))[0] == "resume 1.1.0 (a killed helm: revision 1)"
    rig.up(second, stale_s=0.0)
    assert told(rig.preview(second)) == ["leave alone (1.1.0 is installed as declared)"]
