"""What is special about `CloudServiceDeployment`; the laws of every type run over `subject.CASES` (tests/lifecycle)."""

from __future__ import annotations

from typing import Any

import pytest

from computenest.kernel.errors import Transient
from computenest.kernel.outcome import INCOMPLETE
from computenest.kernel.plan import Failed
from computenest.kernel.unknown import UNKNOWN
from computenest.resources._components.deploying import Bring, Place, Release, Remove, next_step
from computenest.resources._components.plan import Declared
from computenest.resources._components.ports import Looked
from computenest.resources.cloud_service.lifecycle import CloudServiceLifecycle
from computenest.resources.cloud_service_deployment.check import check, wanted_releases
from computenest.resources.cloud_service_deployment.declaration import Arguments
from computenest.resources.cloud_service_deployment.diff import diff
from computenest.resources.cloud_service_deployment.lifecycle import CloudServiceDeploymentLifecycle
from computenest.resources.cloud_service_deployment.model import State
from computenest.serve.lifecycles import served
from lifecycle.cores import core_of
from lifecycle.driver import Failed as FailedRun
from lifecycle.lives import LIVES
from resources.cloud_service_deployment.subject import CloudServiceDeploymentSubject

WEB: dict[str, Any] = {"name": "web", "chart": {"kind": "folder", "path": "/charts/web-1"}}
DB: dict[str, Any] = {"name": "db", "chart": {"kind": "folder", "path": "/charts/db-1"}}
GIVEN: dict[str, Any] = {"ownerId": "o-1", "logicalName": "shop", "cluster": {"name": "main"}}


def service(*components: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "shop", "components": list(components), **more}


def checked(*components: dict[str, Any], **more: Any) -> Any:
    given = {**GIVEN, "service": service(*components or (WEB,)), **more}
    return check(None, Arguments.model_validate(given), replaced=None)


@pytest.mark.parametrize(
    ("components", "more", "path", "said"),
    [
        ((WEB, WEB), {}, "service.components[1].name", "'web' too"),
        (({**WEB, "name": "Web"},), {}, "service.components[0].name", "a-z, 0-9"),
        (({**WEB, "needs": ["wep"]},), {}, "service.components[0].needs[0]", "did you mean 'web'?"),
        (({**WEB, "needs": ["db"]}, {**DB, "needs": ["web"]}), {}, "service.components", "web needs db needs web"),
        ((WEB, {**DB, "release": "shop-web"}), {}, "service.components[1].release", "has the same release shop-web"),
        (({**WEB, "release": "w" * 54},), {}, "service.components[0].release", "1 to 53"),
        (({**WEB, "name": "w" * 60},), {}, "service.components[0].release", "longer than 53"),
        ((WEB,), {"configuration": {"wbe": {}}}, "configuration.wbe", "did you mean 'web'?"),
        ((WEB,), {"configuration": {"web": 3}}, "configuration.web", "are a map"),
        ((WEB,), {"namespace": "a_b"}, "namespace", "a-z, 0-9"),
        ((WEB,), {"labels": {"computenest.aliyun.com/x": "y"}}, "labels['computenest.aliyun.com/x']", "ours"),
        ((WEB,), {"labels": {"team": "a b"}}, "labels['team']", "no value of a label"),
        ((WEB,), {"history": 0}, "history", "1 to 100"),
    ],
)
def test_a_bad_input_is_refused_at_its_path(
    components: tuple[dict[str, Any], ...], more: dict[str, Any], path: str, said: str
) -> None:
    failures = checked(*components, **more).failures
    assert [(one.path, said in one.reason) for one in failures] == [(path, True)], failures


def test_what_is_not_known_yet_is_not_guessed() -> None:
    for more in ({"cluster": UNKNOWN}, {"service": UNKNOWN}, {"configuration": UNKNOWN}, {"namespace": UNKNOWN}):
        assert checked(**more).failures == ()
    (web,) = wanted_releases(checked({**WEB, "values": {"a": UNKNOWN}}).inputs)
    assert web.values == {"a": UNKNOWN}
    (web,) = wanted_releases(checked(configuration=UNKNOWN).inputs)
    assert web.values is UNKNOWN
    assert wanted_releases(checked({**WEB, "chart": UNKNOWN}).inputs) == ()


def test_components_come_after_what_they_need_and_their_configuration_goes_over_the_definition() -> None:
    given = {**WEB, "needs": ["db"], "values": {"a": {"b": 1, "c": 2}}}
    db, web = wanted_releases(checked(given, DB, configuration={"web": {"a": {"c": 3}}}).inputs)
    assert (db.release, web.release, web.namespace) == ("shop-db", "shop-web", "shop")
    assert web.values == {"a": {"b": 1, "c": 3}}
    assert web.policy.labels == {
        "computenest.aliyun.com/component": "web",
        "computenest.aliyun.com/service": "shop",
    }


def test_fewer_revisions_are_kept_where_a_value_is_secret() -> None:
    assert checked().inputs.history == 10
    assert checked(concealed=("web.password",)).inputs.history == 3
    assert checked(concealed=("web.password",), history=7).inputs.history == 7


