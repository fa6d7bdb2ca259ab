"""A service on a cluster with the real engine, on both transports: what a preview says of each object is what happens,
a second preview is empty, and a destroy leaves nothing that it does not name."""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from kubernetes.charts import MIGRATE, WEB, Charts
from kubernetes.secrets_planted import chart as planted_chart
from kubernetes.secrets_planted import found_in, planted
from kubernetes.striking import helms_of
from kubernetes.test_killed import EXTRA, MOMENTS, has_job, is_at, slow
from kubernetes.tools import Kubectl, Program
from plugin.stacks import YamlStack
from stack.conftest import engine  # noqa: F401 - a fixture
from stack.described import PROGRAM, its, new, resource, secret, source
from stack.diffs import resource_block
from stack.engine import Stack
from stack.killing import clear_up
from stack.processes import end, servers, until
from stack.test_example import assert_readme_shows

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

SECRET = "hunter2-hunter2"


@dataclass
class Story:
    """One stack of one service."""

    stack: Stack
    cluster: dict[str, Any]
    namespace: str

    def declare(self, *components: Mapping[str, Any], knows_later: bool = False, **deployment: Any) -> None:
        """What the program declares from now on, in the words of Python; LATER is a value that no preview knows, of a
        resource that is not made yet."""
        made = {"later": resource("Cluster", kubeconfig=self.cluster["kubeconfig"])} if knows_later else {}
        made["main"] = resource("Cluster", **deployment.pop("cluster", self.cluster))
        listed = [new("Component", **{**one, "chart": _chart(one["chart"])}) for one in components]
        made["service"] = resource("CloudService", name="shop", components=listed)
        taken = {"cluster": its("main", in_yaml="access"), "service": its("service", in_yaml="definition")}
        more = {"namespace": self.namespace, "timeout_s": 60, **deployment}
        made["shop"] = resource("CloudServiceDeployment", **taken, **more)
        self.stack.describe(made, rollout=its("shop", "rollout"))

    def is_unchanged(self) -> None:
        self.stack.run("preview", "--expect-no-changes").succeeded()


@pytest.fixture(params=["dynamic", "yaml"])
def story(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    engine: Path,  # noqa: F811
    cluster: EmbeddedCluster,
    namespace: str,
    helm_4: Program,
) -> Story:
    environment = {"COMPUTENEST_HELM": str(helm_4.path), "COMPUTENEST_CLOUD_DIR": str(tmp_path / "none")}
    given: dict[str, Any] = {
        "folder": tmp_path / "stack",
        "engine": engine,
        "config": {"computenest:cloud": "local"},
        "environment": environment,
    }
    stack = YamlStack(**given) if request.param == "yaml" else Stack(**given, program=PROGRAM)
    return Story(stack, {"kubeconfig": cluster.kubeconfig.read_text()}, namespace)


def test_the_life_of_a_service(story: Story, kubectl: Kubectl, charts: Charts) -> None:
    stack, namespace = story.stack, story.namespace
    values = {"replicas": 3, "password": secret(SECRET)}
    env = "          ports:", "          env: [{name: KEY, value: {{ .Values.password | quote }}}]\n          ports:"
    web = WEB.replace(*env)
    story.declare({"name": "web", "chart": str(charts.web(web=web)), "values": values})
    said = stack.preview().succeeded().text
    assert "web: install 1.0.0\n" in said, said
    assert f"+ Deployment {namespace}/shop-web" in said, said
    assert kubectl.objects("deployment") == {}
    stack.up().succeeded()
    assert kubectl.get("deployment", "shop-web")["status"]["readyReplicas"] == 3
    story.is_unchanged()
    before = stack.resources()["shop"]["outputs"]
    assert before["rollout"] == {"web": "1.0.0"}
    other = web.replace("name: KEY", "name: PASS")
    bumped = charts.web("1.1.0", web=other, values={"image": "example.com/web:2"}, service=None)
    second = {"name": "web", "chart": str(bumped), "values": {**values, "password": {"secret": f"{SECRET}-2"}}}
    story.declare(second)
    said = stack.preview().succeeded().text
    assert SECRET not in said
    block = " ".join(resource_block(said, "shop"))
    assert '"1.0.0" => "1.1.0"' in block, said
    assert "web: upgrade 1.0.0 -> 1.1.0" in said
    assert f"- Service {namespace}/shop-web" in said
    assert "'example.com/web:1' => 'example.com/web:2'" in said
    assert "! Job shop-web-migrate: runs (pre-upgrade hook)" in said
    if not isinstance(stack, YamlStack):
        assert_readme_shows("cluster: bumped", said.replace(f"{namespace}/", "shop/"))
    stack.up().succeeded()
    story.is_unchanged()
    assert kubectl.objects("service") == {}
    assert SECRET not in json.dumps(stack.export())
    kubectl("delete", "deployment", "shop-web")
    said = stack.preview().succeeded().text
    assert "web: 1 object not as its release left them" in said, said
    story.declare(second, drift="repair")
    stack.up().succeeded()
    assert kubectl.get("deployment", "shop-web")["status"]["readyReplicas"] == 3
    story.is_unchanged()
    said = stack.destroy().succeeded().text
    assert "made by a hook" in said, said
    left = kubectl.objects("deployment", "service", "configmap", "secret")
    assert [name for name in left if not name.startswith("ConfigMap kube-root-ca")] == []


