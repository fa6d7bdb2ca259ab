"""What is special about `ContainerGroup`; the laws of every type run over `subject.CASES` (tests/lifecycle)."""

from __future__ import annotations

from typing import Any

import pytest

from computenest.kernel.names import RegionId
from computenest.kernel.unknown import UNKNOWN
from computenest.resources.container_group import plan
from computenest.resources.container_group.api import CloudContainerGroups
from computenest.resources.container_group.check import check
from computenest.resources.container_group.declaration import Arguments
from computenest.resources.container_group.diff import diff
from computenest.resources.container_group.model import ContainerGroupId, State
from computenest_cloud.services.eci import views
from lifecycle.driver import Failed
from lifecycle.lives import LIVES
from resources.container_group.subject import ContainerGroupSubject

WEB: dict[str, Any] = {"name": "web", "image": "nginx:1"}
GIVEN: dict[str, Any] = {"ownerId": "o-1", "logicalName": "shop", "region": "cn-hangzhou", "containers": [WEB]}
TWICE = [{**WEB, "ports": [{"port": 80}]}, {**WEB, "name": "b", "ports": [{"port": 80}]}]
BOTH = {"tcpPort": 80, "command": ["true"]}
SLOW = {"tcpPort": 80, "periodS": 0}
DATA = [{"name": "data", "emptyDir": "disk"}]
MOUNTED = {**WEB, "volumeMounts": [{"name": "dat", "mountPath": "/data"}]}
RELATIVE = [{"name": "data", "mountPath": "data"}]
PROBED = {"name": "wait", "image": "busybox:1", "livenessProbe": {"tcpPort": 80}}
LOGIN = {"server": "r", "userName": "u", "password": "p"}


def checked(**more: Any) -> Any:
    return check(None, Arguments.model_validate({**GIVEN, **more}), replaced=None)


@pytest.mark.parametrize(
    ("given", "path", "said"),
    [
        ({"cpu": 1.0, "memory": 3.0}, "memory", "the nearest has 1 with 4"),
        ({"cpu": 1.0}, "memory", "give both"),
        ({"name": "No_Name"}, "name", "lower-case"),
        ({"containers": []}, "containers", "1 to 20"),
        ({"containers": [WEB, WEB]}, "containers[1].name", "too"),
        ({"containers": TWICE}, "containers[1].ports[0].port", "taken by containers[0].ports[0].port"),
        ({"containers": [{**WEB, "ports": [{"port": 0}]}]}, "containers[0].ports[0].port", "from 1 to"),
        ({"containers": [{**WEB, "image": "a b"}]}, "containers[0].image", "no image"),
        ({"containers": [{**WEB, "environment": {"1A": "x"}}]}, "containers[0].environment['1A']", "no digit"),
        ({"waitFor": "Succeeded"}, "waitFor", "OnFailure or Never"),
        ({"containers": [{"name": "web"}]}, "containers[0].image", "either an image or a package"),
        ({"containers": [{**WEB, "package": "r/x:1"}]}, "containers[0].image", "either an image or a package"),
        ({"containers": [{"name": "web", "package": "web"}]}, "containers[0].package", "in no registry"),
        ({"containers": [{**WEB, "livenessProbe": {}}]}, "containers[0].livenessProbe", "exactly one of"),
        ({"containers": [{**WEB, "readinessProbe": BOTH}]}, "containers[0].readinessProbe", "exactly one of"),
        ({"containers": [{**WEB, "livenessProbe": {"tcpPort": 0}}]}, "containers[0].livenessProbe.tcpPort", "from 1"),
        ({"containers": [{**WEB, "livenessProbe": SLOW}]}, "containers[0].livenessProbe.periodS", "at least 1"),
        ({"containers": [MOUNTED]}, "containers[0].volumeMounts[0].name", "no volume 'dat'; did you mean 'data'?"),
        ({"containers": [{**MOUNTED, "volumeMounts": RELATIVE}]}, "containers[0].volumeMounts[0].mountPath", "root"),
        ({"initContainers": [WEB]}, "initContainers[0].name", "named 'web' too"),
        ({"initContainers": [PROBED]}, "initContainers[0].livenessProbe", "has no probe"),
        ({"volumes": [*DATA, *DATA]}, "volumes[1].name", "named 'data' too"),
        ({"volumes": [{"name": "data"}]}, "volumes[0]", "exactly one of emptyDir"),
        ({"volumes": [{"name": "c", "configFiles": {"a": "x" * 40_000}}]}, "volumes[0].configFiles['a']", "32 KB"),
        ({"instanceType": "ecs.gn6i-c4g1.xlarge", "cpu": 1.0, "memory": 2.0}, "instanceType", "cpu and memory"),
        ({"autoCreateEip": True, "eipInstanceId": "eip-1"}, "eipInstanceId", "one address"),
        ({"eipBandwidth": 5}, "eipBandwidth", "autoCreateEip"),
        ({"registryLogins": [LOGIN, LOGIN]}, "registryLogins[1].server", "of 'r' too"),
    ],
)
def test_a_bad_input_is_refused_at_its_path(given: dict[str, Any], path: str, said: str) -> None:
    given = {"volumes": DATA} | given if "volumeMounts" in str(given) else given
    (failure,) = checked(**given).failures
    assert failure.path == path
    assert said in failure.reason


