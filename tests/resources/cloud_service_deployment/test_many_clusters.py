"""A deployment on many clusters, in memory: where components go, what a failure leaves, and what is forgotten. The laws
of every type run over it too (`subject.CASES`); tests/kubernetes has it on real ones."""

from __future__ import annotations

from typing import Any

import pytest

from computenest.kernel.errors import Permanent
from computenest.kernel.outcome import INCOMPLETE
from computenest.kernel.unknown import UNKNOWN
from computenest.serve.lifecycles import served
from lifecycle.driver import Failed
from lifecycle.lives import LIVES
from resources.cloud_service_deployment.subject import CloudServiceDeploymentSubject, ManyClustersSubject
from resources.cloud_service_deployment.test_cloud_service_deployment import checked

EVERYWHERE = ["main/shop/shop-db", "one/shop/shop-web", "two/shop/shop-web"]


@pytest.fixture
def subject() -> ManyClustersSubject:
    return ManyClustersSubject()


@pytest.fixture(params=sorted(LIVES))
def life(request: pytest.FixtureRequest, subject: ManyClustersSubject) -> Any:
    return LIVES[request.param](subject)


def labelled(news: dict[str, Any], **labels: dict[str, str]) -> dict[str, Any]:
    """With other labels for some of its clusters."""
    found = [{**one, "labels": labels.get(one["name"], one["labels"])} for one in news["clusters"]]
    return {**news, "clusters": found}


def asked(subject: ManyClustersSubject, life: Any, news: dict[str, Any]) -> Any:
    return subject.run(served(subject.lifecycle()).check(life.inputs, news))


def test_each_cluster_has_what_its_labels_say_and_values_of_its_own(subject: ManyClustersSubject, life: Any) -> None:
    life.up(subject.news(1))
    assert subject.leftovers() == EVERYWHERE
    assert life.state["rollout"] == {"db": "1", "one/web": "1", "two/web": "1"}
    assert life.state["uids"] == {"one": "uid-one", "two": "uid-two"}
    values = {name: subject.clusters.clusters[name].releases["shop/shop-web"][-1].values for name in ("one", "two")}
    assert values == {"one": {"size": 1}, "two": {"size": 1, "extra": 1}}
    assert life.up(subject.news(1)) == "same"


def test_a_label_that_goes_takes_the_release_with_it_and_one_that_comes_brings_it(
    subject: ManyClustersSubject, life: Any
) -> None:
    news = labelled(subject.news(1), two={})
    life.up(news)
    assert subject.leftovers() == EVERYWHERE[:2]
    seen = asked(subject, life, subject.news(1))
    assert seen.notes == ("two/web: install 1",)
    life.up(subject.news(1))
    assert subject.leftovers() == EVERYWHERE
    assert asked(subject, life, news).notes == ("two/web: uninstall",)
    life.up(news)
    assert subject.leftovers() == EVERYWHERE[:2]
    assert life.up(news) == "same"


def test_a_selector_that_nobody_matches_is_said(subject: ManyClustersSubject, life: Any) -> None:
    seen = asked(subject, life, labelled(subject.news(1), one={}, two={"tier": "core"}))
    (said,) = (one for one in seen.warnings if "no cluster" in one)
    assert "web is on no cluster: none has the labels tier=edge" in said
    assert "two has tier=core" in said
    assert seen.inputs["rollout"] == {"db": "1"}


def test_a_cluster_that_does_not_answer_leaves_the_others(subject: ManyClustersSubject, life: Any) -> None:
    life.up(subject.news(1))
    subject.clusters.silent.add("one")
    seen = asked(subject, life, subject.news(1))
    assert [one.partition(":")[0] for one in seen.warnings] == ["one"]
    assert "cannot tell what is on the cluster, nothing will be done there" in seen.warnings[0]
    assert life.up(subject.news(1)) == "same", "nothing new is wanted"
    with pytest.raises(Failed, match=r"one: .*did not answer"):
        life.up(subject.news(2))
    assert life.state["status"] == INCOMPLETE
    assert life.state["rollout"] == {"db": "1", "one/web": "1", "two/web": "2"}
    assert subject.leftovers() == EVERYWHERE
    subject.clusters.silent.clear()
    life.up(subject.news(2))
    assert life.state["rollout"] == {"db": "1", "one/web": "2", "two/web": "2"}
    assert life.up(subject.news(2)) == "same"


