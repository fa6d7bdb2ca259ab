"""A deployment on the clusters of a hub, in memory: which it goes to, whose labels are whose, and what is kept.
The laws of every type run over it too (`subject.CASES`); tests/kubernetes/test_hub.py has it on real ones."""

from __future__ import annotations

from typing import Any

import pytest

from computenest.kernel.errors import Meaning, Transient
from computenest.kernel.outcome import INCOMPLETE
from computenest.kernel.unknown import UNKNOWN
from computenest.serve.lifecycles import served
from lifecycle.driver import Failed
from lifecycle.lives import LIVES
from resources.cloud_service_deployment.subject import HubSubject
from resources.cloud_service_deployment.test_many_clusters import asked
from resources.on_hub import OnHub

EVERYWHERE = ["main/shop/shop-db", "one/shop/shop-web", "one:tier", "two/shop/shop-web"]


@pytest.fixture
def subject() -> HubSubject:
    return HubSubject()


@pytest.fixture(params=sorted(LIVES))
def life(request: pytest.FixtureRequest, subject: HubSubject) -> Any:
    return LIVES[request.param](subject)


def without_labels(news: dict[str, Any]) -> dict[str, Any]:
    return {**news, "clusters": [{**one, "labels": {}} for one in news["clusters"]]}


def test_labels_of_the_hub_decide_and_the_deployments_own_are_set_there(subject: HubSubject, life: Any) -> None:
    seen = asked(subject, life, subject.news(1))
    assert seen.failures == ()
    assert seen.notes == (
        "labels of one: +tier=edge (gains web)",
        "db: install 1",
        "one/web: install 1",
        "two/web: install 1",
    )
    assert seen.inputs["clusterLabels"] == {"one/tier": "edge"}
    assert subject.hub["one"].labels == {}, "a preview writes nothing"
    life.up(subject.news(1))
    assert subject.leftovers() == EVERYWHERE
    assert life.state["clusterLabels"] == {"one/tier": "edge"}
    assert life.state["uids"] == {"one": "uid-one", "two": "uid-two"}
    assert [one["name"] for one in life.state["clusters"]] == ["one"], "the state lists what the program lists"
    assert life.state["clusters"][0]["labels"] == {"tier": "edge"}
    assert "kubeconfig of two" in subject.faults.trace
    assert "kubeconfig of three" not in subject.faults.trace, "nobody is asked who gets nothing"
    assert life.up(subject.news(1)) == "same"
    subject.faults.trace.clear()
    life.up(subject.news(2))
    assert "label" not in subject.faults.trace, "it is there"
    life.destroy()
    assert subject.leftovers() == []
    assert subject.hub["two"].labels == {"tier": "edge"}, "it was a person's"


def test_a_label_that_the_program_takes_out_takes_the_component_with_it(subject: HubSubject, life: Any) -> None:
    life.up(subject.news(1))
    news = without_labels(subject.news(1))
    assert asked(subject, life, news).notes == ("labels of one: -tier (loses web)", "one/web: uninstall")
    life.up(news)
    assert subject.leftovers() == ["main/shop/shop-db", "two/shop/shop-web"]
    assert subject.hub["one"].labels == {}
    assert life.up(news) == "same"


def test_a_person_moves_components_by_labels_of_the_hub(subject: HubSubject, life: Any) -> None:
    life.up(subject.news(1))
    subject.hub["two"].set("tier", "core")
    assert asked(subject, life, subject.news(1)).notes == ("two/web: uninstall",)
    life.up(subject.news(1))
    assert subject.leftovers() == EVERYWHERE[:3]
    subject.hub["two"].set("tier", "edge")
    life.up(subject.news(1))
    assert subject.leftovers() == EVERYWHERE


def test_what_somebody_has_set_otherwise_stays_and_is_said_before_anything_changes(
    subject: HubSubject, life: Any
) -> None:
    life.up(subject.news(1))
    subject.hub["one"].set("tier", "core")
    (failure,) = asked(subject, life, subject.news(1)).failures
    assert failure.path == "clusters[0].labels"
    assert "tier of one is 'core' by a person" in failure.reason
    with pytest.raises(Failed, match="tier of one is 'core' by a person"):
        life.up(subject.news(2))
    assert life.state["rollout"] == {"db": "1", "one/web": "1", "two/web": "1"}
    life.up({**subject.news(2), "conflicts": "force"})
    assert subject.hub["one"].labels == {"tier": "edge"}
    subject.hub["one"].set("tier", "core")
    life.destroy()
    assert subject.hub["one"].labels == {"tier": "core"}, "it was changed since"


