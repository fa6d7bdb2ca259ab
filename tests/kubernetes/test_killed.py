"""Killed at any moment of an upgrade, helm or the provider: the next run ends it, and no helm is left."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Callable

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from kubernetes.charts import MIGRATE, Charts
from kubernetes.rig import Rig, told
from kubernetes.striking import helms_of, run_apart
from kubernetes.tools import Kubectl
from stack.processes import watch_until

AFTER = MIGRATE.replace("-migrate", "-after").replace("pre-install,pre-upgrade", "post-install,post-upgrade")
EXTRA = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\ndata: {version: {{ .Chart.Version | quote }}}\n"
RUNS = "    metadata: {annotations: {virtual-node.computenest.aliyun.com/run-seconds: '1'}}\n"


def slow(hook: str) -> str:
    return hook.replace("  template:\n", f"  template:\n{RUNS}")


Moment = Callable[[Kubectl], bool]


def has_job(name: str, *, succeeded: bool = False) -> Moment:
    def look(kubectl: Kubectl) -> bool:
        found = kubectl.objects("job").get(f"Job {name}")
        return found is not None and (not succeeded or bool(found.get("status", {}).get("succeeded")))

    return look


def is_at(status: str, revision: int, release: str = "shop") -> Moment:
    return lambda kubectl: (
        f"sh.helm.release.v1.{release}.v{revision}"
        in kubectl("get", "secret", "-l", f"owner=helm,status={status}", "-o", "name")
    )


MOMENTS: dict[str, Moment] = {
    "at once": lambda _: True,
    "a helm runs": lambda kubectl: bool(helms_of(kubectl.namespace)),
    "it is pending": is_at("pending-upgrade", 2),
    "the first hook is there": has_job("shop-migrate"),
    "the first hook has ended": has_job("shop-migrate", succeeded=True),
    "an object is there": lambda kubectl: "ConfigMap extra" in kubectl.objects("configmap"),
    "the image is new": lambda kubectl: "web:2" in kubectl("get", "deployment", "shop", "-o", "json"),
    "the last hook is there": has_job("shop-after"),
    "the last hook has ended": has_job("shop-after", succeeded=True),
    "it is deployed": is_at("deployed", 2),
}


@pytest.mark.long
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("who", ["helm", "provider"])
def test_the_next_run_ends_it(
    who: str,
    moment: str,
    cluster: EmbeddedCluster,
    namespace: str,
    kubectl: Kubectl,
    helm: Callable[..., str],
    charts: Charts,
) -> None:
    rig = Rig(cluster.kubeconfig, namespace)
    rig.up(charts.web(migrate=None))
    more = {"migrate": slow(MIGRATE), "after": slow(AFTER), "extra": EXTRA}
    chart = charts.web("1.1.0", values={"image": "example.com/web:2"}, **more)
    process = run_apart(cluster.kubeconfig, namespace, chart)
    watch_until(lambda: MOMENTS[moment](kubectl) or process.poll() is not None)
    for pid in helms_of(namespace) if who == "helm" else [process.pid]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait(timeout=120)
    rig.up(chart)
    assert not helms_of(namespace)
    assert json.loads(helm("list", "-o", "json"))[0]["status"] == "deployed"
    found = kubectl.objects("job", "configmap", "deployment")
    assert found["ConfigMap extra"]["data"] == {"version": "1.1.0"}
    assert found["Job shop-migrate"]["status"]["succeeded"] == 1
    assert found["Job shop-after"]["status"]["succeeded"] == 1
    assert told(rig.preview(chart)) == ["leave alone (1.1.0 is installed as declared)"]