def test_a_cluster_that_does_not_answer_keeps_what_its_labels_do_not_mean(
    subject: ManyClustersSubject, life: Any
) -> None:
    life.up(subject.news(1))
    subject.clusters.silent.add("one")
    news = labelled(subject.news(1), one={})
    assert any("web stays on one, which its labels do not mean" in one for one in asked(subject, life, news).warnings)
    life.up(news)
    assert life.state["rollout"]["one/web"] == "1"
    subject.clusters.silent.clear()
    life.up(news)
    assert subject.leftovers() == ["main/shop/shop-db", "two/shop/shop-web"]


def test_a_cluster_that_leaves_the_program_loses_its_releases_once_it_answers(
    subject: ManyClustersSubject, life: Any
) -> None:
    life.up(subject.news(1))
    news = subject.news(2)
    without = {**news, "clusters": news["clusters"][1:]}
    subject.clusters.silent.add("one")
    with pytest.raises(Failed, match=r"one: .*did not answer"):
        life.up(without)
    assert [one["name"] for one in life.state["leaving"]] == ["one"], "how it is reached is not lost"
    subject.clusters.silent.clear()
    life.up(without)
    assert subject.leftovers() == ["main/shop/shop-db", "two/shop/shop-web"]
    assert "leaving" not in life.state or life.state["leaving"] == []
    assert life.up(without) == "same"


def test_a_destroy_keeps_only_the_cluster_that_does_not_answer_and_abandon_forgets_it(
    subject: ManyClustersSubject, life: Any
) -> None:
    news = subject.news(1)
    life.up(news)
    subject.clusters.silent.add("one")
    with pytest.raises(Failed, match=r"on one: .*`abandon` with their names"):
        life.destroy()
    assert subject.leftovers() == ["one/shop/shop-web"]
    subject.clusters.asked.clear()
    life.up({**news, "abandon": ["one"]})
    assert "one" not in subject.clusters.asked, "nobody asks it"
    assert any("one is abandoned" in said for said in subject.screen.warnings)
    assert life.state["rollout"] == {"db": "1", "two/web": "1"}
    life.destroy()
    assert subject.leftovers() == ["one/shop/shop-web"]


def test_another_cluster_under_the_same_name_is_refused_and_nothing_is_changed(
    subject: ManyClustersSubject, life: Any
) -> None:
    life.up(subject.news(1))
    subject.clusters.clusters["two"].uid = "uid-else"
    (failure,) = asked(subject, life, subject.news(2)).failures
    assert failure.path == "clusters[1]"
    assert "another cluster answers as 'two'" in failure.reason
    with pytest.raises(Failed, match="another cluster answers as 'two'"):
        life.up(subject.news(2))
    assert life.state["rollout"] == {"db": "1", "one/web": "1", "two/web": "1"}


class Failing:
    """Helm brings nothing to some clusters."""

    def __init__(self, subject: ManyClustersSubject, *names: str) -> None:
        self.brought: list[str] = []
        for name, one in subject.clusters.clusters.items():
            one.upgrade = self._upgrade(name, one.upgrade, fails=name in names)  # type: ignore[method-assign]

    def _upgrade(self, name: str, upgrade: Any, *, fails: bool) -> Any:
        async def call(*given: Any, **more: Any) -> None:
            self.brought.append(name)
            if fails:
                raise Permanent("helm says no")
            await upgrade(*given, **more)

        return call


def test_the_failure_of_one_cluster_leaves_the_others(subject: ManyClustersSubject, life: Any) -> None:
    Failing(subject, "one")
    with pytest.raises(Failed, match="helm says no"):
        life.up(subject.news(1))
    assert life.state["rollout"] == {"db": "1", "two/web": "1"}
    assert life.state["reasons"] == {"one": "helm says no"}


def test_waves_go_one_after_the_other_and_stop_at_a_share_of_failures(subject: ManyClustersSubject, life: Any) -> None:
    news = labelled(subject.news(1), one={"tier": "edge", "ring": "2"}, two={"tier": "edge", "ring": "1"})
    failing = Failing(subject, "two")
    with pytest.raises(Failed, match=r"1 of 3 clusters failed, more than max_failures_percent \(10\); not begun: one"):
        life.up({**news, "waveLabel": "ring", "maxFailuresPercent": 10})
    assert failing.brought == ["main", "two"]
    assert life.state["rollout"] == {"db": "1"}