@pytest.mark.long
@pytest.mark.parametrize("victim", ["provider", "both"])
@pytest.mark.parametrize("moment", ["a helm runs", "the first hook is there", "an object is there", "it is deployed"])
@pytest.mark.parametrize("change", ["create", "update"])
def test_the_next_up_ends_what_a_kill_left(
    change: str, moment: str, victim: str, story: Story, kubectl: Kubectl, charts: Charts
) -> None:
    """Hooks have run, nothing is doubled, and no helm is left."""
    stack = story.stack
    slow_hook = {"migrate": slow(MIGRATE), "extra": EXTRA}
    chart = charts.web("1.1.0", values={"image": "example.com/web:2"}, **slow_hook)
    revision = 1
    if change == "update":
        story.declare({"name": "web", "chart": str(charts.web(migrate=None))})
        stack.up().succeeded()
        revision = 2
    story.declare({"name": "web", "chart": str(chart)})
    looks = {**MOMENTS, "it is deployed": is_at("deployed", revision, release="shop-web")}
    looks["the first hook is there"] = has_job("shop-web-migrate")
    with stack.start("up", "--yes", "--skip-preview", is_struck=True) as run:
        if moment == "it is deployed":  # helm goes on alone: the run cannot end before it is struck
            until(lambda: looks["the first hook is there"](kubectl), run)
            end(*servers(run.pid), how=signal.SIGSTOP)
        until(lambda: looks[moment](kubectl), run)
        end(*servers(run.pid))
        if victim == "both":
            end(run.pid)
        run.communicate(timeout=300)
    assert run.returncode != 0, "it was struck while it worked"
    if victim == "both":
        clear_up(stack)
    stack.up().succeeded()
    assert kubectl.get("job", "shop-web-migrate")["status"]["succeeded"] == 1
    assert kubectl.get("deployment", "shop-web")["status"]["updatedReplicas"] == 2
    assert helms_of(kubectl.namespace) == []
    story.is_unchanged()
    stack.destroy().succeeded()
    assert kubectl.objects("deployment", "service") == {}


@pytest.mark.long
def test_fifty_secrets_are_in_no_output_state_or_report(story: Story, kubectl: Kubectl, charts: Charts) -> None:
    """What the engine prints and exports, and what people read of it."""
    stack, told = story.stack, []
    first, second = planted(), planted()
    for values, version in ((first, "1.0.0"), (second, "1.1.0")):
        secret = {key: {"secret": value} for key, value in values.items()}
        story.declare({"name": "web", "chart": str(planted_chart(charts, version)), "values": secret})
        told.append(stack.preview().succeeded().text)
        as_json = json.dumps(stack.preview_json())
        (stack.folder / "preview.json").write_text(as_json)
        told += [as_json, stack.command("computenest", "report", "preview.json"), stack.up().succeeded().text]
        told.append(json.dumps(stack.export()))
    broken = planted_chart(charts, "1.2.0", bad="{{ fail .Values.key3 }}")
    story.declare(
        {"name": "web", "chart": str(broken), "values": {key: {"secret": one} for key, one in second.items()}}
    )
    told += [stack.preview().failed().text, stack.up().failed().text]
    told += [kubectl("get", "controllerrevision,event", "-o", "json")]
    assert sorted(found_in("\n".join(told), [*first.values(), *second.values()])) == []
    assert sorted(found_in(kubectl("get", "secret", "coded", "-o", "json"), second.values())), "the oracle finds them"


LATER = its("later", "version")


@pytest.mark.parametrize("story", ["yaml", pytest.param("dynamic", marks=pytest.mark.long)], indirect=True)
def test_what_no_preview_knows_is_unknown_and_nothing_else(story: Story, kubectl: Kubectl, charts: Charts) -> None:
    """Six programs, each on a release that is there: nothing is said to go."""
    stack, namespace = story.stack, story.namespace
    folder = charts.web()
    web = {"name": "web", "chart": str(folder)}
    story.declare(web)
    stack.up().succeeded()
    before = kubectl.objects("deployment", "service", "secret")
    image = f"~ Deployment {namespace}/shop-web: spec.template.spec.containers[web].image: known once the run knows it"
    replicas = f"~ Deployment {namespace}/shop-web: spec.replicas: known once the run knows it"
    packaged = {**web, "chart": {"package": LATER, "path": str(folder)}}
    programs: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
        ("the kubeconfig", web, {"cluster": {"kubeconfig": LATER}}, "checked at up"),
        ("one value", web, {"configuration": {"web": {"image": LATER}}}, image),
        ("a number", web, {"configuration": {"web": {"replicas": LATER}}}, replicas),
        ("one value of the definition", {**web, "values": {"image": LATER}}, {}, image),
        ("all values", web, {"configuration": {"web": LATER}}, "web: 1.0.0, with values that are not known yet"),
        ("a package that is not pushed", packaged, {}, ""),
    ]
    for what, component, deployment, said in programs:
        story.declare(component, knows_later=True, **deployment)
        seen = stack.preview().succeeded().text
        assert said in seen, f"{what}: {seen}"
        block = "\n".join(resource_block(seen, "shop"))
        assert "- Deployment" not in seen, f"{what}: {seen}"
        assert "(delete)" not in seen, f"{what}: {seen}"
        assert "(replace)" not in block, f"{what}: {seen}"
        assert not any(line.strip().startswith("- ") for line in block.splitlines()), f"{what}: {block}"
    assert kubectl.objects("deployment", "service", "secret") == before


def _chart(given: Any) -> dict[str, Any]:
    """A folder by its path, or a package."""
    return source({"kind": "package", **given} if isinstance(given, Mapping) else {"kind": "folder", "path": given})
