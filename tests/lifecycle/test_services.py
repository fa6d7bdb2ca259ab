"""The life of a service on the embedded cloud, the same table over both transports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from alibabacloud_computenestsupplier20210521 import models as nest

from computenest.serve.lifecycles import served
from emulator import offers
from emulator.harness import GOLDEN_2, Cloud
from lifecycle.driver import Failed
from lifecycle.embedded_subjects import service_life
from lifecycle.lives import LIVES, AnyLife
from lifecycle.shops import CUSTOMER, MARKER, STRANGER, edit, metadata, online, outstanding, wish

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(params=LIVES)
def stack(request: pytest.FixtureRequest, cloud: Cloud) -> Iterator[AnyLife]:
    made = service_life(cloud, request.param)
    yield made
    made.subject.close()


def test_a_draft_is_made_changed_and_deleted(cloud: Cloud, stack: AnyLife) -> None:
    artifact_id = cloud.released()
    assert stack.up(wish(artifact_id)) == "create"
    assert (stack.state["status"], stack.state["serviceVersion"]) == ("Draft", "draft")
    assert stack.state["permissions"] == {MARKER: "private"}
    assert stack.up(wish(artifact_id)) == "same"
    assert stack.refresh()
    assert stack.up(wish(artifact_id)) == "same"
    assert "ROSTemplate" not in json.dumps(stack.state), "no template's text in the state"
    first = stack.state["serviceId"]
    assert stack.up(wish(artifact_id, infos={"en-US": "Shop", "zh-CN": "商店"})) == "update"
    found = offers.get(cloud, first, "draft")
    assert {info.locale: info.name for info in found.service_infos} == {"en-US": "Shop", "zh-CN": "商店"}
    changed = offers.TEMPLATE.replace("Default: 2", "Default: 3")
    before = stack.state["templateUrls"]["standard"]["url"]
    assert stack.up(wish(artifact_id, templates={"standard": changed})) == "update"
    assert stack.state["templateUrls"]["standard"]["url"] != before
    assert stack.state["serviceId"] == first
    stack.destroy()
    assert outstanding(cloud) == []


def test_keys_that_are_not_managed_stay(cloud: Cloud, stack: AnyLife) -> None:
    artifact_id = cloud.released()
    news = wish(artifact_id, metadata={"EnableVnc": False})
    stack.up(news)
    document = metadata(cloud, stack)
    document["EstimateTime"] = "10 min"
    document["EnableVnc"] = True
    document["TemplateConfigs"][0]["PredefinedParameters"] = [{"Name": "small"}]
    document["TemplateConfigs"].append({"Name": "theirs", "Url": "https://elsewhere"})
    document["SupplierDeployMetadata"]["ArtifactRelation"]["other"] = {"ArtifactId": artifact_id}
    document["SupplierDeployMetadata"]["RoleName"] = "theirs"
    edit(cloud, stack, "draft", DeployMetadata=json.dumps(document))
    assert stack.refresh()
    assert stack.state["metadata"] == {"EnableVnc": True}
    assert stack.changes(news) == ["metadata"]
    assert stack.up(news) == "update"
    after = metadata(cloud, stack)
    document["EnableVnc"] = False
    assert after == document
    assert stack.up(wish(artifact_id)) == "update", "metadata is managed no more"
    assert "EnableVnc" not in metadata(cloud, stack)
    stack.destroy()


@pytest.mark.parametrize("form", ["map", "list"])
def test_a_relation_is_repaired_in_the_form_it_has(cloud: Cloud, stack: AnyLife, form: str) -> None:
    artifact_id = cloud.released()
    cloud.next_version(artifact_id, source=GOLDEN_2)
    stack.up(wish(artifact_id, "2"))
    document = metadata(cloud, stack)
    relation: Any = {MARKER: {"ArtifactId": artifact_id, "ArtifactVersion": "1"}}
    document["SupplierDeployMetadata"]["ArtifactRelation"] = relation if form == "map" else [relation]
    edit(cloud, stack, "draft", DeployMetadata=json.dumps(document))
    assert stack.refresh()
    assert stack.state["relations"][MARKER]["version"] == "1"
    assert stack.changes(wish(artifact_id, "2")) == ["relations"]
    stack.up(wish(artifact_id, "2"))
    found = metadata(cloud, stack)["SupplierDeployMetadata"]["ArtifactRelation"]
    assert isinstance(found, dict if form == "map" else list)
    assert (found if form == "map" else found[0])[MARKER]["ArtifactVersion"] == "2"
    assert stack.up(wish(artifact_id, "2")) == "same"
    stack.destroy()


def test_a_template_that_was_exchanged_is_put_back(cloud: Cloud, stack: AnyLife) -> None:
    artifact_id = cloud.released()
    stack.up(wish(artifact_id))
    document = metadata(cloud, stack)
    theirs = offers.upload(cloud, offers.TEMPLATE.replace("Default: 2", "Default: 9"))
    document["TemplateConfigs"][0]["Url"] = theirs
    edit(cloud, stack, "draft", DeployMetadata=json.dumps(document))
    stack.refresh()
    assert stack.changes(wish(artifact_id)) == ["templates"]
    stack.up(wish(artifact_id))
    assert metadata(cloud, stack)["TemplateConfigs"][0]["Url"] != theirs
    assert stack.up(wish(artifact_id)) == "same"
    stack.destroy()


def test_the_whitelist_is_exactly_what_is_given(cloud: Cloud, stack: AnyLife) -> None:
    news = wish(cloud.released())
    many = [f"{10**15 + n}" for n in range(23)]
    stack.up({**news, "shareAccounts": many})
    shared = dict.fromkeys(many, "Deployable")
    service_id = stack.state["serviceId"]
    assert found_shared(cloud, service_id) == shared
    offers.share(cloud, service_id, STRANGER)
    stack.refresh()
    assert STRANGER in stack.state["shareAccounts"]
    wanted = {CUSTOMER: "DeployableIncludeBeta", many[0]: "Accessible"}
    stack.up({**news, "shareAccounts": wanted})
    assert found_shared(cloud, service_id) == wanted
    assert stack.state["permissions"] == {MARKER: f"private, shared with {many[0]}, {CUSTOMER}"}
    offers.share(cloud, service_id, STRANGER)
    stack.up(news)
    assert found_shared(cloud, service_id) == {STRANGER: "Deployable"}, "who the program named is gone, others stay"
    stack.destroy()


def found_shared(cloud: Cloud, service_id: str) -> dict[str, str]:
    request = nest.ListServiceSharedAccountsRequest(
        region_id=offers.CONTROL_REGION, service_id=service_id, max_results=100
    )
    rows = cloud.nest().list_service_shared_accounts(request).body.share_account or []
    return {str(row.user_ali_uid): row.permission for row in rows}


def test_what_was_saved_badly_is_saved_again(cloud: Cloud, stack: AnyLife) -> None:
    artifact_id = cloud.released()
    cloud.fault(
        {"kind": "fail_service", "code": "Broken", "message": "No."}, match={"action": "CreateService"}, times=1
    )
    with pytest.raises(Failed, match="CreateFailed: Broken"):
        stack.up(wish(artifact_id))
    assert stack.state["serviceId"], "the id is recorded at once"
    assert stack.state["status"] == "Incomplete"
    cloud.control("PUT", "faults", [])
    assert stack.up(wish(artifact_id)) == "update"
    assert stack.state["status"] == "Draft"
    assert len(outstanding(cloud)) == 1
    stack.destroy()


def test_a_strangers_service_of_that_name_is_left_alone(cloud: Cloud, stack: AnyLife) -> None:
    artifact_id = cloud.released()
    theirs = offers.save(cloud, name="Shop")
    offers.save(cloud, name="Shop of somebody else")
    with pytest.raises(Failed, match=f"{theirs}.*was not made by this stack"):
        stack.up(wish(artifact_id))
    assert stack.up(wish(artifact_id, infos={"en-US": "Shop of"})) == "create", "the list's filter is fuzzy"
    stack.destroy()
    assert theirs in outstanding(cloud)


def test_a_service_that_lost_its_tag_is_restored_and_never_deleted(cloud: Cloud, stack: AnyLife) -> None:
    news = wish(cloud.released())
    stack.up(news)
    service_id = stack.state["serviceId"]
    request = nest.UnTagResourcesRequest(
        region_id=offers.CONTROL_REGION, resource_type="service", resource_id=[service_id], all=True
    )
    cloud.nest().un_tag_resources(request)
    with pytest.raises(Failed, match="not made by this stack"):
        stack.destroy()
    stack.refresh()
    assert stack.up(news) == "update"
    stack.destroy()
    assert outstanding(cloud) == []


def test_a_service_that_is_gone_is_made_anew(cloud: Cloud, stack: AnyLife) -> None:
    news = wish(cloud.released())
    stack.up(news)
    first = stack.state["serviceId"]
    offers.delete(cloud, first, "draft")
    assert not stack.refresh()
    assert stack.up(news) == "create"
    assert stack.state["serviceId"] != first
    stack.destroy()


def test_another_resource_group_replaces_it(cloud: Cloud, stack: AnyLife) -> None:
    news = wish(cloud.released())
    stack.up(news)
    first = stack.state["serviceId"]
    assert stack.up({**news, "resourceGroupId": "rg-other"}) == "replace"
    assert stack.state["generation"] == 2
    assert outstanding(cloud) == [stack.state["serviceId"]] != [first]
    assert stack.up({**news, "resourceGroupId": "rg-other"}) == "same"
    stack.destroy()
    assert outstanding(cloud) == []


def test_an_import_finds_nothing_to_change(cloud: Cloud, stack: AnyLife) -> None:
    artifact_id = cloud.released()
    news = wish(artifact_id, tags={"team": "shop"})
    online(cloud, stack, news)
    known, service_id = dict(stack.state), stack.state["serviceId"]
    lifecycle = served(stack.subject.lifecycle())
    found = stack.subject.run(lifecycle.read(service_id, {}, owner_id=known["ownerId"]))
    assert found is not None
    stack.state, stack.inputs = dict(found.outcome.state), dict(found.inputs)
    assert stack.up({**news, "publishing": "online"}) == "same"
    stack.destroy()
    assert outstanding(cloud) == []


def flipped(cloud: Cloud) -> dict[str, Any]:
    """Every switch of the embedded cloud in another position than its default."""
    switches = [fact["switch"] for fact in cloud.control("GET", "facts")["facts"] if fact.get("switch")]
    return {s["key"]: next(p for p in s["positions"] if p != s["default"]) for s in switches}


def test_signed_addresses_are_not_saved(cloud: Cloud, stack: AnyLife) -> None:
    cloud.switch("service.template_urls", "signed")
    artifact_id = cloud.released()
    stack.up(wish(artifact_id))
    assert "Signature" in metadata(cloud, stack)["TemplateConfigs"][0]["Url"]
    assert stack.refresh()
    assert stack.up(wish(artifact_id)) == "same"
    assert stack.up(wish(artifact_id, infos={"en-US": "Shop 2"})) == "update"
    cloud.switch("service.template_urls", "plain")
    assert "?" not in metadata(cloud, stack)["TemplateConfigs"][0]["Url"]
    assert "Signature" not in json.dumps(stack.state)
    stack.destroy()


def test_a_service_lives_with_every_switch_flipped(cloud: Cloud, stack: AnyLife) -> None:
    positions = flipped(cloud)
    assert {"service.unknown_answers", "relation.default_version", "permission.counts"} <= set(positions)
    cloud.control("PUT", "facts", positions)
    news = {**wish(cloud.released()), "visibility": "public"}
    stack.up(news)
    online(cloud, stack, news)
    assert stack.up({**news, "publishing": "online"}) == "same"
    assert stack.refresh()
    assert stack.up({**news, "publishing": "online"}) == "same"
    online(cloud, stack, {**news, "infos": {"en-US": "Shop 2"}, "visibility": "private"})
    stack.destroy()
    assert outstanding(cloud) == []
    assert not stack.state
