"""What is special about `ClusterComponent`; the laws of every type run over `subject.CASES` (tests/lifecycle)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from computenest.resources._components.plan import is_higher
from computenest.resources._components.shared import INSTALLER_LABEL, user_label
from computenest.serve.lifecycles import served
from lifecycle.driver import Failed
from lifecycle.lives import LIVES
from resources.cluster_component.subject import ClusterComponentSubject

WHERE = "certs/certs"
SIZE = {"size": 1}


@pytest.fixture(params=sorted(LIVES))
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def two(transport: str) -> tuple[Any, Any]:
    """Two services that ask for one component of one cluster."""
    first = ClusterComponentSubject()
    second = ClusterComponentSubject(first.clusters, owner="o-2")
    return LIVES[transport](first), LIVES[transport](second)


def asked(life: Any, news: dict[str, Any]) -> Any:
    return life.subject.run(served(life.subject.lifecycle()).check(life.inputs, news))


def there(life: Any) -> tuple[str, Any]:
    last = life.subject.cluster.releases[WHERE][-1]
    return last.version, dict(last.values)


@pytest.mark.parametrize(
    ("installed", "declared", "values", "expected", "said"),
    [
        (None, "1.1.0", SIZE, ("1.1.0", SIZE), ""),
        ("1.0.0", "1.1.0", {"size": 2}, ("1.1.0", {"size": 2}), ""),
        ("1.9.0", "1.10.0", SIZE, ("1.10.0", SIZE), ""),
        ("1.1.0-rc.1", "1.1.0", SIZE, ("1.1.0", SIZE), ""),
        ("1.1.0", "1.1.0", SIZE, ("1.1.0", SIZE), ""),
        ("1.1.0", "1.1.0", {"size": 2}, ("1.1.0", SIZE), "1.1.0 is installed already; not applied: size"),
        ("1.2.0", "1.1.0", SIZE, ("1.2.0", SIZE), "1.2.0 is installed, 1.1.0 declared is not higher"),
        ("1.2.0", "1.1.0", {"size": 2}, ("1.2.0", SIZE), "is not higher; not applied: size"),
        ("1.2.0", "1.2.0-rc.1", SIZE, ("1.2.0", SIZE), "1.2.0-rc.1 declared is not higher"),
    ],
    ids=["absent", "lower", "lower by number", "a candidate", "equal", "other values", "higher", "both", "of it"],
)
def test_what_is_installed_and_what_is_declared_decide(
    installed: str | None, declared: str, values: dict[str, Any], expected: Any, said: str, transport: str
) -> None:
    other, life = two(transport)
    if installed is not None:
        other.up(other.subject.asking(installed, SIZE))
    news = life.subject.asking(declared, values)
    warnings = asked(life, news).warnings
    assert [said in one for one in warnings] == ([True] if said else []), warnings
    life.up(news)
    assert there(life) == expected
    assert life.state["version"] == expected[0]
    assert life.up(news) == "same", "a second preview is empty"


def test_of_two_declarations_the_highest_wins_in_whatever_order(transport: str) -> None:
    for order in (("1.0.0", "1.1.0"), ("1.1.0", "1.0.0")):
        lives = two(transport)
        for life, version in zip(lives, order, strict=True):
            life.up(life.subject.asking(version))
        assert there(lives[0])[0] == "1.1.0"
        for life, version in zip(lives, order, strict=True):
            said = asked(life, life.subject.asking(version)).warnings
            assert bool(said) == (version == "1.0.0")
            assert life.up(life.subject.asking(version)) == "same"


@pytest.mark.parametrize("first_to_go", [0, 1])
def test_one_that_two_ask_for_goes_with_the_last_of_them(first_to_go: int, transport: str) -> None:
    lives = list(two(transport))
    for life in lives:
        life.up(life.subject.asking("1.0.0"))
    gone = lives.pop(first_to_go)
    gone.destroy()
    assert gone.subject.leftovers() == [WHERE], "the other still asks for it"
    assert any("stays" in one for one in gone.subject.screen.warnings)
    lives[0].destroy()
    assert gone.subject.leftovers() == []


def test_what_was_there_before_stays(transport: str) -> None:
    other, life = two(transport)
    other.up(other.subject.asking("1.0.0"))
    cluster = life.subject.cluster
    *_, last = cluster.releases[WHERE]
    cluster.releases[WHERE] = (replace(last, labels={}),)  # as somebody's own helm leaves it
    life.up(life.subject.asking("1.1.0"))
    assert INSTALLER_LABEL not in cluster.releases[WHERE][-1].labels
    life.destroy()
    assert life.subject.leftovers() == [WHERE]
    assert there(life)[0] == "1.1.0"
    assert user_label(life.subject.owner) not in cluster.releases[WHERE][-1].labels  # type: ignore[arg-type]


def test_one_that_somebody_uninstalled_comes_back(transport: str) -> None:
    life, _ = two(transport)
    life.up(life.subject.asking("1.0.0"))
    life.subject.cluster.releases.clear()
    assert asked(life, life.subject.asking("1.0.0")).inputs["drifted"] == "install 1.0.0"
    life.up(life.subject.asking("1.0.0"))
    assert there(life)[0] == "1.0.0"
    assert life.up(life.subject.asking("1.0.0")) == "same"


@pytest.mark.parametrize("others", [True, False], ids=["others answer", "nobody answers"])
def test_a_cluster_that_the_check_did_not_hear_is_waited_for_only_where_nobody_answers(
    others: bool, transport: str
) -> None:
    """Then it is the network, which may be lost for a while."""
    subject = ClusterComponentSubject()
    clusters, alone = subject.clusters, subject.cluster
    if others:
        clusters.hear("other")
    life = LIVES[transport](subject)
    life.up(subject.asking("1.0.0"))
    clusters.silent.add("main")
    assert "cannot tell what is on the cluster" in asked(life, subject.asking("1.1.0")).warnings[0]
    assert life.up(subject.asking("1.0.0")) == "same", "nothing new is wanted"
    began_s = subject.clock.now_s()
    with pytest.raises(Failed, match="did not answer"):
        life.up(subject.asking("1.1.0"))
    assert (subject.clock.now_s() - began_s < 10) == others
    assert alone.releases[WHERE][-1].version == "1.0.0"
    clusters.silent.clear()
    life.up(subject.asking("1.1.0"))
    assert alone.releases[WHERE][-1].version == "1.1.0"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("1.10.0", "1.9.0", True),
        ("v1.2.0", "1.1.0", True),
        ("1.2", "1.1.9", True),
        ("1.0.0+b", "1.0.0+a", False),
        ("1.0.0", "1.0.0-rc.1", True),
        ("nightly", "1.0.0", False),
        ("1.0.0", "nightly", False),
    ],
)
def test_versions_have_semvers_order(one: str, other: str, expected: bool) -> None:
    assert is_higher(one, other) is expected


@pytest.mark.parametrize(
    ("more", "path"),
    [({"name": "A b"}, "name"), ({"namespace": "a_b"}, "namespace"), ({"release": "w" * 54}, "release")],
)
def test_a_bad_input_is_refused_at_its_path(more: dict[str, Any], path: str) -> None:
    life = LIVES["dynamic"](ClusterComponentSubject())
    failures = asked(life, {**life.subject.asking("1.0.0"), **more}).failures
    assert path in {one.path for one in failures}, failures