def test_who_needs_a_component_of_the_main_cluster_waits_for_it(subject: ManyClustersSubject, life: Any) -> None:
    failing = Failing(subject, "main")
    with pytest.raises(Failed, match="db is not as wanted on main, and is needed on one"):
        life.up(subject.news(1))
    assert failing.brought == ["main"]


def test_only_so_many_clusters_are_worked_on_at_once() -> None:
    assert most_at_once(1) == 1
    assert most_at_once(2) == 2


def most_at_once(number: int) -> int:
    subject = ManyClustersSubject()
    under_way: set[str] = set()
    most = 0
    for name, one in subject.clusters.clusters.items():

        async def upgrade(*given: Any, own: str = name, inner: Any = one.upgrade, **more: Any) -> None:
            nonlocal most
            under_way.add(own)
            most = max(most, len(under_way))
            await inner(*given, **more)
            under_way.discard(own)

        one.upgrade = upgrade  # type: ignore[method-assign]
    LIVES["plugin"](subject).up({**subject.news(1), "maxClustersAtOnce": number})
    return most


def test_a_deployment_of_one_cluster_grows_to_many_without_touching_what_is_there(life: Any) -> None:
    subject: ManyClustersSubject = life.subject
    many = subject.news(1)
    web, database = many["service"]["components"]
    alone = {key: value for key, value in many.items() if key not in ("clusters", "perCluster")}
    alone["service"] = {**many["service"], "components": [database]}
    life.up(alone)
    revision = subject.clusters.clusters["main"].releases["shop/shop-db"]
    assert asked(subject, life, many).notes == ("one/web: install 1", "two/web: install 1")
    life.up(many)
    assert subject.clusters.clusters["main"].releases["shop/shop-db"] == revision
    life.up(alone)
    assert subject.leftovers() == ["main/shop/shop-db"]
    del web


@pytest.mark.parametrize(
    ("more", "path", "said"),
    [
        ({"clusters": [{"name": "main"}]}, "clusters[0].name", "cluster is named 'main' too"),
        ({"clusters": [{"name": "a"}, {"name": "a"}]}, "clusters[1].name", "clusters[0] is named 'a' too"),
        ({"clusters": [{"name": "a/b"}]}, "clusters[0].name", "cannot be a cluster's name"),
        ({"clusters": [{"name": "a", "labels": {"b c": "d"}}]}, "clusters[0].labels['b c']", "no key of a label"),
        ({"perCluster": {"mian": {}}}, "perCluster.mian", "did you mean 'main'?"),
        ({"perCluster": {"main": {"wbe": {}}}}, "perCluster.main.wbe", "did you mean 'web'?"),
        ({"perCluster": {"main": {"web": 3}}}, "perCluster.main.web", "are a map"),
        ({"perCluster": {"main": 3}}, "perCluster.main", "a map of components"),
        ({"maxClustersAtOnce": 0}, "maxClustersAtOnce", "at least one"),
        ({"maxFailuresPercent": 101}, "maxFailuresPercent", "0 (the first failure stops) to 100"),
        ({"abandon": ["main"]}, "abandon[0]", "pulumi state delete"),
    ],
)
def test_a_bad_input_is_refused_at_its_path(more: dict[str, Any], path: str, said: str) -> None:
    failures = checked(**more).failures
    assert [(one.path, said in one.reason) for one in failures] == [(path, True)], failures


@pytest.mark.parametrize("unknown", [{"clusters": UNKNOWN}, {"clusters": [{"name": "one", "labels": UNKNOWN}]}])
def test_where_components_go_is_not_guessed(subject: ManyClustersSubject, unknown: dict[str, Any]) -> None:
    seen = subject.run(served(subject.lifecycle()).check({}, {**subject.news(1), "perCluster": {}, **unknown}))
    assert seen.failures == ()
    assert seen.inputs["rollout"] is UNKNOWN
    assert any("where components go is not known" in one for one in seen.warnings)


def test_one_cluster_is_asked_as_before(life: Any) -> None:
    """The subject of one cluster has no keys of clusters in its state."""
    alone = CloudServiceDeploymentSubject()
    one = LIVES["dynamic"](alone)
    one.up(alone.news(1))
    assert {"clusters", "uids", "leaving"} & one.state.keys() == set()
    del life
