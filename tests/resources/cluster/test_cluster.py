"""`Cluster`: nothing is made, and another one under its name is refused."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from computenest.kernel.errors import Conflict
from computenest.kernel.unknown import UNKNOWN
from computenest.resources._components.opened import Desk
from computenest.resources.cluster.lifecycle import ClusterLifecycle
from computenest.serve.lifecycles import served
from lifecycle.cores import core_of
from lifecycle.driver import Failed, Screen, _no_lease
from lifecycle.faults import Halting
from lifecycle.lives import LIVES
from lifecycle.virtual import VirtualClock
from resources.cluster.subject import LookedAtSubject
from resources.clusters import ClustersInMemory

GIVEN: dict[str, Any] = {"ownerId": "o-1", "logicalName": "Main", "kubeconfig": "hunter2-text"}


@pytest.fixture
def clusters() -> ClustersInMemory:
    return ClustersInMemory.of(VirtualClock(), Halting(), "main")


@pytest.fixture
def lifecycle(clusters: ClustersInMemory) -> Any:
    screen = Screen()
    return served(ClusterLifecycle(core_of(screen), Desk(clusters, clusters, clusters.main.clock, screen, _no_lease)))


def run(work: Any) -> Any:
    return asyncio.run(work)


def test_a_cluster_is_known_before_it_is_recorded_and_stays_the_same(lifecycle: Any) -> None:
    checked = run(lifecycle.check({}, GIVEN))
    assert checked.failures == ()
    previewed = lifecycle.preview(checked.inputs, {})
    assert previewed["access"] == {"name": "main", "kubeconfig": "hunter2-text"}
    made = run(lifecycle.create(checked.inputs))
    assert made.state["access"] == previewed["access"]
    assert (made.state["uid"], made.state["version"]) == ("uid-main", "v1.37.2")
    again = run(lifecycle.check(checked.inputs, GIVEN))
    assert not lifecycle.diff(made.state, again.inputs).has_changes
    others = run(lifecycle.check(checked.inputs, {**GIVEN, "kubeconfig": "new"}))
    assert lifecycle.diff(made.state, others.inputs).changes == ("kubeconfig",)
    assert run(lifecycle.read(made.id, made.state, owner_id="o-1")).outcome.state == made.state
    renamed = run(lifecycle.check(checked.inputs, {**GIVEN, "name": "two"}))
    assert lifecycle.diff(made.state, renamed.inputs).replaces == ("name",)


def test_another_cluster_under_its_name_is_refused(lifecycle: Any, clusters: ClustersInMemory) -> None:
    inputs = run(lifecycle.check({}, GIVEN)).inputs
    state = run(lifecycle.create(inputs)).state
    clusters.main.uid = "uid-2"
    (failure,) = run(lifecycle.check(inputs, GIVEN)).failures
    assert failure.path == "kubeconfig"
    assert "another cluster answers as 'main'" in failure.reason
    for work in (lifecycle.update(inputs, state), lifecycle.read("o-1", state, owner_id="o-1")):
        with pytest.raises(Conflict, match="another cluster answers"):
            run(work)


def test_what_is_not_known_yet_is_not_asked(lifecycle: Any) -> None:
    checked = run(lifecycle.check({}, {**GIVEN, "kubeconfig": UNKNOWN, "kubernetesVersion": "v1.31.0"}))
    assert checked.failures == ()
    access = lifecycle.preview(checked.inputs, {})["access"]
    assert access == {"name": "main", "kubeconfig": UNKNOWN, "kubernetesVersion": "v1.31.0"}


@pytest.mark.parametrize(
    ("given", "path"),
    [({"name": "A b"}, "name"), ({"kubernetesVersion": "31"}, "kubernetesVersion"), ({"kubeconfig": ""}, "kubeconfig")],
)
def test_a_bad_input_is_refused_at_its_path(lifecycle: Any, given: dict[str, Any], path: str) -> None:
    assert [one.path for one in run(lifecycle.check({}, {**GIVEN, **given})).failures] == [path]


def test_its_kubeconfig_is_a_secret_wherever_it_stands(lifecycle: Any) -> None:
    secret = lifecycle.secrets(frozenset())
    state = run(lifecycle.create(run(lifecycle.check({}, GIVEN)).inputs)).state
    for path in secret:
        *above, last = path
        holder = state
        for key in above:
            holder = holder[key]
        holder[last] = "[secret]"
    assert "hunter2" not in json.dumps(state)


def test_a_label_of_a_cluster_that_does_not_answer_is_recorded_at_once() -> None:
    """Deployments wait for it, and the labels say where they go; whoever goes there looks first which cluster it is."""
    subject = LookedAtSubject()
    clusters = subject.clusters
    clusters.hear("other")
    life = LIVES["plugin"](subject)
    life.up(subject.news(1))
    before = life.state
    clusters.silent.add("web")
    began_s = subject.clock.now_s()
    assert life.up({**subject.news(1), "labels": {"tier": "core"}}) == "update"
    assert subject.clock.now_s() - began_s < 10
    assert life.state["labels"] == life.state["access"]["labels"] == {"tier": "core"}
    assert (life.state["uid"], life.state["version"]) == (before["uid"], before["version"])


@pytest.mark.parametrize("others", [True, False], ids=["others answer", "nobody answers"])
def test_a_new_cluster_that_does_not_answer_is_waited_for_only_where_nobody_does(others: bool) -> None:
    subject = LookedAtSubject()
    subject.clusters.silent.add("web")
    if others:
        subject.clusters.hear("other")
    began_s = subject.clock.now_s()
    with pytest.raises(Failed, match="did not answer"):
        LIVES["plugin"](subject).up(subject.news(1))
    assert (subject.clock.now_s() - began_s < 10) == others
