"""Preview = action: what a preview says of each object is what `kubectl get` shows afterwards, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from computenest.kernel.errors import ComputeNestError
from computenest.resources._components.effects import Added, Changed, Kept, Removed
from computenest.resources._components.preview import Preview
from kubernetes.charts import Charts
from kubernetes.differences import Documents, differences
from kubernetes.generated import KINDS, Maker
from kubernetes.rig import Rig, told
from kubernetes.tools import Kubectl, Program

IS_HELMS = "sh.helm.release.v1"


def everything(kubectl: Kubectl) -> Documents:
    """What the namespace holds, without what helm keeps, what controllers made of it, and what is on its way out."""
    found = kubectl.objects(*KINDS)
    return {
        name: one
        for name, one in found.items()
        if IS_HELMS not in name
        and "ownerReferences" not in one["metadata"]
        and "deletionTimestamp" not in one["metadata"]
        and not name.startswith("ConfigMap kube-root-ca")
    }


def said(preview: Preview) -> dict[str, Any]:
    """A preview in the oracle's form; fields that the chart makes up are told apart."""
    found: dict[str, Any] = {}
    for one in preview.effects.objects:
        name = f"{one.key.kind} {one.key.name}"
        if isinstance(one, Added):
            found[name] = "added"
        elif isinstance(one, Removed):
            found[name] = "removed"
        elif isinstance(one, Changed):
            found[name] = {change.path for change in one.changes}
        else:
            assert isinstance(one, Kept)
    return found


def check(preview: Preview, before: Documents, after: Documents) -> None:
    """Object for object, field for field, value for value."""
    really, promised = differences(before, after), said(preview)
    generated = {
        f"{one.key.kind} {one.key.name}": set(one.generated)
        for one in preview.effects.objects
        if isinstance(one, Changed)
    }
    for name, what in really.items():
        if isinstance(what, dict) and isinstance(promised.get(name, set()), set):
            fields = {path for path in what if path not in generated.get(name, set())}
            assert fields == {path for path in promised.get(name, set()) if not path.endswith("[]")}, name
        else:
            assert promised.get(name) == what, name
    quiet = {name for name, what in promised.items() if name not in really and what}
    assert not {name for name in quiet if any(not path.endswith("[]") for path in promised[name])}
    for one in preview.effects.objects:
        if isinstance(one, Changed) and not one.is_secret:
            fields = really.get(f"{one.key.kind} {one.key.name}", {})
            for change in one.changes:
                if not change.path.endswith("[]") and isinstance(change.after, str | int):
                    assert fields[change.path][1] == change.after


def live_a_life(
    seed: int, steps: int, rig: Rig, kubectl: Kubectl, charts: Charts, helms: Sequence[Program] = ()
) -> list[str]:
    """Upgrades of one release, some of which fail, with others who change its objects in between; what happened."""
    maker = Maker(seed, charts)
    happened = []
    for step in range(steps):
        if helms:
            rig.use(maker.chance.choice(helms).path)
        chart = maker.broken() if maker.chance.random() < 0.15 else maker.next()
        if step and maker.chance.random() < 0.3:
            happened.append(meddle(kubectl, maker))
        before = everything(kubectl)
        preview = rig.preview(chart, waits=False)
        try:
            done = rig.up(chart, waits=False, on_failure="rollback" if maker.chance.random() < 0.5 else "stop")
        except ComputeNestError as error:
            done, why = None, str(error)
        if done is None:
            happened.append(f"refused: {why}"[:200])
            assert preview.is_refused, f"nobody said that it fails: {why}"
            assert not differences(before, everything(kubectl)), "a refusal changes nothing"
            continue
        assert not preview.is_refused
        assert str(done.action) == str(preview.action)
        check(preview, before, everything(kubectl))
        again = rig.preview(chart, waits=False)
        assert str(again.action).startswith("leave alone")
        assert again.effects.is_empty, again.lines()
        happened.append(str(done.action))
    return happened


def meddle(kubectl: Kubectl, maker: Maker) -> str:
    """Somebody scales a Deployment or labels an object."""
    names = [name for name in everything(kubectl) if name.startswith(("Deployment", "ConfigMap"))]
    if not names:
        return "nobody meddles"
    kind, name = maker.chance.choice(names).split()
    if kind == "Deployment":
        kubectl("scale", f"deployment/{name}", "--replicas=4")
    else:
        kubectl("label", "configmap", name, "somebody=else", "--overwrite")
    return f"somebody changes {kind} {name}"


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.long)])
def test_a_preview_is_what_happens(
    seed: int, cluster: EmbeddedCluster, namespace: str, kubectl: Kubectl, charts: Charts
) -> None:
    happened = live_a_life(seed, 3, Rig(cluster.kubeconfig, namespace), kubectl, charts)
    assert any(one.startswith("upgrade") for one in happened), happened


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 110))
def test_a_preview_is_what_happens_at_length(
    seed: int, cluster: EmbeddedCluster, namespace: str, kubectl: Kubectl, charts: Charts
) -> None:
    live_a_life(seed, 8, Rig(cluster.kubeconfig, namespace), kubectl, charts)


@pytest.mark.parametrize("seed", [200, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(201, 206))])
def test_a_preview_is_what_happens_with_two_helms_in_turn(
    seed: int,
    cluster: EmbeddedCluster,
    namespace: str,
    kubectl: Kubectl,
    charts: Charts,
    helm_3: Program,
    helm_4: Program,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COMPUTENEST_HELM", str(helm_3.path))
    live_a_life(seed, 3 if seed == 200 else 8, Rig(cluster.kubeconfig, namespace), kubectl, charts, (helm_3, helm_4))


DEFINITION = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: GROUPS}
spec:
  group: GROUP
  names: {kind: Gateway, plural: gateways, singular: gateway}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: {spec: {type: object, properties: {PROPERTIES}}}
