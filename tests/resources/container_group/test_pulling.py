"""What a group pulls with: the temporary key of packages, own logins and instances; and what an update sends of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest

from computenest.resources._packages.content_model import Kind
from computenest.resources.container_group.api import CloudPullKeys
from computenest.resources.container_group.model import ContainerGroupId
from lifecycle.driver import Failed
from lifecycle.lives import LIVES
from lifecycle.subjects import ContentSubject
from resources.container_group.subject import ContainerGroupSubject

LOGIN = {"server": "reg.example.com", "userName": "me", "password": "pass-word-1"}


def news(subject: ContainerGroupSubject, tag: str = "1", **more: Any) -> dict[str, Any]:
    key = subject.run(subject.cloud.session().port(CloudPullKeys).pull_key())
    web = {"name": "web", "package": f"{key.login.server}/shop/web:{tag}"}
    return {**subject.news(1), "containers": [web], **more}


@pytest.fixture(params=LIVES)
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_new_key_is_taken_with_a_change_that_pulls_and_with_nothing_else(transport: str) -> None:
    subject = ContainerGroupSubject()
    life = LIVES[transport](subject)
    life.up(news(subject))
    ((key,),) = subject.logins
    first = life.state["keyExpiry"]
    assert first
    assert life.up(news(subject)) == "same", "a renewal alone is no change"
    assert life.up(news(subject, restartPolicy="Never")) == "update"
    assert life.up(news(subject, restartPolicy="Never", tags={"team": "till"})) == "update"
    assert subject.updates == [{"RestartPolicy"}], "exactly what changed; tags have calls of their own"
    taken = [action for action, _ in subject.sent if action == "GetArtifactRepositoryCredentials"]
    assert (len(taken), life.state["keyExpiry"]) == (1, first)
    assert life.up(news(subject, "2", restartPolicy="Never")) == "update"
    assert subject.updates[1:] == [{"Container", "ImageRegistryCredential"}]
    (_, (other,)) = subject.logins
    assert other != key
    assert life.state["keyExpiry"] > first
    assert life.refresh()
    assert life.up(news(subject, "2", restartPolicy="Never")) == "same"
    told = json.dumps(life.state) + repr(subject.screen)
    assert key not in told
    assert other not in told
    life.destroy()


def test_who_may_pull_again_is_told_when_the_key_ends(transport: str) -> None:
    subject = ContainerGroupSubject()
    life = LIVES[transport](subject)
    life.up(news(subject))
    said = [line for line in subject.screen.warnings if "UTC" in line]
    assert any("web is pulled with a temporary key: whatever has to be pulled again after 20" in line for line in said)
    subject.screen.warnings.clear()
    assert life.up(news(subject)) == "same"
    assert any("UTC fails" in line for line in subject.screen.warnings)
    assert life.up(news(subject, restartPolicy="OnFailure")) == "update"
    subject.screen.warnings.clear()
    assert life.up(news(subject, restartPolicy="OnFailure")) == "same"
    assert subject.screen.warnings == []
    life.destroy()


def test_a_package_of_another_registry_is_refused_before_anything_is_made(transport: str) -> None:
    subject = ContainerGroupSubject()
    life = LIVES[transport](subject)
    with pytest.raises(Failed, match=r"other.example.com/web:1 of container web is not in 127.0.0.1"):
        life.up({**news(subject), "containers": [{"name": "web", "package": "other.example.com/web:1"}]})
    assert subject.leftovers() == []


def test_an_own_login_is_sent_again_where_it_changes(transport: str) -> None:
    subject = ContainerGroupSubject()
    life = LIVES[transport](subject)
    own = {**subject.news(1), "registryLogins": [LOGIN]}
    life.up(own)
    assert life.up(own) == "same"
    other = {**own, "registryLogins": [{**LOGIN, "password": "pass-word-2"}]}
    assert life.up(other) == "update"
    assert subject.updates == [{"ImageRegistryCredential"}]
    assert subject.logins == [("pass-word-1",), ("pass-word-2",)]
    mixed = {**news(subject), "registryLogins": [{**LOGIN, "password": "pass-word-2"}]}
    assert life.up(mixed) == "update"
    ((own_again, key),) = subject.logins[2:]
    assert (own_again, key != own_again) == ("pass-word-2", True)
    acr = {**mixed, "acrRegistryInfo": [{"instanceId": "cri-1"}]}
    assert life.up(acr) == "update"
    assert subject.updates[2:] == [{"AcrRegistryInfo"}]
    assert life.up(mixed) == "replace", "an update cannot send an empty list"
    life.destroy()


def test_a_group_that_was_left_half_done_gets_its_logins_again(transport: str) -> None:
    subject = ContainerGroupSubject()
    life = LIVES[transport](subject)
    subject.tick_s = 1.0
    own = {**subject.news(1), "registryLogins": [LOGIN], "timeoutS": 1}
    with pytest.raises(Failed, match="timed out"):
        life.up(own)
    assert life.refresh()
    assert life.state["status"] == "Incomplete", "a look alone does not finish it"
    assert life.up({**own, "timeoutS": 100_000}) == "update"
    assert subject.updates == [{"ImageRegistryCredential"}]
    life.destroy()


def test_what_an_update_takes_is_changed_in_place(transport: str) -> None:
    subject = ContainerGroupSubject()
    life = LIVES[transport](subject)
    volumes = [{"name": "data", "emptyDir": "memory"}, {"name": "conf", "configFiles": {"a.ini": "x=1"}}]
    wait = {"name": "wait", "image": "busybox:1", "command": ["true"]}
    first = {**subject.news(1), "volumes": volumes, "initContainers": [wait]}
    life.up(first)
    group_id = ContainerGroupId(life.state["containerGroupId"])
    probe = {"httpGet": {"port": 80, "path": "/healthz"}, "periodS": 5}
    (web,) = first["containers"]
    for change, part in (
        ({"initContainers": [{**wait, "image": "busybox:2"}]}, "InitContainer"),
        ({"containers": [{**web, "livenessProbe": probe}]}, "Container"),
        ({"volumes": [volumes[0], {"name": "conf", "configFiles": {"a.ini": "x=2"}}]}, "Volume"),
        ({"dnsConfig": {"nameServers": ["10.0.0.2"], "options": {"ndots": "2"}}}, "DnsConfig"),
    ):
        first = {**first, **change}
        assert life.up(first) == "update", part
        assert subject.updates[-1] == {part}
        assert life.up(first) == "same"
    assert subject.things() == [group_id]
    assert life.up({**first, "volumes": []}) == "replace"
    assert life.up({**first, "volumes": [], "autoCreateEip": True}) == "replace"
    life.destroy()


@pytest.mark.parametrize(
    ("more", "there", "said"),
    [
        ({}, ["linux/arm64"], "for linux/arm64, and the group runs linux/amd64; give cpuArchitecture ARM64, or push"),
        ({"cpuArchitecture": "ARM64"}, ["linux/amd64"], "for linux/amd64, and the group runs linux/arm64; push that"),
        ({}, ["windows/amd64"], "for windows/amd64, and the group runs linux/amd64; push that one too"),
        ({}, ["linux/amd64", "linux/arm64"], ""),
        ({"cpuArchitecture": "ARM64"}, ["linux/arm64/v9"], ""),
        ({"instanceType": "ecs.c8y.large"}, ["linux/arm64"], ""),
    ],
)
def test_a_package_for_other_machines_is_refused_in_check(
    transport: str, more: dict[str, Any], there: list[str], said: str
) -> None:
    """Whatever its registry; of packages of another program nothing is known."""
    subject = ContainerGroupSubject()
    lifecycle = subject.lifecycle

    def knowing() -> Any:
        made = lifecycle()
        made.core.platforms["web:1"] = tuple(there)
        return made

    subject.lifecycle = knowing  # type: ignore[method-assign]
    life = LIVES[transport](subject)
    assert life.up(news(subject, "2", **more)) == "create"
    life.destroy()
    if said:
        with pytest.raises(Failed) as failed:
            life.up(news(subject, **more))
        assert "containers[0].package: the package is " + said in str(failed.value)
        assert subject.leftovers() == []
    else:
        assert life.up(news(subject, **more)) == "create"


def test_a_package_tells_what_it_is_for_by_where_it_will_lie() -> None:
    subject = ContentSubject(Kind.IMAGE)
    describe, made = subject.warehouse.describe, subject.lifecycle()

    async def with_platforms(**given: Any) -> Any:
        return replace(await describe(**given), platforms=("linux/arm64",))

    subject.warehouse.describe = with_platforms  # type: ignore[method-assign]
    news = made.content.models.asked.model_validate(subject.news(1))
    checked = subject.run(made.check(None, cast("Any", news)))
    assert made.core.platforms == {f"web:{checked.inputs.tag}": ("linux/arm64",)}
