"""A service on three real clusters: labels decide where it goes, one that stands still leaves the others, and nobody
loses what nobody asked to lose."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from computenest.kernel.outcome import INCOMPLETE, Checked
from kubernetes.charts import SERVICE, WEB, Charts
from kubernetes.deployments import Deployment, component
from kubernetes.many import EDGE, Guests, soon, standing_still
from kubernetes.test_releases import never_ready
from kubernetes.tools import Kubectl, Program
from lifecycle.driver import Failed
from unit.clusters.test_page import Table

SHOP = ["Deployment shop-web"]


@pytest.fixture(scope="module")
def edges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, EmbeddedCluster]]:
    """Clusters that no other test uses."""
    folder = tmp_path_factory.mktemp("edges")
    found = {name: EmbeddedCluster(folder, name) for name in ("edge-1", "edge-2")}
    for one in found.values():
        one.start()
    yield found
    for one in found.values():
        one.stop()


@pytest.fixture
def guests(edges: dict[str, EmbeddedCluster], kubectl_program: Path, namespace: str) -> Guests:
    return Guests(edges, kubectl_program, namespace)


@pytest.fixture
def shop(cluster: EmbeddedCluster, namespace: str) -> Deployment:
    return Deployment(cluster.kubeconfig, namespace)


@pytest.fixture
def parts(charts: Charts) -> list[dict[str, Any]]:
    """A control plane, and a data plane that needs it."""
    console = component("console", charts.web(migrate=None, service=None))
    return [console, component("web", charts.web(migrate=None), needs=["console"], **EDGE)]


def test_labels_say_where_components_go_and_each_cluster_has_values_of_its_own(
    shop: Deployment, guests: Guests, kubectl: Kubectl, parts: list[dict[str, Any]]
) -> None:
    overlay = {"edge-2": {"web": {"replicas": 1}}}
    given = {"clusters": guests.declared(edge_2={}), "perCluster": overlay}
    seen = shop.check(*parts, **given)
    assert [note.splitlines()[0] for note in seen.notes] == ["console: install 1.0.0", "edge-1/web: install 1.0.0"]
    shop.up(*parts, **given)
    assert sorted(kubectl.objects("deployment")) == ["Deployment shop-console"]
    assert guests.deployments() == {"edge-1": SHOP, "edge-2": []}
    assert shop.check(*parts, **given).notes == ()
    given["clusters"] = guests.declared()
    shop.up(*parts, **given)
    assert guests.deployments() == {"edge-1": SHOP, "edge-2": SHOP}
    replicas = {
        name: guests.kubectl(name).get("deployment", "shop-web")["spec"]["replicas"] for name in guests.clusters
    }
    assert replicas == {"edge-1": 2, "edge-2": 1}
    given["clusters"] = guests.declared(edge_1={"tier": "core"})
    assert shop.check(*parts, **given).notes == ("edge-1/web: uninstall",)
    shop.up(*parts, **given)
    assert guests.deployments() == {"edge-1": [], "edge-2": SHOP}
    assert shop.up(*parts, **given) == "same"
    shop.life.destroy()
    assert guests.deployments() == {"edge-1": [], "edge-2": []}
    assert kubectl.objects("deployment") == {}


def test_the_command_line_tells_of_several_clusters(
    shop: Deployment, guests: Guests, parts: list[dict[str, Any]], tmp_path: Path, namespace: str
) -> None:
    """As text, as JSON, and as a page; one that stands still is told soon, whichever way."""
    shop.up(*parts, clusters=guests.declared("edge-2"))
    listed = os.pathsep.join(str(one.kubeconfig) for one in guests.clusters.values())
    program = [Path(sys.executable).parent / "computenest", "service"]

    def said(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*program, *words, "--namespace", namespace, "--all-contexts"]
        environ = {**os.environ, "KUBECONFIG": listed}
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)

    def page() -> list[list[str]]:
        assert said("console", "--out", str(tmp_path / "console.html")).returncode == 0
        return Table((tmp_path / "console.html").read_text()).rows

    told = said("status")
    assert told.stdout.splitlines() == [
        "computenest-edge-1:",
        "  shop-web  web 1.0.0  revision 1, deployed, ready",
        f"    Deployment {namespace}/shop-web: 2 of 2 ready",
        f"computenest-edge-2: there is no release in namespace {namespace}",
    ], told.stderr
    assert told.returncode == 0
    (one,) = json.loads(said("status", "--json").stdout)["computenest-edge-1"]
    facts = {"release": "shop-web", "namespace": namespace, "chart": "web", "version": "1.0.0", "revision": 1}
    assert {**one, **facts, "status": "deployed", "ready": True, "reason": ""} == one
    assert page()[1:] == [
        ["computenest-edge-1", "1.0.0 revision 1 ready"],
        ["computenest-edge-2 no release", "– not there"],
    ]
    with standing_still(guests.clusters["edge-2"]):
        with soon():
            told = said("status")
        with soon():
            silent = json.loads(said("status", "--json").stdout)["computenest-edge-2"]["cannot_tell"]
        with soon():
            first, second = page()[1:]
    assert "  shop-web  web 1.0.0  revision 1, deployed, ready" in told.stdout.splitlines()
    assert "computenest-edge-2: cannot tell: the cluster at https://127.0.0.1" in told.stdout
    assert told.returncode == 1
    assert "did not answer within 3 s" in silent
    assert first == ["computenest-edge-1", "1.0.0 revision 1 ready"]
    assert second == [f"computenest-edge-2 cannot tell {silent} has not answered yet", "? cannot tell"]
    guests.kubectl("edge-1")("set", "image", "deployment/shop-web", "web=127.0.0.1:1/gone:1")
    (one,) = json.loads(said("status", "--json").stdout)["computenest-edge-1"]
    assert one["ready"] is False
    assert page()[1][1].startswith("1.0.0 revision 1 deployed, not ready Deployment")
    shop.life.destroy()


def test_a_cluster_that_stands_still_is_told_soon_and_the_others_are_changed(
    shop: Deployment, guests: Guests, charts: Charts, parts: list[dict[str, Any]]
) -> None:
    given = {"clusters": guests.declared()}
    shop.up(*parts, **given)
    bumped = [parts[0], component("web", charts.web("1.1.0", migrate=None), **EDGE)]
    with standing_still(guests.clusters["edge-1"]):
        with soon():
            seen = shop.check(*parts, **given)
        (said,) = seen.warnings
        assert said.startswith("edge-1: cannot tell what is on the cluster, nothing will be done there")
        assert shop.up(*parts, **given) == "same"
        with soon():
            seen = shop.check(*bumped, **given)
        assert [note.splitlines()[0] for note in seen.notes] == ["edge-2/web: upgrade 1.0.0 -> 1.1.0"]
        assert "edge-1: cannot tell what is on the cluster, what is new there waits" in seen.warnings[0]
        with pytest.raises(Failed, match=r"edge-1.*did not answer within 3 s"):
            shop.up(*bumped, **given)
        assert shop.life.state["status"] == INCOMPLETE
        assert shop.life.state["rollout"] == {"console": "1.0.0", "edge-1/web": "1.0.0", "edge-2/web": "1.1.0"}
        assert shop.life.refresh(), "it is not taken for gone"
    assert guests.deployments() == {"edge-1": SHOP, "edge-2": SHOP}
    shop.up(*bumped, **given)
    assert shop.life.state["rollout"]["edge-1/web"] == "1.1.0"
    assert shop.up(*bumped, **given) == "same"
    with standing_still(guests.clusters["edge-2"]), pytest.raises(Failed, match=r"edge-2.*`abandon`"):
        shop.life.destroy()
    assert guests.deployments() == {"edge-1": [], "edge-2": SHOP}, "that one alone is left"
    shop.life.destroy()
    assert guests.deployments() == {"edge-1": [], "edge-2": []}


def test_another_cluster_under_a_known_name_is_refused_and_abandon_is_the_way_out(
    shop: Deployment, guests: Guests, parts: list[dict[str, Any]]
) -> None:
    shop.up(*parts, clusters=guests.declared("edge-2"))
    other = guests.declared("edge-1")[0]
    replaced = [{**other, "name": "edge-1"}]
    (failure,) = shop.check(*parts, clusters=replaced).failures
    assert failure.path == "clusters[0]"
    assert "another cluster answers as 'edge-1'" in failure.reason
    with pytest.raises(Failed, match="Nothing was changed"):
        shop.up(*parts, clusters=replaced)
    assert guests.deployments() == {"edge-1": SHOP, "edge-2": []}
    shop.up(*parts, clusters=[{**other, "name": "edge-2"}], abandon=["edge-1"])
    assert guests.deployments() == {"edge-1": SHOP, "edge-2": SHOP}, "what was abandoned stays"
    assert any("edge-1 is abandoned" in said for said in shop.said())
    shop.life.destroy()
    assert guests.deployments() == {"edge-1": SHOP, "edge-2": []}
    guests.kubectl("edge-1")("delete", "namespace", guests.kubectl("edge-1").namespace)


def test_one_cluster_that_fails_leaves_the_others_and_says_why(
    shop: Deployment, guests: Guests, charts: Charts
) -> None:
    """By a value that only it has: a pod there is never ready."""
    stuck = never_ready(WEB).replace("'true'", "{{ .Values.isStuck | quote }}")
    web = component("web", charts.web(migrate=None, web=stuck, values={"isStuck": False}), **EDGE)
    given = {"clusters": guests.declared(), "perCluster": {"edge-1": {"web": {"isStuck": True}}}, "timeoutS": 8}
    with pytest.raises(Failed, match=r"edge-1: web 1.0.0: helm says .*shop-web"):
        shop.up(web, **given)
    assert guests.deployments() == {"edge-1": [], "edge-2": SHOP}, "a first install that fails is taken away"
    given["perCluster"] = {}
    shop.up(web, **given)
    assert guests.deployments() == {"edge-1": SHOP, "edge-2": SHOP}
    shop.life.destroy()


@pytest.fixture
def helms(helm_4: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The first word of each helm that was run since this was last asked."""
    log, program = tmp_path / "helms", tmp_path / "helm"
    program.write_text(f'#!/bin/sh\necho "$1" >> {log}\nexec {helm_4.path} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("COMPUTENEST_HELM", str(program))

    def since() -> list[str]:
        words = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        return [word for word in words if word != "version"]

    return since


def test_clusters_that_are_alike_are_rendered_for_once_and_each_is_asked_about_its_objects(
    shop: Deployment, guests: Guests, charts: Charts, helms: Callable[[], list[str]]
) -> None:
    service = SERVICE.replace("spec:", "spec:\n  type: NodePort").replace("port: 80", "port: 80, nodePort: 30080")
    web = component("web", charts.web(migrate=None, service=service), **EDGE)
    for name in guests.clusters:
        guests.kubectl(name)("create", "namespace", guests.kubectl(name).namespace)
    guests.kubectl("edge-1")("create", "service", "nodeport", "theirs", "--tcp=80", "--node-port=30080")
    seen = shop.check(web, clusters=guests.declared())
    assert helms() == ["template"]
    (failure,) = seen.failures
    assert "edge-1" in failure.reason, failure
    assert "provided port is already allocated" in failure.reason
    guests.kubectl("edge-1")("delete", "service", "theirs")
    seen = shop.check(web, clusters=guests.declared())
    assert helms() == ["template"], "another preview, another process: nothing is kept"
    assert [note.splitlines()[0] for note in seen.notes] == [f"{name}/web: install 1.0.0" for name in guests.clusters]


TOLD = """apiVersion: v1
kind: ConfigMap
metadata:
  name: told-{{ .Values.whose }}{{ if .Release.IsUpgrade }}-again{{ end }}{{ include "things" . }}
"""
THINGS = """{{ define "things" }}
{{- if .Capabilities.APIVersions.Has "example.com/v1/Thing" }}-things{{ end }}
{{- end }}"""
READS = '{{ (lookup "v1" "Namespace" "" "kube-system").metadata.uid }}'


def test_each_cluster_shows_its_own_where_a_chart_can_tell_them_apart(
    shop: Deployment, guests: Guests, charts: Charts, helms: Callable[[], list[str]]
) -> None:
    """By values of its own, by what it serves, by whether the release is there."""
    chart = charts.write("told", "1.0.0", {"whose": "nobodys"}, {"told": TOLD, "templates/_things.tpl": THINGS})
    bumped = charts.write("told", "1.1.0", {"whose": "nobodys"}, {"told": TOLD, "templates/_things.tpl": THINGS})
    shop.up(component("told", chart, **EDGE), clusters=guests.declared(edge_2={}))
    helms()
    given: dict[str, Any] = {"clusters": guests.declared(), "perCluster": {"edge-2": {"told": {"whose": "edge-2s"}}}}
    told = component("told", bumped, **EDGE)
    assert added(shop.check(told, **given)) == {"edge-1": "told-nobodys-again", "edge-2": "told-edge-2s"}
    assert helms() == ["template", "template"]
    shop.life.destroy()
    helms()
    given["perCluster"] = {}
    assert added(shop.check(told, **given)) == {"edge-1": "told-nobodys", "edge-2": "told-nobodys"}
    assert helms() == ["template"]
    guests.kubectl("edge-2")("apply", "-f", "-", given=THING)
    try:
        guests.kubectl("edge-2")("wait", "--for=condition=Established", "crd/things.example.com")
        assert added(shop.check(told, **given)) == {"edge-1": "told-nobodys", "edge-2": "told-nobodys-things"}
        assert helms() == ["template", "template"]
    finally:
        guests.kubectl("edge-2")("delete", "crd", "things.example.com")


@pytest.mark.parametrize("where", ["template", "subchart", "value"])
def test_a_chart_that_reads_the_cluster_is_rendered_by_each(
    shop: Deployment, guests: Guests, charts: Charts, helms: Callable[[], list[str]], where: str
) -> None:
    name = {"template": READS, "subchart": '{{ include "whose" . }}', "value": "{{ tpl .Values.whose . }}"}[where]
    template = TOLD.partition("  name")[0] + f"  name: {name}\n"
    chart = charts.write("told", "1.0.0", {"whose": "nobodys"}, {"told": template})
    if where == "subchart":
        helper = f'{{{{ define "whose" }}}}{READS}{{{{ end }}}}'
        library = charts.write("naming", "1.0.0", {}, {"templates/_whose.tpl": helper})
        (chart / "charts").mkdir()
        with tarfile.open(chart / "charts" / "naming-1.0.0.tgz", "w:gz") as archive:
            archive.add(library, arcname="naming")
    values = {"whose": READS} if where == "value" else {}
    told = added(shop.check(component("told", chart, values=values, **EDGE), clusters=guests.declared()))
    uids = {name: guests.kubectl(name).get("namespace", "kube-system")["metadata"]["uid"] for name in guests.clusters}
    assert told == uids
    assert set(helms()) == {"template"}


def added(seen: Checked) -> dict[str, str]:
    """Cluster -> the name of the one ConfigMap that is added there."""
    assert seen.failures == (), seen.failures
    return {
        note.partition("/")[0]: line.rpartition("/")[2].partition(" ")[0]
        for note in seen.notes
        for line in note.splitlines()
        if line.strip().startswith("+ ConfigMap")
    }


THING = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  names: {kind: Thing, plural: things}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""