def test_what_is_not_known_yet_is_not_guessed() -> None:
    found = checked(containers=[{**WEB, "image": UNKNOWN}], cpu=UNKNOWN, memory=2.0)
    assert found.failures == ()
    assert found.inputs.containers[0].image is UNKNOWN


def test_what_an_update_takes_is_in_place_and_everything_else_replaces() -> None:
    inputs = checked().inputs
    state = State.made(inputs, container_group_id="eci-1", status="Running", phase="Running")
    assert diff(state, inputs).changes == ()
    other = {**WEB, "image": "nginx:2"}
    sized = {"cpu": 2.0, "memory": 4.0}
    for given in ({"containers": [other]}, sized, {"restartPolicy": "Never"}, {"tags": {"a": "b"}}):
        assert diff(state, checked(**given).inputs).replaces == (), given
    for key, value in (
        ("vSwitchId", "vsw-b"),
        ("securityGroupId", "sg-1"),
        ("instanceType", "ecs.gn6i-c4g1.xlarge"),
        ("cpuArchitecture", "ARM64"),
        ("eipInstanceId", "eip-1"),
    ):
        assert diff(state, checked(**{key: value}).inputs).replaces == (key,)
    for key, value in (("vSwitchId", "vsw-b"), ("securityGroupId", "sg-1"), ("region", "cn-beijing"), ("name", "new")):
        assert diff(state, checked(**{key: value}).inputs).replaces == (key,)


@pytest.mark.parametrize("phase", ["Succeeded", "Failed", "Expired"])
def test_a_group_that_has_ended_takes_no_update_and_is_replaced(phase: str) -> None:
    state = State.made(checked().inputs, container_group_id="eci-1", status=phase, phase=phase)
    news = checked(containers=[{**WEB, "image": "nginx:2"}]).inputs
    assert diff(state, news).replaces == ("containers",)
    assert diff(state, checked(timeoutS=5).inputs).replaces == ()


def job(subject: ContainerGroupSubject, script: str, **more: Any) -> dict[str, Any]:
    """One container that does what its command says, and ends."""
    web = {**subject.news(1)["containers"][0], "command": ["sh", "-c", script], **more}
    return {**subject.news(1), "containers": [web], "restartPolicy": "Never", "waitFor": "Succeeded"}


@pytest.mark.parametrize("transport", LIVES)
def test_a_job_that_fails_ends_the_run_with_its_exit_code_and_log_and_is_made_anew(transport: str) -> None:
    subject = ContainerGroupSubject()
    life, made = LIVES[transport](subject), set()
    for _ in range(2):
        with pytest.raises(Failed, match="exit code 3") as failed:
            life.up(job(subject, "sleep 60; echo the end of web; exit 3"))
        assert "the end of web" in str(failed.value)
        made.add(life.id)
    assert len(made) == 2
    good = job(subject, "sleep 60")
    assert life.up(good) == "replace"
    assert life.state["status"] == "Succeeded"
    assert life.up(good) == "same"
    life.destroy()
    assert subject.leftovers() == []


def test_a_job_is_waited_for_and_a_server_is_not() -> None:
    subject = ContainerGroupSubject()
    life = LIVES["plugin"](subject)
    life.up(subject.news(1))
    groups = subject.session.port(CloudContainerGroups)
    seen = subject.run(groups.get(region=RegionId("cn-hangzhou"), group_id=ContainerGroupId(life.id)))
    wanted = checked(restartPolicy="Never", waitFor="Succeeded", containers=subject.news(1)["containers"]).inputs
    assert isinstance(plan.next_step(wanted, seen), plan.Update), "its restart policy is another"
    assert life.state["address"].startswith("172.16.")
    life.destroy()


@pytest.mark.parametrize("transport", LIVES)
def test_a_group_made_after_a_deletion_by_hand_is_deleted_too(transport: str) -> None:
    """It has the owner and the generation of the first one, and is another: so are the tokens of its requests."""
    subject = ContainerGroupSubject()
    life = LIVES[transport](subject)
    life.up({**subject.news(1), "region": "cn-beijing"})
    assert life.up(subject.news(1)) == "replace"
    for _ in range(2):
        life.up(subject.news(1))
        life.destroy()
    assert subject.leftovers() == []


@pytest.mark.parametrize("transport", LIVES)
def test_what_a_container_was_told_is_not_shown_with_its_log(transport: str) -> None:
    subject = ContainerGroupSubject()
    life = LIVES[transport](subject)
    with pytest.raises(Failed, match="exit code 3") as failed:
        life.up(job(subject, "echo $NAME $ON; exit 3", environment={"NAME": "the end of", "ON": "web"}))
    assert "[secret] web" in str(failed.value)
    life.destroy()


@pytest.mark.parametrize("transport", LIVES)
def test_a_value_that_the_cloud_writes_otherwise_ends_the_run_with_what_it_is(
    transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change in place starts containers again: a run does not go on with them."""
    subject = ContainerGroupSubject()
    life, shown = LIVES[transport](subject), views._container
    monkeypatch.setattr(views, "_container", lambda one: {**(found := shown(one)), "Args": found["Args"][:1]})
    with pytest.raises(Failed, match="5 changes in place were taken, and the cloud still shows other containers"):
        life.up({**subject.news(1), "containers": [{**WEB, "args": ["-c", ""]}]})
    assert len(subject.updates) == 5
    life.destroy()
    assert subject.leftovers() == []
