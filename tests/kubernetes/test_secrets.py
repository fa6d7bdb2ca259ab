"""What is secret is in the state, which the engine encrypts, in the objects that a chart makes of it, and in Secrets of
helm's own; in nothing that anybody reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from kubernetes.charts import Charts
from kubernetes.deployments import Deployment, component
from kubernetes.secrets_planted import chart, found_in, planted
from kubernetes.tools import Kubectl
from lifecycle.driver import Failed

REFUSED = (
    '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "bad", "labels": {"x": "{{ .Values.key3 }} !"}}}'
)
UNREADY = """apiVersion: v1
kind: Pod
metadata: {name: never}
spec: {containers: [{name: "never", image: "127.0.0.1:1/{{ .Values.key5 }}:1"}]}
"""


def test_fifty_secrets_are_in_nothing_that_anybody_reads(
    cluster: EmbeddedCluster,
    namespace: str,
    charts: Charts,
    kubectl: Kubectl,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Neither in previews nor in failures, digests, records, labels of releases, or files that a run leaves."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    shop = Deployment(cluster.kubeconfig, namespace)
    first, second = planted(), planted()
    concealed = {"concealed": [f"web.{key}" for key in first]}
    told: list[Any] = []

    def seen(values: dict[str, str], folder: Path) -> Any:
        found = shop.check(component("web", folder, values=values), **concealed)
        told.append([found.notes, found.warnings, [one.reason for one in found.failures], found.inputs["objects"]])
        return found

    assert "+ Deployment" in seen(first, chart(charts)).notes[0]
    shop.up(component("web", chart(charts), values=first), **concealed)
    assert "~ ConfigMap" in seen(second, chart(charts)).notes[0]
    shop.up(component("web", chart(charts, "1.1.0"), values=second), **concealed)
    kubectl("delete", "configmap", "map")
    assert seen(second, chart(charts, "1.1.0")).warnings, "drift is told"
    for wrong in (
        {"bad": "{{ fail .Values.key3 }}"},
        {"bad": "a: {{ .Values.key4.deeper }}"},
        {"bad": REFUSED},
        {"never": UNREADY},
    ):
        folder = chart(charts, "1.2.0", **wrong)
        seen(second, folder)
        with pytest.raises(Failed) as failed:
            shop.up(component("web", folder, values=second), **concealed, timeoutS=5)
        told.append(str(failed.value))
    state = shop.life.state
    shown = [*told, shop.said(), shop.subject.screen.shown, state["rollout"], state["objects"], state["reasons"]]
    values = [*first.values(), *second.values()]
    assert sorted(found_in(json.dumps(shown, default=str), values)) == []
    records = kubectl("get", "controllerrevision", "-o", "json")
    labels = kubectl("get", "secret", "-l", "owner=helm", "-o", "jsonpath={..labels}")
    assert sorted(found_in(records + labels, values)) == []
    left = [path for path in (tmp_path / "temporary").rglob("*") if path.is_file()]
    assert sorted(found_in("".join(path.read_text(errors="replace") for path in left), values)) == []
    assert not [path.name for path in left if path.name.startswith("computenest-")]
