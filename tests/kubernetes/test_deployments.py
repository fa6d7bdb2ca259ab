"""`CloudServiceDeployment` on a real cluster: what a check says is what an operation does, and what is wrong is said
before anything is changed."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from computenest.kernel.unknown import UNKNOWN
from kubernetes.charts import WEB, Charts
from kubernetes.deployments import Deployment, component
from kubernetes.test_releases import never_ready
from kubernetes.tools import Kubectl
from lifecycle.driver import Failed

LONG = pytest.mark.long
SET = """apiVersion: apps/v1
kind: StatefulSet
metadata: {name: data}
spec:
  serviceName: data
  selector: {matchLabels: {app: data}}
  template:
    metadata: {labels: {app: data}}
    spec: {containers: [{name: data, image: "example.com/data:1"}]}
  volumeClaimTemplates:
    - metadata: {name: disk}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gateways.NAME.acme.io}
spec:
  group: NAME.acme.io
  names: {kind: Gateway, plural: gateways}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""


@pytest.fixture
def shop(cluster: EmbeddedCluster, namespace: str) -> Deployment:
    return Deployment(cluster.kubeconfig, namespace)


def test_components_are_brought_changed_and_taken_away(
    shop: Deployment, kubectl: Kubectl, charts: Charts, namespace: str
) -> None:
    """What stays is named: E8 of the facts."""
    crd = CRD.replace("NAME", namespace[-8:])
    data = component("data", charts.write("data", "1.0.0", {}, {"set": SET, "crds/gateway.yaml": crd}))
    web = component("web", charts.web(), needs=["data"])
    seen = shop.check(web, data)
    assert seen.failures == ()
    assert [note.splitlines()[0] for note in seen.notes] == ["data: install 1.0.0", "web: install 1.0.0"]
    assert f"  + Deployment {namespace}/shop-web" in seen.notes[1].splitlines()
    assert shop.up(web, data) == "create"
    labels = kubectl.get("deployment", "shop-web")["metadata"]["labels"]
    assert labels["computenest.aliyun.com/component"] == "web"
    assert (shop.check(web, data).notes, shop.check(web, data).warnings) == ((), ())
    assert shop.up(web, data, labels={"team": "till"}) == "update"
    found = kubectl.get("deployment", "shop-web")["metadata"]
    assert (found["labels"]["team"], found["generation"]) == ("till", 1), "a label restarts nothing"
    bumped = component("web", charts.web("1.1.0", values={"image": "example.com/web:2"}, service=None))
    seen = shop.check(bumped)
    assert seen.notes[0].splitlines() == [
        "web: upgrade 1.0.0 -> 1.1.0",
        f"  - Service {namespace}/shop-web",
        f"  ~ Deployment {namespace}/shop-web: spec.template.spec.containers[web].image:"
        " 'example.com/web:1' => 'example.com/web:2'",
        "  ! Job shop-web-migrate: runs (pre-upgrade hook)",
    ]
    assert shop.up(bumped) == "update"
    assert shop.life.state["rollout"] == {"web": "1.1.0"}
    assert kubectl.objects("statefulset") == {}, "a component that is not wanted any more goes"
    (said,) = shop.said()
    assert f"PersistentVolumeClaim {namespace}/disk-data-0" in said
    assert f"CustomResourceDefinition gateways.{namespace[-8:]}.acme.io" in said
    assert shop.up(bumped) == "same"
    shop.life.destroy()
    assert f"Job {namespace}/shop-web-migrate (made by a hook)" in shop.said()[-1]
    assert kubectl.objects("deployment", "service") == {}
    kubectl("delete", "crd", f"gateways.{namespace[-8:]}.acme.io")


