"""Sets of groups: how a change goes through them, and what becomes of one that fails on the way. That they survive
kills, stops and lost networks is a law of every type (tests/lifecycle), for three kinds of sets."""

from __future__ import annotations

from typing import Any

import pytest

from computenest.kernel.outcome import Checked
from computenest.kernel.unknown import UNKNOWN, Known
from computenest.resources.container_group.check import check
from computenest.resources.container_group.declaration import Arguments
from computenest.resources.container_group.diff import diff, preview
from computenest.resources.container_group.model import Inputs, Replica, State
from computenest.resources.container_group.replicas.naming import SET_TAG
from computenest_cloud.services.eci.groups import Groups
from lifecycle.driver import Failed
from lifecycle.lives import LIVES, AnyLife
from resources.container_group.subject import SetSubject
from resources.container_group.test_offers import asked

WEB: dict[str, Any] = {"name": "web", "image": "docker.io/library/nginx:1"}
GIVEN: dict[str, Any] = {
    "ownerId": "o-1",
    "logicalName": "web",
    "region": "cn-hangzhou",
    "containers": [WEB],
    "replicas": 3,
    "restartPolicy": "Never",
    "timeoutS": 100_000,
}
OTHER = {"containers": [{**WEB, "image": "docker.io/library/nginx:2"}]}
BAD = {"containers": [{**WEB, "command": ["sh", "-c", "exit 3"]}]}


def given(**more: Any) -> dict[str, Any]:
    return {**GIVEN, **more}


def life_of(transport: str) -> tuple[SetSubject, AnyLife]:
    subject = SetSubject()
    return subject, LIVES[transport](subject)


def groups_of(life: AnyLife) -> dict[str, str]:
    return {name: one["containerGroupId"] for name, one in life.state["groups"].items()}


def checked(olds: Inputs[Any] | None = None, **more: Any) -> Checked[Inputs[Any]]:
    found = check(olds, Arguments.model_validate(given(**more)), replaced=None)
    assert found.failures == ()
    return found


@pytest.mark.parametrize("transport", LIVES)
def test_a_change_goes_through_the_set_one_group_after_the_other(transport: str) -> None:
    subject, life = life_of(transport)
    life.up(given())
    assert sorted(subject.told) == ["create web-1", "create web-2", "create web-3"]
    before = groups_of(life)
    subject.sent.clear()
    assert life.up(given(**OTHER, replicas=4)) == "update"
    assert subject.told == ["update web-1", "update web-2", "update web-3", "create web-4"]
    assert before.items() <= groups_of(life).items(), "in place"
    assert life.state["rollout"] == dict.fromkeys(("web-1", "web-2", "web-3", "web-4"), "revision 2")
    assert life.up(given(**OTHER, replicas=4)) == "same"


@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize(
    ("is_first", "told"),
    [
        (False, ["delete web-1", "create web-1", "delete web-2", "create web-2"]),
        (True, ["create web-1", "delete web-1", "create web-2", "delete web-2"]),
    ],
)
def test_what_takes_no_update_is_replaced_group_by_group(transport: str, told: list[str], *, is_first: bool) -> None:
    subject, life = life_of(transport)
    life.up(given(replicas=2, createBeforeDelete=is_first))
    before = groups_of(life)
    subject.sent.clear()
    assert life.up(given(replicas=2, createBeforeDelete=is_first, vSwitchId="vsw-b")) == "update"
    assert subject.told == told
    assert set(before.values()).isdisjoint(groups_of(life).values())
    assert {one.tags[SET_TAG] for one in subject.groups.values()} == {life.id}


@pytest.mark.parametrize("transport", LIVES)
def test_what_is_taken_away_altogether_is_replaced_group_by_group(transport: str) -> None:
    subject, life = life_of(transport)
    life.up(given(replicas=1, initContainers=[{"name": "wait", "image": "busybox:1", "command": ["true"]}]))
    subject.sent.clear()
    assert life.up(given(replicas=1)) == "update"
    assert subject.told == ["delete web-1", "create web-1"]
    assert life.up(given(replicas=1)) == "same"


@pytest.mark.parametrize("transport", LIVES)
def test_one_that_fails_stops_the_roll_and_says_which(transport: str) -> None:
    subject, life = life_of(transport)
    life.up(given())
    subject.sent.clear()
    with pytest.raises(Failed) as failed:
        life.up(given(**BAD))
    assert "web-1: the group is Failed; container web ended with exit code 3" in str(failed.value)
    assert subject.told == ["update web-1"], "the others serve on"
    rollout = {"web-1": "revision 2, not finished", "web-2": "revision 1", "web-3": "revision 1"}
    assert life.state["rollout"] == rollout
    assert life.state["status"] == "Incomplete"
    before = groups_of(life)
    assert life.up(given(**OTHER)) == "update"
    after = groups_of(life)
    assert subject.told[1:] == ["delete web-1", "create web-1", "update web-2", "update web-3"]
    assert {name for name in before if before[name] == after[name]} == {"web-2", "web-3"}
    assert life.state["status"] == "Running"
    assert life.up(given(**OTHER)) == "same"