"""
GATEWAY = "apiVersion: GROUP/v1\nkind: Gateway\nmetadata: {name: one}\nspec: {port: {{ .Values.port }}}\n"


def gates(charts: Charts, group: str, version: str, properties: str, port: int, gateway: str = GATEWAY) -> Path:
    """A chart with a kind of its own, and one object of it."""
    definition = DEFINITION.replace("GROUPS", f"gateways.{group}").replace("GROUP", group)
    files = {
        "crds/gateways.yaml": definition.replace("PROPERTIES", properties),
        "gateway": gateway.replace("GROUP", group),
    }
    return charts.write("gates", version, {"port": port}, files)


def test_a_chart_with_definitions_of_its_own(
    cluster: EmbeddedCluster, namespace: str, kubectl: Kubectl, charts: Charts
) -> None:
    """Helm installs them once; the first install cannot be rendered by the server (facts §11.3)."""
    group = f"{namespace}.example.com"

    def chart(version: str, properties: str, port: int) -> Path:
        return gates(charts, group, version, properties, port)

    rig = Rig(cluster.kubeconfig, namespace)
    first = chart("1.0.0", "port: {type: integer}", 80)
    assert told(rig.preview(first)) == [
        "install 1.0.0",
        f"+ Gateway {namespace}/one (its kind is not there yet)",
        "(rendered without the cluster: its CRDs are not there yet)",
    ]
    rig.up(first)
    assert told(rig.preview(first)) == ["leave alone (1.0.0 is installed as declared)"]
    second = chart("1.1.0", "port: {type: integer}, host: {type: string}", 81)
    assert told(rig.preview(second)) == [
        "upgrade 1.0.0 -> 1.1.0",
        f"~ Gateway {namespace}/one: spec.port: 80 => 81",
        f"! CRD gateways.{group}: differs in the chart; helm installs CRDs once and never upgrades them"
        " (`crds: apply` does)",
    ]
    rig.up(second)
    assert json.loads(kubectl("get", f"gateways.{group}", "one", "-o", "json"))["spec"] == {"port": 81}


HOST = "port: {type: integer}, host: {type: string}"
WITH_HOST = GATEWAY.replace("spec: {", "spec: {host: a, ")


def test_definitions_are_applied_where_the_program_says_so(
    cluster: EmbeddedCluster, namespace: str, kubectl: Kubectl, charts: Charts
) -> None:
    """What the schema does not take yet fails half-way without them: the preview says so, and what helps."""
    group = f"{namespace}.example.com"
    rig = Rig(cluster.kubeconfig, namespace)
    rig.up(gates(charts, group, "1.0.0", "port: {type: integer}", 80))
    second = gates(charts, group, "1.1.0", HOST, 81, WITH_HOST)
    refused = rig.preview(second)
    assert refused.is_refused, told(refused)
    assert any("spec.host: field not declared in schema" in line for line in told(refused)), told(refused)
    apply = {"definitions": "apply"}
    before = kubectl.get("crd", f"gateways.{group}")["spec"]
    assert told(rig.preview(second, **apply)) == [
        "upgrade 1.0.0 -> 1.1.0",
        f"~ Gateway {namespace}/one: spec.host: absent => 'a'",
        f"~ Gateway {namespace}/one: spec.port: 80 => 81",
        f"~ CRD gateways.{group}: spec.versions[v1].schema.openAPIV3Schema.properties.spec.properties.host.type:"
        " absent => 'string'",
    ]
    assert kubectl.get("crd", f"gateways.{group}")["spec"] == before, "nothing is written"
    rig.up(second, **apply)
    assert kubectl.get(f"gateways.{group}", "one")["spec"] == {"port": 81, "host": "a"}
    assert told(rig.preview(second, **apply)) == ["leave alone (1.1.0 is installed as declared)"]
    kubectl("delete", "crd", f"gateways.{group}")
    third = gates(charts, group, "1.2.0", HOST, 82)
    said = told(rig.preview(third))
    assert f"! CRD gateways.{group}: is not there; helm installs CRDs once and never upgrades them" in " ".join(said)
    assert "helm installs CRDs with a first install only: set `crds: apply`" in " ".join(said)
    assert f"+ CRD gateways.{group}" in told(rig.preview(third, **apply))
    rig.up(third, **apply)
    assert kubectl.get(f"gateways.{group}", "one")["spec"] == {"port": 82}


def test_definitions_that_others_changed_are_applied_without_a_helm(
    cluster: EmbeddedCluster, namespace: str, kubectl: Kubectl, charts: Charts
) -> None:
    group = f"{namespace}.example.com"
    rig, apply = Rig(cluster.kubeconfig, namespace), {"definitions": "apply"}
    chart = gates(charts, group, "1.0.0", HOST, 80)
    rig.up(chart)
    kubectl("delete", "crd", f"gateways.{group}")
    older = gates(charts, group, "0.9.0", "port: {type: integer}", 80)
    kubectl("apply", "-f", str(older / "crds" / "gateways.yaml"))
    said = told(rig.preview(chart, **apply))
    assert said[0] == "apply 1 CRD of 1.0.0", said
    rig.up(chart, **apply)
    assert "host" in json.dumps(kubectl.get("crd", f"gateways.{group}")["spec"])
    assert kubectl.objects("secret").keys() == {"Secret sh.helm.release.v1.shop.v1"}, "helm has done nothing"