def test_what_others_did_is_told_and_brought_back(
    shop: Deployment, helm: Callable[..., str], kubectl: Kubectl, charts: Charts
) -> None:
    """A rollback by hand, an object that somebody deleted, a release that is gone."""
    first, second = charts.web(), charts.web("1.1.0", values={"image": "example.com/web:2"})
    shop.up(component("web", first))
    shop.up(component("web", second))
    helm("rollback", "shop-web", "1", "--wait")
    seen = shop.check(component("web", second))
    assert seen.inputs["drifted"] == {"web": "upgrade 1.0.0 -> 1.1.0 (revision 3 is a rollback to 1)"}
    assert shop.up(component("web", second)) == "update"
    assert shop.life.state["drifted"] == {}
    kubectl("delete", "service", "shop-web")
    seen = shop.check(component("web", second))
    assert (seen.inputs["drifted"], seen.notes) == ({}, ())
    assert "web: 1 object not as its release left them; `drift: repair`" in seen.warnings[0]
    assert shop.check(component("web", second), drift="ignore").warnings == ()
    seen = shop.check(component("web", second), drift="repair")
    assert seen.inputs["drifted"] == {"web": "repair 1.1.0 (drift: 1 object)"}
    assert shop.up(component("web", second), drift="repair") == "update"
    assert "Service shop-web" in kubectl.objects("service")
    assert shop.up(component("web", second), drift="repair") == "same"
    helm("uninstall", "shop-web", "--wait")
    assert shop.up(component("web", second)) == "update"
    assert shop.life.state["revisions"] == {"web": 1}


BROKEN = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: {{ .Values.missing.deeper }}}\n"
NO_OBJECT = "kind: ConfigMap\n"
Bad = Callable[[Charts, Deployment, Callable[..., str]], tuple[dict[str, Any], dict[str, Any]]]


def stranger(charts: Charts, _shop: Deployment, helm: Callable[..., str]) -> tuple[dict[str, Any], dict[str, Any]]:
    helm("install", "shop-web", str(charts.web()), "--wait")
    return component("web", charts.web("1.1.0")), {}


def with_program() -> dict[str, Any]:
    program = {"apiVersion": "client.authentication.k8s.io/v1", "command": "nope-9"}
    config = {
        "apiVersion": "v1",
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {"exec": program}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }
    return {"cluster": {"name": "main", "kubeconfig": json.dumps(config)}}


def noise(charts: Charts, *_: object) -> tuple[dict[str, Any], dict[str, Any]]:
    folder = charts.web()
    (folder / "noise.txt").write_text(secrets.token_hex(1_200_000))
    return component("web", folder), {}


BAD: Mapping[str, tuple[Bad, str, str]] = {
    "a chart that does not render": (
        lambda charts, *_: (component("web", charts.web(broken=BROKEN)), {}),
        "service.components[0].chart",
        r"templates/broken.yaml:4:\d+",
    ),
    "a chart that renders no object": (
        lambda charts, *_: (component("web", charts.web(odd=NO_OBJECT)), {}),
        "service.components[0].chart",
        "renders is no object: web/templates/odd.yaml",
    ),
    "no chart": (
        lambda *_: (component("web", Path("/nowhere/web")), {}),
        "service.components[0].chart.path",
        "/nowhere/web",
    ),
    "a release of that name that is not ours": (stranger, "service.components[0]", "made by somebody else.*adopt"),
    "a kubeconfig whose program is missing": (
        lambda charts, *_: (component("web", charts.web()), with_program()),
        "cluster.kubeconfig",
        "'nope-9'.*is not here",
    ),
    "values that are no map": (
        lambda charts, *_: (component("web", charts.web()), {"configuration": {"web": ["a"]}}),
        "configuration.web",
        "are a map",
    ),
    "a release above helm's 1 MiB": (noise, "service.components[0]", "1 MiB"),
    "a field that cannot be changed": (
        lambda charts, *_: (
            component("web", charts.web("1.1.0", web=WEB.replace("matchLabels: {", "matchLabels: {tier: x, "))),
            {"first": component("web", charts.web())},
        ),
        "service.components[0]",
        "spec.selector|selector.*does not match",
    ),
}


@pytest.mark.parametrize("why", BAD)
def test_bad_input_is_said_and_changes_nothing(
    why: str, shop: Deployment, helm: Callable[..., str], kubectl: Kubectl, charts: Charts
) -> None:
    make, path, said = BAD[why]
    given, more = make(charts, shop, helm)
    if first := more.pop("first", None):
        shop.up(first)
    before = kubectl.objects("deployment", "service", "secret", "job")
    seen = shop.check(given, **more)
    assert [one.path for one in seen.failures] == [path], seen
    assert re.search(said, seen.failures[0].reason), seen.failures[0].reason
    with pytest.raises(Failed):
        shop.up(given, **more)
    assert kubectl.objects("deployment", "service", "secret", "job") == before