def test_another_cluster_replaces_and_other_credentials_do_not() -> None:
    state = State.made(checked().inputs, uid="uid-1", status="Deployed")
    same = checked().inputs.made(checked().inputs, uid="uid-1")
    assert diff(state, same).changes == ()
    assert diff(State.made(state, status=INCOMPLETE), same).changes == ("status",)
    others = checked(cluster={"name": "main", "context": "other"}).inputs
    assert (diff(state, others).changes, diff(state, others).replaces) == (("cluster",), ())
    renamed = checked(cluster={"name": "two"}).inputs
    assert diff(state, renamed.made(renamed, uid="uid-1")).replaces == ()
    assert diff(state, renamed.made(renamed, uid="uid-2")).replaces == ("cluster",)
    assert diff(state, renamed.made(renamed, uid=UNKNOWN)).replaces == ("cluster",)


def test_a_step_follows_from_what_is_seen() -> None:
    wishes = wanted_releases(checked({**WEB, "needs": ["db"]}, DB).inputs)
    missing = [Release(one, _declared(one), Looked(())) for one in wishes]
    nothing: dict[str, str] = {}
    assert next_step(missing, (), done=frozenset(), failed=nothing) == Bring("db")
    assert next_step(missing, (), done=frozenset({"db"}), failed=nothing) == Bring("web")
    gone = (Place("shop/shop-old"),)
    assert next_step(missing, gone, done=frozenset({"db", "web"}), failed=nothing) == Remove(Place("shop/shop-old"))
    assert next_step(missing, (), done=frozenset(), failed={"db": "no"}) == Failed("no"), "web needs it"


def _declared(wish: Any) -> Any:
    return Declared(
        release=wish.release,
        namespace=wish.namespace,
        chart="web",
        version="1",
        chart_digest="",
        values={},
        owner=wish.owner,
    )


@pytest.mark.parametrize("transport", LIVES)
def test_another_cluster_under_the_same_name_is_refused_by_every_verb(transport: str) -> None:
    subject = CloudServiceDeploymentSubject()
    life = LIVES[transport](subject)
    life.up(subject.news(1))
    before = dict(subject.cluster.releases)
    subject.cluster.uid = "uid-2"
    for verb in (lambda: life.up(subject.news(1)), lambda: life.up(subject.news(2)), life.refresh, life.destroy):
        with pytest.raises(FailedRun, match=r"another cluster answers as 'main'.*Nothing was changed"):
            verb()
    assert subject.cluster.releases == before


@pytest.mark.parametrize("transport", LIVES)
def test_a_component_that_is_not_wanted_any_more_goes(transport: str) -> None:
    subject = CloudServiceDeploymentSubject()
    life = LIVES[transport](subject)
    life.up(subject.news(1))
    assert subject.leftovers() == ["shop/shop-db", "shop/shop-web"]
    news = subject.news(1)
    news["service"] = {**news["service"], "components": [{**news["service"]["components"][1], "release": "data"}]}
    assert life.changes(news) == ["objects", "rollout"]
    assert life.up(news) == "update"
    assert subject.leftovers() == ["shop/data"]
    assert life.up(news) == "same"
    life.destroy()
    assert subject.leftovers() == []


@pytest.mark.parametrize("transport", LIVES)
def test_a_silent_registry_is_a_warning_and_changes_nothing(transport: str) -> None:
    subject = CloudServiceDeploymentSubject()
    life = LIVES[transport](subject)
    life.up(subject.news(1))
    before = dict(subject.cluster.releases)

    async def silent(_wish: Any) -> Declared:
        raise Transient("the registry r.example.com does not answer")

    subject.clusters.charts.seen = silent
    assert life.up(subject.news(1)) == "same"
    checked = subject.run(served(subject.lifecycle()).check(life.inputs, subject.news(1)))
    assert checked.failures == ()
    assert "web is taken for what the last run left" in " ".join(checked.warnings)
    checked = subject.run(served(subject.lifecycle()).check(life.inputs, subject.news(2)))
    assert "a run will not begin before that answers" in " ".join(checked.warnings)
    with pytest.raises(FailedRun, match="does not answer"):
        life.up(subject.news(2))
    assert subject.cluster.releases == before


@pytest.mark.parametrize("is_there", [False, True])
def test_a_service_that_is_unknown_as_a_whole_is_taken_as_this_process_has_seen_it(is_there: bool) -> None:
    subject = CloudServiceDeploymentSubject()
    life = LIVES["plugin"](subject)
    if is_there:
        life.up(subject.news(1))
    core = core_of(subject.screen)
    deployments = served(CloudServiceDeploymentLifecycle(core, subject.desk()))
    news = {**subject.news(1), "service": UNKNOWN}
    seen = subject.run(deployments.check(life.inputs, news))
    assert (seen.inputs["rollout"], seen.notes) == (UNKNOWN, ()), "nobody has seen it"
    components = subject.news(1)["service"]["components"]
    components[0] = {**components[0], "values": {"size": UNKNOWN}}
    given = {"ownerId": "o-2", "logicalName": "shop", "components": components}
    subject.run(served(CloudServiceLifecycle(core)).check({}, given))
    seen = subject.run(deployments.check(life.inputs, news))
    assert seen.inputs["rollout"] == {"web": "1", "db": "1"}
    assert seen.inputs["objects"]["web"] is UNKNOWN
    assert seen.inputs["objects"]["db"] is not UNKNOWN, "the value does not reach it"
    assert seen.notes[0] == "its service is taken for the CloudService 'shop' of this program"
    other = {**given, "ownerId": "o-3", "name": "other"}
    subject.run(served(CloudServiceLifecycle(core)).check({}, other))
    seen = subject.run(deployments.check(life.inputs, news))
    assert (seen.inputs["rollout"] is UNKNOWN) == (not is_there), "which of two is never guessed"
