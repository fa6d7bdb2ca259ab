"""How a service's versions come and go: reviewed, launched, shared, superseded, over both transports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator import offers
from emulator.harness import Cloud
from lifecycle.driver import Failed
from lifecycle.embedded_subjects import service_life
from lifecycle.lives import LIVES, AnyLife
from lifecycle.shops import approve, deploy, edit, online, outstanding, undeploy, wish

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(params=LIVES)
def stack(request: pytest.FixtureRequest, cloud: Cloud) -> Iterator[AnyLife]:
    made = service_life(cloud, request.param)
    yield made
    made.subject.close()


def test_superseded_versions_go_when_no_instance_runs_them(cloud: Cloud, stack: AnyLife) -> None:
    news = {**wish(cloud.released()), "retainVersions": 1}
    online(cloud, stack, news)
    used = deploy(cloud, stack.state["serviceId"], "1")
    online(cloud, stack, {**news, "infos": {"en-US": "Shop 2"}})
    assert stack.state["versions"] == {"1": "Online", "2": "Online"}
    third = {**news, "infos": {"en-US": "Shop 3"}}
    online(cloud, stack, third)
    assert any(f"version 1 stays for now: {used}" in line for line in stack.subject.screen.warnings)
    assert set(stack.state["versions"]) == {"1", "2", "3"}
    published = {**third, "publishing": "online"}
    assert stack.up(published) == "same", "what is in use is nothing to do"
    undeploy(cloud, used)
    assert stack.changes(published) == ["due"]
    assert stack.up(published) == "update"
    assert set(stack.state["versions"]) == {"2", "3"}
    assert stack.up(published) == "same"
    stack.destroy()


def test_a_launch_that_updates_the_newest_version_is_what_was_wanted(cloud: Cloud, stack: AnyLife) -> None:
    """The cloud may keep the number and exchange what it means (UpdateLatestVersion). fact: svc-034"""
    cloud.switch("launch.of_a_draft", "update_latest")
    news = wish(cloud.released())
    online(cloud, stack, news)
    changed = {**news, "infos": {"en-US": "Shop 2"}}
    online(cloud, stack, changed)
    assert stack.state["versions"] == {"1": "Online"}
    assert offers.get(cloud, stack.state["serviceId"], "1").service_infos[0].name == "Shop 2"
    assert stack.up({**changed, "publishing": "online"}) == "same"
    stack.destroy()
    assert outstanding(cloud) == []


def test_a_service_that_instances_run_is_not_touched(cloud: Cloud, stack: AnyLife) -> None:
    news = wish(cloud.released())
    online(cloud, stack, news)
    used = deploy(cloud, stack.state["serviceId"], "1")
    with pytest.raises(Failed, match=f"is still used by {used}"):
        stack.destroy()
    assert offers.get(cloud, stack.state["serviceId"], "1").status == "Online", "nothing was changed"
    undeploy(cloud, used)
    stack.destroy()
    assert outstanding(cloud) == []


def test_a_package_that_a_service_uses_names_the_service(cloud: Cloud, stack: AnyLife) -> None:
    artifact_id = cloud.released()
    stack.up(wish(artifact_id))
    with pytest.raises(Exception, match=str(stack.state["serviceId"])):
        cloud.delete(artifact_id)
    stack.destroy()
    cloud.delete(artifact_id)


def test_a_beta_is_overtaken(cloud: Cloud, stack: AnyLife) -> None:
    news = wish(cloud.released())
    stack.up({**news, "publishing": "beta"})
    assert (stack.state["status"], stack.state["serviceVersion"]) == ("Beta", "beta")
    assert stack.up({**news, "publishing": "beta"}) == "same"
    changed = {**news, "publishing": "beta", "infos": {"en-US": "Shop 2"}}
    assert stack.up(changed) == "update"
    assert offers.get(cloud, stack.state["serviceId"], "beta").service_infos[0].name == "Shop 2"
    online(cloud, stack, {**news, "infos": {"en-US": "Shop 2"}})
    assert stack.up({**changed, "publishing": "online"}) == "same"
    assert set(offers_versions(stack)) == {"1"}
    stack.destroy()


def offers_versions(stack: AnyLife) -> dict[str, str]:
    stack.refresh()
    return dict(stack.state["versions"])


def test_a_withdrawn_version_goes_online_again_without_a_review(cloud: Cloud, stack: AnyLife) -> None:
    news = wish(cloud.released())
    online(cloud, stack, news)
    edit(cloud, stack, "1", Status="Offline")
    stack.refresh()
    assert stack.state["status"] == "Incomplete"
    stack.up({**news, "publishing": "online"})
    assert (stack.state["status"], stack.state["serviceVersion"]) == ("Online", "1")
    stack.destroy()


def test_visibility_changes_every_version_at_once(cloud: Cloud, stack: AnyLife) -> None:
    news = wish(cloud.released())
    online(cloud, stack, news)
    online(cloud, stack, {**news, "infos": {"en-US": "Shop 2"}})
    wide = {**news, "infos": {"en-US": "Shop 2"}, "publishing": "online", "visibility": "public"}
    assert stack.changes(wide) == ["permissions", "visibility"]
    stack.up(wide)
    assert {offers.get(cloud, stack.state["serviceId"], v).share_type for v in ("1", "2")} == {"Public"}
    assert stack.state["serviceVersion"] == "2", "no new version, no review"
    edit(cloud, stack, "1", ShareType="Restricted")
    stack.refresh()
    assert stack.state["visibility"] == "private"
    stack.up(wide)
    stack.up({**wide, "visibility": "private"})
    assert {offers.get(cloud, stack.state["serviceId"], v).share_type for v in ("1", "2")} == {"Restricted"}
    stack.destroy()


def test_a_review_is_shown_and_a_later_run_goes_on(cloud: Cloud, stack: AnyLife) -> None:
    artifact_id = cloud.released()
    news = wish(artifact_id, publishing="online")
    stack.up(news)
    assert (stack.state["status"], stack.state["serviceVersion"]) == ("Submitted", "draft")
    assert stack.up(news) == "same", "nobody is asked again while the reviewers have it"
    approve(cloud, stack)
    assert stack.changes(news) == ["review"]
    stack.up(news)
    assert (stack.state["status"], stack.state["serviceVersion"]) == ("Online", "1")
    assert stack.up(news) == "same"
    changed = {**news, "infos": {"en-US": "Shop 2"}}
    stack.up(changed)
    assert (stack.state["status"], stack.state["serviceVersion"]) == ("Submitted", "1")
    assert stack.up({**news, "infos": {"en-US": "Shop 3"}}) == "update", "what is reviewed is taken back"
    assert stack.state["status"] == "Submitted"
    stack.up(news)
    assert (stack.state["status"], stack.state["serviceVersion"]) == ("Online", "1"), "the wish is what is online"
    stack.destroy()
    assert outstanding(cloud) == []


def test_a_rejected_version_is_not_submitted_again(cloud: Cloud, stack: AnyLife) -> None:
    artifact_id = cloud.released()
    news = wish(artifact_id, publishing="online")
    stack.up(news)
    approve(cloud, stack, approves=False, comment="the icon is missing", reports="port 22 is open to all", at_risk=True)
    stack.up(news)
    assert stack.state["status"] == "Rejected"
    found = "the icon is missing; they see a risk in it; their reports say: port 22 is open to all"
    assert found in stack.state["reasons"]["review"]
    assert stack.up(news) == "same"
    stack.refresh()
    assert stack.state["status"] == "Rejected"
    assert stack.up({**news, "infos": {"en-US": "Shop with icon"}}) == "update"
    assert stack.state["status"] == "Submitted"
    stack.destroy()