@pytest.mark.parametrize("transport", LIVES)
def test_a_successor_that_fails_leaves_its_group_running(transport: str) -> None:
    subject, life = life_of(transport)
    base = {"replicas": 2, "createBeforeDelete": True}
    life.up(given(**base))
    old = groups_of(life)
    with pytest.raises(Failed, match="web-1: the group is Failed"):
        life.up(given(**base, **BAD, vSwitchId="vsw-b"))
    running = {key for key, one in subject.groups.items() if one.status == "Running"}
    assert running == set(old.values())
    assert life.up(given(**base)) == "update", "the program takes its change back"
    assert groups_of(life) == old
    assert sorted(subject.groups) == sorted(old.values())


@pytest.mark.parametrize("transport", LIVES)
def test_a_set_grows_shrinks_and_may_be_of_no_group(transport: str) -> None:
    subject, life = life_of(transport)
    for number in (2, 5, 1, 0, 3):
        life.up(given(replicas=number))
        assert sorted(groups_of(life)) == [f"web-{one}" for one in range(1, number + 1)]
        assert subject.things() == sorted(groups_of(life).values())
        assert life.refresh()
        assert life.up(given(replicas=number)) == "same"
    assert life.state["rollout"]["web-3"] == "revision 1", "the declaration is still the first"
    life.destroy()
    assert subject.leftovers() == []


@pytest.mark.parametrize("transport", LIVES)
def test_a_group_that_becomes_a_set_is_replaced_and_back(transport: str) -> None:
    subject, life = life_of(transport)
    one = {key: value for key, value in GIVEN.items() if key != "replicas"}
    life.up(one)
    assert life.up(given()) == "replace"
    assert len(subject.things()) == 3
    assert life.up(one) == "replace"
    assert subject.things() == [life.id]
    life.destroy()
    assert subject.leftovers() == []


@pytest.mark.parametrize("transport", LIVES)
def test_what_somebody_did_to_one_group_is_seen_and_repaired(transport: str) -> None:
    subject, life = life_of(transport)
    life.up(given())
    ids = groups_of(life)
    second = subject.groups[ids["web-2"]]
    (web,) = second.containers
    second.containers = (web.model_copy(update={"declared": {**web.declared, "Image": "x:1"}}),)
    subject.cloud.inside.site.part(Groups).delete(subject.groups[ids["web-3"]])
    assert life.refresh()
    assert life.state["rollout"] == {"web-1": "revision 1", "web-2": "revision 1, changed since"}
    subject.sent.clear()
    assert life.up(given()) == "update"
    assert subject.told == ["update web-2", "create web-3"]
    assert life.up(given()) == "same"


def test_each_group_has_its_line_in_the_preview_and_how_it_gets_there_is_told() -> None:
    first = checked().inputs
    rollout = dict.fromkeys(("web-1", "web-2", "web-3"), "revision 1")
    assert first.rollout == rollout
    olds = Inputs[Known].model_validate(first.bag())
    larger, in_place = checked(olds, replicas=4), checked(olds, **OTHER)
    assert larger.inputs.rollout == {**rollout, "web-4": "revision 1"}
    assert larger.notes == ()
    assert in_place.inputs.rollout == dict.fromkeys(("web-1", "web-2", "web-3"), "revision 2")
    assert in_place.notes == ("web: each of its groups is changed in place, one after the other",)
    (note,) = checked(olds, vSwitchId="vsw-b").notes
    assert "replaced, one after the other (vSwitchId takes no update): a group goes before its successor" in note
    (note,) = checked(olds, vSwitchId="vsw-b", createBeforeDelete=True).notes
    assert "a successor has to run before its group goes" in note
    unknown = checked(olds, containers=[{**WEB, "image": UNKNOWN}]).inputs
    assert unknown.rollout == dict.fromkeys(rollout, UNKNOWN)


def test_a_preview_knows_the_groups_that_stay() -> None:
    inputs = checked().inputs
    there = {name: Replica(container_group_id=f"eci-{name}", status="Running") for name in ("web-1", "web-2", "web-3")}
    state = State[Known].made(inputs, container_group_id="o-1.1", status="Running", phase="Running", groups=there)
    larger = checked(Inputs[Known].model_validate(inputs.bag()), replicas=4).inputs
    assert diff(state, larger).changes == ("replicas", "rollout")
    assert preview(larger, state).groups == {**there, "web-4": UNKNOWN}


@pytest.mark.parametrize(
    ("more", "path", "said"),
    [
        ({"replicas": 101}, "replicas", "0 to 100 groups, not 101"),
        ({"replicas": -1}, "replicas", "0 to 100 groups, not -1"),
        ({"name": "w" * 125}, "name", "at most 124 characters"),
        ({"eipInstanceId": "eip-1"}, "eipInstanceId", "autoCreateEip"),
        ({"volumes": [{"name": "data", "disk": {"diskId": "d-1"}}]}, "volumes[0].disk", "nfs or oss"),
    ],
)
def test_what_only_one_group_can_have_is_refused(more: dict[str, Any], path: str, said: str) -> None:
    (failure,) = check(None, Arguments.model_validate(given(**more)), replaced=None).failures
    assert failure.path == path
    assert said in failure.reason


def test_a_set_costs_and_takes_what_all_its_groups_do() -> None:
    sized = checked(cpu=2.0, memory=4.0, replicas=4)
    found = asked(8.0, (None, sized))[0]
    assert found.failures == ()
    assert found.warnings == ("web costs 1.76429 CNY an hour while it runs (4 × 2 vCPUs, 4 GiB)",)
    (failure,) = asked(7.0, (None, sized))[0].failures
    assert "would have 8 vCPUs in cn-hangzhou, and may have 7" in failure.reason
