"""What is special about `ProjectComponent`; the laws of every type run over `subject.CASES` (tests/lifecycle)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from computenest.kernel.unknown import UNKNOWN
from computenest.resources.project_component.check import check, wanted_release
from computenest.resources.project_component.declaration import Arguments
from computenest.resources.project_component.diff import diff
from computenest.resources.project_component.model import State
from computenest.serve.lifecycles import served
from lifecycle.driver import Failed
from lifecycle.lives import LIVES
from resources.project_component.subject import ProjectComponentSubject

GIVEN: dict[str, Any] = {
    "ownerId": "o-1",
    "logicalName": "Web",
    "cluster": {"name": "main"},
    "namespace": "team",
    "chart": {"kind": "folder", "path": "/charts/web-1"},
}


def checked(**more: Any) -> Any:
    return check(None, Arguments.model_validate({**GIVEN, **more}), replaced=None)


@pytest.mark.parametrize(
    ("more", "path", "said"),
    [
        ({"name": "a_b"}, "name", "a-z, 0-9"),
        ({"name": "w" * 54}, "name", "1 to 53"),
        ({"namespace": "A"}, "namespace", "a-z, 0-9"),
        ({"labels": {"computenest.aliyun.com/x": "y"}}, "labels['computenest.aliyun.com/x']", "ours"),
        ({"history": 0}, "history", "1 to 100"),
    ],
)
def test_a_bad_input_is_refused_at_its_path(more: dict[str, Any], path: str, said: str) -> None:
    assert [(one.path, said in one.reason) for one in checked(**more).failures] == [(path, True)]


def test_it_is_one_release_that_stays_in_its_namespace() -> None:
    (wish,) = wanted_release(checked(values={"a": 1}).inputs)
    assert (wish.release, wish.namespace, wish.values, wish.at("chart")) == ("web", "team", {"a": 1}, "chart")
    assert wish.policy.is_confined
    for unknown in ({"name": UNKNOWN}, {"chart": UNKNOWN}, {"namespace": UNKNOWN}):
        assert wanted_release(checked(**unknown).inputs) == ()


def test_another_cluster_namespace_or_name_replaces_and_credentials_do_not() -> None:
    state = State.made(checked().inputs, uid="uid-1", status="Deployed")
    same = checked().inputs.made(checked().inputs, uid="uid-1")
    assert diff(state, same).changes == ()
    for more, replaced in (
        ({"cluster": {"name": "main", "context": "other"}}, ()),
        ({"namespace": "other"}, ("namespace",)),
        ({"name": "other"}, ("name",)),
    ):
        assert diff(state, checked(**more).inputs).replaces == replaced, more
    renamed = checked(cluster={"name": "two"}).inputs
    assert diff(state, renamed.made(renamed, uid="uid-1")).replaces == ()
    assert diff(state, renamed.made(renamed, uid="uid-2")).replaces == ("cluster",)
    assert diff(State.made(state, uid=""), renamed.made(renamed, uid="")).replaces == ("cluster",), "nobody can tell"


@pytest.mark.parametrize("transport", LIVES)
def test_another_cluster_under_the_same_name_is_refused_by_every_verb(transport: str) -> None:
    subject = ProjectComponentSubject()
    life = LIVES[transport](subject)
    life.up(subject.news(1))
    before = dict(subject.cluster.releases)
    subject.cluster.uid = "uid-2"
    for verb in (lambda: life.up(subject.news(2)), life.refresh, life.destroy):
        with pytest.raises(Failed, match="another cluster answers as 'main'"):
            verb()
    assert subject.cluster.releases == before


@pytest.mark.parametrize("transport", LIVES)
def test_a_release_that_went_comes_back(transport: str) -> None:
    subject = ProjectComponentSubject()
    life = LIVES[transport](subject)
    life.up(subject.news(1))
    assert subject.leftovers() == ["team/web"]
    subject.cluster.releases.clear()
    assert life.up(subject.news(1)) == "update"
    assert subject.leftovers() == ["team/web"]
    assert life.up(subject.news(1)) == "same"


def stranger(subject: ProjectComponentSubject) -> None:
    """Makes the release of a subject that of somebody without labels."""
    ((where, (*_, last)),) = subject.cluster.releases.items()
    subject.cluster.releases[where] = (replace(last, labels={}),)


def read(subject: ProjectComponentSubject, id_: str) -> Any:
    return subject.run(served(subject.lifecycle()).read(id_, {}, owner_id="o-9"))


def test_a_release_that_is_there_is_imported_and_taken_over_by_the_first_change() -> None:
    subject = ProjectComponentSubject()
    LIVES["plugin"](subject).up(subject.news(1))
    stranger(subject)
    found = read(subject, "admin@main/team/web")
    assert (found.outcome.state["version"], found.outcome.state["values"]) == ("1", {"size": 1})
    assert found.inputs["cluster"] == {"name": "admin@main", "context": "admin@main"}
    assert (found.inputs["adopt"], found.inputs["ownerId"]) == (True, "o-9")
    assert subject.cluster.releases["team/web"][-1].labels == {}, "nothing is written"
    lifecycle = served(subject.lifecycle())
    program = {**subject.news(1), "cluster": found.inputs["cluster"], "adopt": True}
    checked = subject.run(lifecycle.check(found.inputs, program))
    assert checked.failures == ()
    assert not lifecycle.diff(found.outcome.state, checked.inputs).has_changes
    subject.run(lifecycle.delete(found.outcome.state))
    assert subject.leftovers() == []


def test_what_is_ours_is_imported_as_it_is_and_what_is_not_there_is_nothing() -> None:
    subject = ProjectComponentSubject()
    LIVES["plugin"](subject).up(subject.news(1))
    assert read(subject, "team/web").outcome.state["ownerId"] == "o-1"
    assert read(subject, "team/other") is None
    with pytest.raises(Failed, match="CONTEXT/NAMESPACE/RELEASE"):
        read(subject, "web")