def test_a_stranger_is_adopted_only_where_the_program_says_so(
    shop: Deployment, helm: Callable[..., str], kubectl: Kubectl, charts: Charts
) -> None:
    helm("install", "shop-web", str(charts.web()), "--wait")
    assert shop.up(component("web", charts.web()), adopt=True) == "create"
    assert shop.life.state["revisions"] == {"web": 1}, "as it is"
    web = component("web", charts.web("1.1.0"))
    assert shop.up(web) == "update"
    assert shop.life.state["revisions"] == {"web": 2}
    assert shop.up(web) == "same"
    helm("uninstall", "shop-web", "--wait")
    helm("install", "shop-web", str(charts.web()), "--wait")
    with pytest.raises(Failed, match="is not of this resource any more"):
        shop.life.destroy()
    assert "Deployment shop-web" in kubectl.objects("deployment"), "somebody else's stays"


def test_a_cluster_that_does_not_answer_is_a_warning_and_nothing_is_begun(
    shop: Deployment, charts: Charts, cluster: EmbeddedCluster
) -> None:
    web, bumped = component("web", charts.web()), component("web", charts.web("1.1.0"))
    shop.up(web)
    dead = {"name": "main", "kubeconfig": cluster.kubeconfig.read_text().replace("127.0.0.1:", "127.0.0.1:1")}
    dead["kubeconfig"] = "\n".join(
        "    server: https://127.0.0.1:1" if "server:" in line else line for line in dead["kubeconfig"].splitlines()
    )
    seen = shop.check(web, cluster=dead)
    assert "cannot tell what is on the cluster, nothing will be done there" in seen.warnings[0]
    assert seen.inputs["objects"] == shop.life.inputs["objects"]
    seen = shop.check(bumped, cluster=dead)
    assert seen.inputs["objects"] == {"web": "cannot tell"}
    state = dict(shop.life.state)
    with pytest.raises(Failed, match="cannot be reached"):
        shop.up(bumped, cluster=dead)
    assert shop.life.state == state
    assert shop.life.refresh(), "it is not taken for gone"


@pytest.mark.parametrize(
    "policy", [pytest.param("rollback"), *(pytest.param(one, marks=LONG) for one in ("stop", "leave"))]
)
def test_a_component_that_fails(policy: str, shop: Deployment, kubectl: Kubectl, charts: Charts) -> None:
    """Taken back, or left failed with or without the others; the next run ends it, and nothing is left behind."""
    web, other = component("web", charts.web(migrate=None)), component("zoo", charts.web(migrate=None))
    shop.up(web, other)
    extra = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\n"
    bad = component("web", charts.web("1.1.0", web=never_ready(WEB), extra=extra, migrate=None))
    bumped = component("zoo", charts.web("1.1.0", migrate=None))
    with pytest.raises(Failed, match=r"web 1\.1\.0: helm says .*0 of 2 ready|not ready"):
        shop.up(bad, bumped, onFailure=policy, timeoutS=4)
    assert shop.life.state["rollout"] == {"web": "1.0.0", "zoo": "1.1.0" if policy == "leave" else "1.0.0"}
    assert ("ConfigMap extra" in kubectl.objects("configmap")) == (policy != "rollback")
    assert shop.up(web, bumped) == "update"
    assert "ConfigMap extra" not in kubectl.objects("configmap")
    assert shop.up(web, bumped) == "same"
    shop.life.destroy()
    assert kubectl.objects("deployment") == {}


UNKNOWNS: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "the kubeconfig": lambda news: {**news, "cluster": {"name": "main", "kubeconfig": UNKNOWN}},
    "the cluster": lambda news: {**news, "cluster": UNKNOWN},
    "one value": lambda news: {**news, "configuration": {"web": {"image": UNKNOWN}}},
    "a number": lambda news: {**news, "configuration": {"web": {"replicas": UNKNOWN}}},
    "all values": lambda news: {**news, "configuration": UNKNOWN},
    "the service": lambda news: {**news, "service": UNKNOWN},
}


