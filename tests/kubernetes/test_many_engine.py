"""A service on three clusters with the real engine, on both transports: a label that comes and goes, one cluster that
stands still, another under a known name, a provider that is killed, a destroy with one of them out of reach."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from kubernetes.charts import Charts
from kubernetes.many import WITHIN_S, Guests, soon, standing_still
from kubernetes.striking import helms_of
from kubernetes.test_many_clusters import SHOP, edges, guests  # noqa: F401 - fixtures
from kubernetes.tools import Kubectl, Program
from plugin.stacks import YamlStack
from stack.conftest import engine  # noqa: F401 - a fixture
from stack.described import PROGRAM, its, new, resource, source
from stack.engine import Stack
from stack.killing import clear_up
from stack.processes import end, servers, until

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(900)]

BOTH = ["Deployment certs", *SHOP]


class Story:
    """One stack of one service on many clusters."""

    def __init__(self, stack: Stack, main: EmbeddedCluster, guests: Guests, namespace: str, charts: Charts) -> None:  # noqa: F811
        self.stack, self.guests, self._namespace = stack, guests, namespace
        self._main = {"name": "main", "kubeconfig": main.kubeconfig.read_text()}
        plain = {"migrate": None, "service": None}
        self._charts = {
            "console": str(charts.web(**plain)),
            "web": str(charts.web(**plain)),
            "certs": str(charts.web(**plain)),
        }

    def declare(
        self, *, labels: dict[str, Any] | None = None, replaced: dict[str, str] | None = None, **charts: Path
    ) -> None:
        """What the program declares from now on.

        Args:
            labels: of further clusters, where they are not those of an edge.
            replaced: name of a further cluster -> the one that answers under it.
            charts: other ones than at first.
        """
        more = {"namespace": self._namespace, "timeout_s": 60}
        clusters = [self._main, *self.guests.declared(**(labels or {}))]
        for one in clusters:
            if other := (replaced or {}).get(one["name"]):
                one["kubeconfig"] = self.guests.clusters[other].kubeconfig.read_text()
        given = {**self._charts, **{name: str(path) for name, path in charts.items()}}
        self.stack.describe(_made(clusters, given, more), rollout=its("shop", "rollout"))

    def is_unchanged(self) -> None:
        self.stack.run("preview", "--expect-no-changes").succeeded()


@pytest.fixture(params=["dynamic", "yaml"])
def story(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    engine: Path,  # noqa: F811
    cluster: EmbeddedCluster,
    guests: Guests,  # noqa: F811
    namespace: str,
    charts: Charts,
    helm_4: Program,
) -> Story:
    given: dict[str, Any] = {
        "folder": tmp_path / "stack",
        "engine": engine,
        "config": {"computenest:cloud": "local"},
        "environment": {"COMPUTENEST_HELM": str(helm_4.path), "COMPUTENEST_CLOUD_DIR": str(tmp_path / "none")},
    }
    stack = YamlStack(**given) if request.param == "yaml" else Stack(**given, program=PROGRAM)
    return Story(stack, cluster, guests, namespace, charts)


def gave_up(said: str) -> list[int]:
    """How long clusters that do not answer were waited for, as the provider measured it, in seconds."""
    return [
        int(found)
        for found in re.findall(r"did not answer within 3 s \(\w+: given up after 1 attempt in (\d+) s", said)
    ]


def test_the_life_of_a_service_on_three_clusters(story: Story, kubectl: Kubectl, charts: Charts) -> None:
    stack, guests = story.stack, story.guests  # noqa: F811
    bare = {"labels": {"edge_2": {"tier": "core"}}}
    story.declare(**bare)
    said = stack.preview().succeeded().text
    assert "edge-1/web: install 1.0.0" in said, said
    assert "edge-2/web" not in said, said
    stack.up().succeeded()
    assert guests.deployments() == {"edge-1": BOTH, "edge-2": BOTH[:1]}
    assert sorted(kubectl.objects("deployment")) == ["Deployment shop-console"]
    story.is_unchanged()
    story.declare()
    assert "edge-2/web: install 1.0.0" in stack.preview().succeeded().text
    stack.up().succeeded()
    assert guests.deployments() == {"edge-1": BOTH, "edge-2": BOTH}
    bumped = charts.web("1.1.0", migrate=None, service=None)
    with standing_still(guests.clusters["edge-1"]):
        one_stands_still(story, bumped)
    assert guests.deployments() == {"edge-1": BOTH, "edge-2": BOTH}, "nothing was deleted"
    stack.up().succeeded()
    story.is_unchanged()
    story.declare(web=bumped, certs=bumped, replaced={"edge-1": "edge-2"})
    for refused in (stack.preview(), stack.up()):
        assert refused.code != 0
        assert "another cluster answers as 'edge-1'" in refused.text, refused.text
    assert guests.deployments() == {"edge-1": BOTH, "edge-2": BOTH}, "nothing is taken for gone"
    story.declare(web=bumped, certs=bumped)
    story.is_unchanged()
    # A destroy waits for the network to come back, for as long as the last run was told to.
    stack.run("config", "set", "computenest:noAnswerS", "15").succeeded()
    story.declare(web=bumped, certs=bumped, **bare)
    assert "edge-2/web: uninstall" in stack.preview().succeeded().text
    stack.up().succeeded()
    assert guests.deployments() == {"edge-1": BOTH, "edge-2": BOTH[:1]}
    with standing_still(guests.clusters["edge-1"]):
        assert "edge-1" in stack.destroy().text
    assert guests.deployments()["edge-1"] != [], "it was out of reach"
    stack.destroy().succeeded()
    assert guests.deployments() == {"edge-1": [], "edge-2": []}
    assert kubectl.objects("deployment") == {}


def one_stands_still(story: Story, bumped: Path) -> None:
    """The first edge: each run says so soon, though operations bear silence for 300 s, and changes the others."""
    stack = story.stack
    story.declare(labels={"edge_1": {"tier": "core"}})
    said = stack.up().succeeded().text
    assert "web stays on edge-1, which its labels do not mean" in said, said
    story.declare(web=bumped)
    said = stack.preview().text
    assert "edge-1: cannot tell what is on the cluster" in said, said
    assert "edge-2/web: upgrade 1.0.0 -> 1.1.0" in said, said
    assert max(gave_up(said)) < WITHIN_S, said
    failed = stack.up()
    assert failed.code != 0
    assert "edge-1" in failed.text
    assert max(gave_up(failed.text)) < WITHIN_S, failed.text
    rollout = stack.resources()["shop"]["outputs"]["rollout"]
    assert rollout == {"console": "1.0.0", "edge-1/web": "1.0.0", "edge-2/web": "1.1.0"}
    story.declare(web=bumped, certs=bumped)
    said = stack.preview().text
    assert "certs: upgrade 1.0.0 -> 1.1.0" in said, said
    failed = stack.up()
    assert failed.code != 0
    assert max(gave_up(failed.text)) < WITHIN_S, failed.text
    assert len(gave_up(failed.text)) == len(re.findall(r"did not answer within", failed.text)), failed.text
    certs = {name: stack.resources()[f"certs-{name}"]["outputs"]["version"] for name in story.guests.clusters}
    assert certs == {"edge-1": "1.0.0", "edge-2": "1.1.0"}


def test_the_next_up_ends_what_a_kill_left_on_three_clusters(story: Story, kubectl: Kubectl) -> None:
    """Killed while helms run on the further clusters: none is left, and nothing is there twice."""
    stack, guests = story.stack, story.guests  # noqa: F811
    story.declare()
    with stack.start("up", "--yes", "--skip-preview", is_struck=True) as run:
        until(lambda: guests.deployments()["edge-1"] != [], run)
        end(*servers(run.pid))
        end(run.pid)
        run.communicate(timeout=300)
    assert run.returncode != 0, "it was struck while it worked"
    clear_up(stack)
    stack.up().succeeded()
    assert guests.deployments() == {"edge-1": BOTH, "edge-2": BOTH}
    assert helms_of(kubectl.namespace) == []
    story.is_unchanged()
    with soon():
        assert kubectl.objects("deployment") != {}
    stack.destroy().succeeded()
    assert guests.deployments() == {"edge-1": [], "edge-2": []}


def _made(clusters: list[dict[str, Any]], paths: dict[str, str], more: dict[str, Any]) -> dict[str, Any]:
    chart = {name: source({"kind": "folder", "path": path}) for name, path in paths.items()}
    edge = new("ClusterSelector", match_labels={"tier": "edge"})
    web = {"chart": chart["web"], "needs": ["console"], "cluster_selector": edge}
    components = [new("Component", name="console", chart=chart["console"]), new("Component", name="web", **web)]
    main, *others = [its(one["name"], in_yaml="access") for one in clusters]
    made = {one["name"]: resource("Cluster", **one) for one in clusters}
    for one in others:
        certs = {"name": "certs", "namespace": more["namespace"], "chart": chart["certs"], "cluster": one}
        made[f"certs-{one['of']}"] = resource("ClusterComponent", **certs)
    made["service"] = resource("CloudService", name="shop", components=components)
    service = its("service", in_yaml="definition")
    made["shop"] = resource("CloudServiceDeployment", cluster=main, clusters=others, service=service, **more)
    return made