def test_a_label_that_somebody_takes_away_is_set_again(subject: HubSubject, life: Any) -> None:
    life.up(subject.news(1))
    subject.hub["one"].set("tier", None)
    seen = asked(subject, life, subject.news(1))
    assert seen.inputs["drifted"] == {"labels of one": "+tier=edge (gains web)"}
    assert life.up(subject.news(1)) == "update"
    assert subject.hub["one"].labels == {"tier": "edge"}
    assert life.up(subject.news(1)) == "same"


def test_two_deployments_that_set_the_same_label_leave_it_to_the_other(subject: HubSubject, life: Any) -> None:
    life.up(subject.news(1))
    subject.hub["one"] = subject.hub["one"].apply({"tier": "edge"}, "computenest-o-2", takes=False)
    life.destroy()
    assert subject.hub["one"].labels == {"tier": "edge"}
    assert subject.hub["one"].owners == {"tier": {"computenest-o-2"}}


def test_a_cluster_that_is_not_accepted_keeps_what_it_has(subject: HubSubject, life: Any) -> None:
    subject.hub["two"].is_accepted = False
    seen = asked(subject, life, subject.news(1))
    assert "web does not go to two yet: its hub has not accepted it" in seen.warnings
    life.up(subject.news(1))
    assert subject.leftovers() == EVERYWHERE[:3]
    subject.hub["two"].is_accepted, subject.hub["one"].is_accepted = True, False
    assert asked(subject, life, subject.news(2)).notes == ("db: reconfigure 1 (1 value)", "two/web: install 2")
    life.up(subject.news(2))
    assert life.state["rollout"] == {"db": "1", "one/web": "1", "two/web": "2"}
    assert life.state["status"] == "Deployed"
    assert life.up(subject.news(2)) == "same"
    life.up(without_labels(subject.news(2)))
    assert "one/shop/shop-web" in subject.leftovers(), "whatever its labels say"
    subject.hub["one"].is_accepted = True
    life.up(without_labels(subject.news(2)))
    assert "one/shop/shop-web" not in subject.leftovers()


def test_secrets_are_read_only_where_the_program_names_them(subject: HubSubject, life: Any) -> None:
    news = {**subject.news(1), "hub": {}}
    seen = asked(subject, life, news)
    assert any(
        "web does not go to two yet: the program says nothing of how it is reached" in one for one in seen.warnings
    )
    life.up(news)
    assert subject.leftovers() == EVERYWHERE[:3]
    assert not any("kubeconfig of" in one for one in subject.faults.trace)
    life.up(subject.news(1))
    assert subject.leftovers() == EVERYWHERE
    life.up({**subject.news(2), "hub": {}})
    assert life.state["rollout"] == {"db": "1", "one/web": "2", "two/web": "1"}, "nobody takes anything from it"


def test_a_secret_that_is_missing_is_a_sentence_and_nothing_changes(subject: HubSubject, life: Any) -> None:
    subject.hub["three"].set("tier", "edge")
    (failure,) = asked(subject, life, subject.news(1)).failures
    assert failure.path == "hub.kubeconfigSecrets"
    assert "on three: the Secret three/computenest-kubeconfig of the hub is not there" in failure.reason
    with pytest.raises(Failed, match="three/computenest-kubeconfig"):
        life.up(subject.news(1))
    assert subject.leftovers() == []
    life.up({**subject.news(1), "abandon": ["three"]})
    assert subject.leftovers() == EVERYWHERE


def test_a_cluster_that_leaves_the_hub_loses_what_is_there(subject: HubSubject, life: Any) -> None:
    life.up(subject.news(1))
    subject.hub["two"].is_leaving = True
    assert asked(subject, life, subject.news(1)).notes == ("two/web: uninstall",)
    life.up(subject.news(1))
    assert subject.leftovers() == EVERYWHERE[:3]


def test_one_that_has_left_and_cannot_be_reached_is_named_until_it_is_abandoned(subject: HubSubject, life: Any) -> None:
    life.up(subject.news(1))
    del subject.hub["two"]
    (failure,) = asked(subject, life, subject.news(1)).failures
    assert "two/computenest-kubeconfig of the hub is not there" in failure.reason
    life.up({**subject.news(1), "abandon": ["two"]})
    assert life.state["rollout"] == {"db": "1", "one/web": "1"}
    assert "two/shop/shop-web" in subject.leftovers(), "what is there stays"


