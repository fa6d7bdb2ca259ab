"""How a service's versions come and go: reviewed, launched, shared, superseded, over both transports."""

from __future__ import annotations

import pytest

from emulator import offers
from emulator.harness import Cloud
from lifecycle.driver import Failed
from lifecycle.lives import AnyLife
from lifecycle.shops import approve, deploy, edit, online, undeploy, wish

pytestmark = pytest.mark.timeout(900)


def test_superseded_versions_go_when_no_instance_runs_them(cloud: Cloud, service: AnyLife) -> None:
    news = {**wish(cloud.released()), "retainVersions": 1}
    online(cloud, service, news)
    used = deploy(cloud, service.state["serviceId"], "1")
    online(cloud, service, {**news, "infos": {"en-US": "Shop 2"}})
    assert service.state["versions"] == {"1": "Online", "2": "Online"}
    third = {**news, "infos": {"en-US": "Shop 3"}}
    online(cloud, service, third)
    assert any(f"version 1 stays for now: {used}" in line for line in service.subject.screen.warnings)
    assert set(service.state["versions"]) == {"1", "2", "3"}
    published = {**third, "publishing": "online"}
    assert service.up(published) == "same", "what is in use is nothing to do"
    undeploy(cloud, used)
    assert service.changes(published) == ["due"]
    assert service.up(published) == "update"
    assert set(service.state["versions"]) == {"2", "3"}
    assert service.up(published) == "same"
    service.destroy()


def test_a_launch_that_updates_the_newest_version_is_what_was_wanted(cloud: Cloud, service: AnyLife) -> None:
    """The cloud may keep the number and exchange what it means (UpdateLatestVersion). fact: svc-034"""
    cloud.switch("launch.of_a_draft", "update_latest")
    news = wish(cloud.released())
    online(cloud, service, news)
    changed = {**news, "infos": {"en-US": "Shop 2"}}
    online(cloud, service, changed)
    assert service.state["versions"] == {"1": "Online"}
    assert offers.get(cloud, service.state["serviceId"], "1").service_infos[0].name == "Shop 2"
    assert service.up({**changed, "publishing": "online"}) == "same"
    service.destroy()
    assert service.subject.things() == []


def test_a_service_that_instances_run_is_not_touched(cloud: Cloud, service: AnyLife) -> None:
    news = wish(cloud.released())
    online(cloud, service, news)
    used = deploy(cloud, service.state["serviceId"], "1")
    with pytest.raises(Failed, match=f"is still used by {used}"):
        service.destroy()
    assert offers.get(cloud, service.state["serviceId"], "1").status == "Online", "nothing was changed"
    undeploy(cloud, used)
    service.destroy()
    assert service.subject.things() == []


def test_a_package_that_a_service_uses_names_the_service(cloud: Cloud, service: AnyLife) -> None:
    artifact_id = cloud.released()
    service.up(wish(artifact_id))
    with pytest.raises(Exception, match=str(service.state["serviceId"])):
        cloud.delete(artifact_id)
    service.destroy()
    cloud.delete(artifact_id)


def test_a_beta_is_overtaken(cloud: Cloud, service: AnyLife) -> None:
    news = wish(cloud.released())
    service.up({**news, "publishing": "beta"})
    assert (service.state["status"], service.state["serviceVersion"]) == ("Beta", "beta")
    assert service.up({**news, "publishing": "beta"}) == "same"
    changed = {**news, "publishing": "beta", "infos": {"en-US": "Shop 2"}}
    assert service.up(changed) == "update"
    assert offers.get(cloud, service.state["serviceId"], "beta").service_infos[0].name == "Shop 2"
    online(cloud, service, {**news, "infos": {"en-US": "Shop 2"}})
    assert service.up({**changed, "publishing": "online"}) == "same"
    assert set(offers_versions(service)) == {"1"}
    service.destroy()


def offers_versions(service: AnyLife) -> dict[str, str]:
    service.refresh()
    return dict(service.state["versions"])


def test_a_withdrawn_version_goes_online_again_without_a_review(cloud: Cloud, service: AnyLife) -> None:
    news = wish(cloud.released())
    online(cloud, service, news)
    edit(cloud, service, "1", Status="Offline")
    service.refresh()
    assert service.state["status"] == "Incomplete"
    service.up({**news, "publishing": "online"})
    assert (service.state["status"], service.state["serviceVersion"]) == ("Online", "1")
    service.destroy()


def test_visibility_changes_every_version_at_once(cloud: Cloud, service: AnyLife) -> None:
    news = wish(cloud.released())
    online(cloud, service, news)
    online(cloud, service, {**news, "infos": {"en-US": "Shop 2"}})
    wide = {**news, "infos": {"en-US": "Shop 2"}, "publishing": "online", "visibility": "public"}
    assert service.changes(wide) == ["permissions", "visibility"]
    service.up(wide)
    assert {offers.get(cloud, service.state["serviceId"], v).share_type for v in ("1", "2")} == {"Public"}
    assert service.state["serviceVersion"] == "2", "no new version, no review"
    edit(cloud, service, "1", ShareType="Restricted")
    service.refresh()
    assert service.state["visibility"] == "private"
    service.up(wide)
    service.up({**wide, "visibility": "private"})
    assert {offers.get(cloud, service.state["serviceId"], v).share_type for v in ("1", "2")} == {"Restricted"}
    service.destroy()


def test_a_review_is_shown_and_a_later_run_goes_on(cloud: Cloud, service: AnyLife) -> None:
    artifact_id = cloud.released()
    news = wish(artifact_id, publishing="online")
    service.up(news)
    assert (service.state["status"], service.state["serviceVersion"]) == ("Submitted", "draft")
    assert service.up(news) == "same", "nobody is asked again while the reviewers have it"
    approve(cloud, service)
    assert service.changes(news) == ["review"]
    service.up(news)
    assert (service.state["status"], service.state["serviceVersion"]) == ("Online", "1")
    assert service.up(news) == "same"
    changed = {**news, "infos": {"en-US": "Shop 2"}}
    service.up(changed)
    assert (service.state["status"], service.state["serviceVersion"]) == ("Submitted", "1")
    assert service.up({**news, "infos": {"en-US": "Shop 3"}}) == "update", "what is reviewed is taken back"
    assert service.state["status"] == "Submitted"
    service.up(news)
    assert (service.state["status"], service.state["serviceVersion"]) == ("Online", "1"), "the wish is what is online"
    service.destroy()
    assert service.subject.things() == []


def test_a_rejected_version_is_not_submitted_again(cloud: Cloud, service: AnyLife) -> None:
    artifact_id = cloud.released()
    news = wish(artifact_id, publishing="online")
    service.up(news)
    approve(
        cloud, service, approves=False, comment="the icon is missing", reports="port 22 is open to all", at_risk=True
    )
    service.up(news)
    assert service.state["status"] == "Rejected"
    found = "the icon is missing; they see a risk in it; their reports say: port 22 is open to all"
    assert found in service.state["reasons"]["review"]
    assert service.up(news) == "same"
    service.refresh()
    assert service.state["status"] == "Rejected"
    assert service.up({**news, "infos": {"en-US": "Shop with icon"}}) == "update"
    assert service.state["status"] == "Submitted"
    service.destroy()