@pytest.mark.parametrize(
    ("what", "is_there"),
    [
        ("the kubeconfig", False),
        ("one value", True),
        *(pytest.param(what, is_there, marks=LONG) for what in UNKNOWNS for is_there in (False, True)),
    ],
)
def test_what_a_preview_does_not_know_is_unknown_and_nothing_else(
    what: str, is_there: bool, shop: Deployment, charts: Charts, namespace: str
) -> None:
    web = component("web", charts.web())
    if is_there:
        shop.up(web)
    seen = shop.asked(UNKNOWNS[what](shop.news(web)))
    assert seen.failures == ()
    note = "\n".join(seen.notes)
    if what == "the service":
        assert seen.inputs["rollout"] is UNKNOWN
        return
    assert seen.inputs["rollout"] == {"web": "1.0.0"}
    assert seen.inputs["objects"] == {"web": UNKNOWN}
    assert "- " not in note, "nothing goes"
    if what in ("the kubeconfig", "the cluster"):
        assert f"+ Deployment {namespace}/shop-web" in note
        assert "checked at up" in note
    if what == "one value" and is_there:
        path = "spec.template.spec.containers[web].image"
        assert f"~ Deployment {namespace}/shop-web: {path}: known once the run knows it" in note
        assert "Service" not in note
    if what == "a number" and is_there:
        assert f"~ Deployment {namespace}/shop-web: spec.replicas: known once the run knows it" in note


def test_another_service_is_not_touched(shop: Deployment, charts: Charts, cluster: EmbeddedCluster) -> None:
    """Two deployments of one namespace, one of them with the other's release."""
    shop.up(component("web", charts.web()))
    other = Deployment(cluster.kubeconfig, shop.given["namespace"], ownerId="o-2")
    (failure,) = other.check(component("web", charts.web())).failures
    assert "belongs to another resource" in failure.reason


def test_every_change_is_recorded_beside_its_release(
    shop: Deployment, kubectl: Kubectl, charts: Charts, namespace: str
) -> None:
    """As ControllerRevisions without any value, the newest few; gone with the release."""

    def records() -> dict[str, Any]:
        found = kubectl.objects("controllerrevision")
        return {name: one["data"] for name, one in found.items() if "-r" in name}

    secret = {"password": f"planted-{secrets.token_hex(8)}"}
    shop.up(component("web", charts.web(), values=secret), history=2)
    assert records() == {
        "ControllerRevision shop-web-r1": {
            "action": "install 1.0.0",
            "chart": "web",
            "version": "1.0.0",
            "digest": records()["ControllerRevision shop-web-r1"]["digest"],
            "objects": [f"+ Service {namespace}/shop-web", f"+ Deployment {namespace}/shop-web"],
        }
    }
    second = component("web", charts.web("1.1.0", service=None, values={"image": "example.com/web:2"}), values=secret)
    shop.up(second, history=2)
    last = records()["ControllerRevision shop-web-r2"]
    assert last["action"] == "upgrade 1.0.0 -> 1.1.0"
    assert last["objects"] == [f"- Service {namespace}/shop-web", f"~ Deployment {namespace}/shop-web"]
    assert shop.up(second, history=2) == "same"
    shop.up(component("web", charts.web("1.2.0"), values=secret), history=2)
    assert sorted(records()) == ["ControllerRevision shop-web-r2", "ControllerRevision shop-web-r3"]
    assert secret["password"] not in json.dumps(records())
    shop.life.destroy()
    assert records() == {}


def test_a_component_may_need_the_kinds_that_another_brings(
    shop: Deployment, kubectl: Kubectl, charts: Charts, namespace: str
) -> None:
    """No preview can know them, and none refuses what comes with a component before it."""
    group = namespace[-8:]
    kinds = component("kinds", charts.write("kinds", "1.0.0", {}, {"crds/gateway.yaml": CRD.replace("NAME", group)}))
    gateway = f"apiVersion: {group}.acme.io/v1\nkind: Gateway\nmetadata: {{name: one}}\n"
    uses = component("uses", charts.write("uses", "1.0.0", {}, {"gateway": gateway}), needs=["kinds"])
    seen = shop.check(uses, kinds)
    assert seen.failures == ()
    assert f"+ Gateway {namespace}/one (its kind is not there yet)" in "\n".join(seen.notes)
    assert shop.up(uses, kinds) == "create"
    assert kubectl("get", f"gateways.{group}.acme.io", "-o", "name")
    assert shop.up(uses, kinds) == "same"


def test_what_the_cluster_forbids_whoever_asks_is_refused_in_the_preview(
    shop: Deployment, kubectl: Kubectl, charts: Charts, namespace: str
) -> None:
    kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=baseline")
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: agent}\nspec:\n  hostNetwork: true\n"
    pod += "  containers: [{name: agent, image: 'example.com/agent:1'}]\n"
    agent = component("agent", charts.write("agent", "1.0.0", {}, {"pod": pod}))
    (failure,) = shop.check(agent).failures
    assert f"Pod {namespace}/agent: the cluster refuses it: " in failure.reason
    assert 'violates PodSecurity "baseline' in failure.reason