def test_a_cluster_of_the_program_that_the_hub_does_not_know_is_refused(subject: HubSubject, life: Any) -> None:
    subject.hub["onne"] = subject.hub.pop("one")
    (failure,) = asked(subject, life, {**subject.news(1), "perCluster": {}}).failures
    assert failure.path == "clusters[0].name"
    assert "the hub has no ManagedCluster 'one'" in failure.reason
    assert "did you mean 'onne'?" in failure.reason
    seen = asked(subject, life, {**subject.news(1), "clusters": [], "perCluster": {"twoo": {}}})
    assert "perCluster.twoo: the hub has no ManagedCluster 'twoo'; did you mean 'two'?" in seen.warnings


def test_a_main_cluster_that_is_no_hub_is_said(subject: HubSubject, life: Any) -> None:
    subject.clusters.clusters["main"].managed = None
    (failure,) = asked(subject, life, subject.news(1)).failures
    assert (failure.path, "no hub" in failure.reason) == ("hub", True)
    assert subject.leftovers() == []


def test_the_hubs_own_cluster_is_the_main_one(subject: HubSubject, life: Any) -> None:
    subject.hub["local-cluster"] = OnHub(labels={"local-cluster": "true", "tier": "edge"}, kubeconfig=None)
    life.up(subject.news(1))
    assert "main/shop/shop-web" in subject.leftovers()
    assert life.state["rollout"]["web"] == "1"
    given = {**subject.news(1)["cluster"], "labels": {"ring": "1"}}
    life.up({**subject.news(1), "cluster": given})
    assert subject.hub["local-cluster"].labels == {"local-cluster": "true", "tier": "edge", "ring": "1"}
    assert life.state["clusterLabels"] == {"local-cluster/ring": "1", "one/tier": "edge"}
    assert life.up({**subject.news(1), "cluster": given}) == "same"


def test_a_hub_that_does_not_answer_changes_nothing(subject: HubSubject, life: Any) -> None:
    life.up(subject.news(1))
    subject.clusters.silent.add("main")
    seen = asked(subject, life, subject.news(1))
    assert seen.failures == ()
    assert seen.notes == ()
    assert life.up(subject.news(1)) == "same"
    with pytest.raises(Failed, match="did not answer"):
        life.up(subject.news(2))
    with pytest.raises(Failed, match="did not answer"):
        life.destroy()
    assert life.state != {}
    subject.clusters.silent.clear()
    life.destroy()
    assert subject.leftovers() == []


def test_a_program_without_a_hub_again_takes_the_labels_back(subject: HubSubject, life: Any) -> None:
    life.up(subject.news(1))
    news = {key: value for key, value in subject.news(1).items() if key not in ("hub", "perCluster")}
    seen = asked(subject, life, news)
    assert seen.failures == ()
    assert seen.notes == ("labels of one: -tier", "two/web: uninstall")
    life.up(news)
    assert subject.leftovers() == ["main/shop/shop-db", "one/shop/shop-web"], "its own labels decide"
    assert "hub" not in life.state
    assert life.up(news) == "same"


def test_labels_that_are_not_known_yet_are_not_guessed(subject: HubSubject) -> None:
    news = subject.news(1)
    unknown = {**news, "clusters": [{**news["clusters"][0], "labels": {"tier": UNKNOWN}}]}
    seen = subject.run(served(subject.lifecycle()).check({}, unknown))
    assert seen.failures == ()
    assert seen.inputs["rollout"] is UNKNOWN
    assert seen.inputs["clusterLabels"] == {"one/tier": UNKNOWN}


def test_a_label_that_cannot_be_set_is_an_incomplete_state(subject: HubSubject, life: Any) -> None:
    main = subject.cluster
    patch: Any = main.patch

    async def fails(*given: Any, is_dry: bool = False, **more: Any) -> Any:
        if is_dry:
            return await patch(*given, is_dry=is_dry, **more)
        raise Transient("no answer", meaning=Meaning.UNANSWERED)

    main.patch = fails
    with pytest.raises(Failed, match="no answer"):
        life.up(subject.news(1))
    assert life.state["status"] == INCOMPLETE
    main.patch = patch
    life.up(subject.news(1))
    assert subject.leftovers() == EVERYWHERE
