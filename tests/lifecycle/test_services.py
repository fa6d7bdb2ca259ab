"""The life of a service on the embedded cloud, the same table over both transports."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alibabacloud_computenestsupplier20210521 import models as nest

from emulator import offers
from emulator.harness import GOLDEN_2, Cloud
from lifecycle.driver import Failed
from lifecycle.embedded_subjects import ServiceSubject, adopt
from lifecycle.lives import LIVES, AnyLife
from lifecycle.shops import CUSTOMER, MARKER, STRANGER, edit, metadata, online, wish

pytestmark = pytest.mark.timeout(900)


def test_a_draft_is_made_changed_and_deleted(cloud: Cloud, service: AnyLife) -> None:
    artifact_id = cloud.released()
    assert service.up(wish(artifact_id)) == "create"
    assert (service.state["status"], service.state["serviceVersion"]) == ("Draft", "draft")
    assert service.state["permissions"] == {MARKER: "private"}
    assert service.up(wish(artifact_id)) == "same"
    assert service.refresh()
    assert service.up(wish(artifact_id)) == "same"
    assert "ROSTemplate" not in json.dumps(service.state), "no template's text in the state"
    first = service.state["serviceId"]
    assert service.up(wish(artifact_id, infos={"en-US": "Shop", "zh-CN": "商店"})) == "update"
    found = offers.get(cloud, first, "draft")
    assert {info.locale: info.name for info in found.service_infos} == {"en-US": "Shop", "zh-CN": "商店"}
    changed = offers.TEMPLATE.replace("Default: 2", "Default: 3")
    before = service.state["templateUrls"]["standard"]["url"]
    assert service.up(wish(artifact_id, templates={"standard": changed})) == "update"
    assert service.state["templateUrls"]["standard"]["url"] != before
    assert service.state["serviceId"] == first
    service.destroy()
    assert service.subject.things() == []


def test_keys_that_are_not_managed_stay(cloud: Cloud, service: AnyLife) -> None:
    artifact_id = cloud.released()
    news = wish(artifact_id, metadata={"EnableVnc": False})
    service.up(news)
    document = metadata(cloud, service)
    document["EstimateTime"] = "10 min"
    document["EnableVnc"] = True
    document["TemplateConfigs"][0]["PredefinedParameters"] = [{"Name": "small"}]
    document["TemplateConfigs"].append({"Name": "theirs", "Url": "https://elsewhere"})
    document["SupplierDeployMetadata"]["ArtifactRelation"]["other"] = {"ArtifactId": artifact_id}
    document["SupplierDeployMetadata"]["RoleName"] = "theirs"
    edit(cloud, service, "draft", DeployMetadata=json.dumps(document))
    assert service.refresh()
    assert service.state["metadata"] == {"EnableVnc": True}
    assert service.changes(news) == ["metadata"]
    assert service.up(news) == "update"
    after = metadata(cloud, service)
    document["EnableVnc"] = False
    assert after == document
    assert service.up(wish(artifact_id)) == "update", "metadata is managed no more"
    assert "EnableVnc" not in metadata(cloud, service)
    service.destroy()


@pytest.mark.parametrize("form", ["map", "list"])
def test_a_relation_is_repaired_in_the_form_it_has(cloud: Cloud, service: AnyLife, form: str) -> None:
    artifact_id = cloud.released()
    cloud.next_version(artifact_id, source=GOLDEN_2)
    service.up(wish(artifact_id, "2"))
    document = metadata(cloud, service)
    relation: Any = {MARKER: {"ArtifactId": artifact_id, "ArtifactVersion": "1"}}
    document["SupplierDeployMetadata"]["ArtifactRelation"] = relation if form == "map" else [relation]
    edit(cloud, service, "draft", DeployMetadata=json.dumps(document))
    assert service.refresh()
    assert service.state["relations"][MARKER]["version"] == "1"
    assert service.changes(wish(artifact_id, "2")) == ["relations"]
    service.up(wish(artifact_id, "2"))
    found = metadata(cloud, service)["SupplierDeployMetadata"]["ArtifactRelation"]
    assert isinstance(found, dict if form == "map" else list)
    assert (found if form == "map" else found[0])[MARKER]["ArtifactVersion"] == "2"
    assert service.up(wish(artifact_id, "2")) == "same"
    service.destroy()


def test_a_template_that_was_exchanged_is_put_back(cloud: Cloud, service: AnyLife) -> None:
    artifact_id = cloud.released()
    service.up(wish(artifact_id))
    document = metadata(cloud, service)
    theirs = offers.upload(cloud, offers.TEMPLATE.replace("Default: 2", "Default: 9"))
    document["TemplateConfigs"][0]["Url"] = theirs
    edit(cloud, service, "draft", DeployMetadata=json.dumps(document))
    service.refresh()
    assert service.changes(wish(artifact_id)) == ["templates"]
    service.up(wish(artifact_id))
    assert metadata(cloud, service)["TemplateConfigs"][0]["Url"] != theirs
    assert service.up(wish(artifact_id)) == "same"
    service.destroy()


def test_the_whitelist_is_exactly_what_is_given(cloud: Cloud, service: AnyLife) -> None:
    news = wish(cloud.released())
    many = [f"{10**15 + n}" for n in range(23)]
    service.up({**news, "shareAccounts": many})
    shared = dict.fromkeys(many, "Deployable")
    service_id = service.state["serviceId"]
    assert found_shared(cloud, service_id) == shared
    offers.share(cloud, service_id, STRANGER)
    service.refresh()
    assert STRANGER in service.state["shareAccounts"]
    wanted = {CUSTOMER: "DeployableIncludeBeta", many[0]: "Accessible"}
    service.up({**news, "shareAccounts": wanted})
    assert found_shared(cloud, service_id) == wanted
    assert service.state["permissions"] == {MARKER: f"private, shared with {many[0]}, {CUSTOMER}"}
    offers.share(cloud, service_id, STRANGER)
    service.up(news)
    assert found_shared(cloud, service_id) == {STRANGER: "Deployable"}, "who the program named is gone, others stay"
    service.destroy()


def found_shared(cloud: Cloud, service_id: str) -> dict[str, str]:
    request = nest.ListServiceSharedAccountsRequest(
        region_id=offers.CONTROL_REGION, service_id=service_id, max_results=100
    )
    rows = cloud.nest().list_service_shared_accounts(request).body.share_account or []
    return {str(row.user_ali_uid): row.permission for row in rows}


def test_what_was_saved_badly_is_saved_again(cloud: Cloud, service: AnyLife) -> None:
    artifact_id = cloud.released()
    cloud.fault(
        {"kind": "fail_service", "code": "Broken", "message": "No."}, match={"action": "CreateService"}, times=1
    )
    with pytest.raises(Failed, match="CreateFailed: Broken"):
        service.up(wish(artifact_id))
    assert service.state["serviceId"], "the id is recorded at once"
    assert service.state["status"] == "Incomplete"
    cloud.control("PUT", "faults", [])
    assert service.up(wish(artifact_id)) == "update"
    assert service.state["status"] == "Draft"
    assert len(service.subject.things()) == 1
    service.destroy()


def test_a_strangers_service_of_that_name_is_left_alone(cloud: Cloud, service: AnyLife) -> None:
    artifact_id = cloud.released()
    theirs = offers.save(cloud, name="Shop")
    offers.save(cloud, name="Shop of somebody else")
    with pytest.raises(Failed, match=f"{theirs}.*was not made by this stack"):
        service.up(wish(artifact_id))
    assert service.up(wish(artifact_id, infos={"en-US": "Shop of"})) == "create", "the list's filter is fuzzy"
    service.destroy()
    assert theirs in service.subject.things()


def test_a_service_that_lost_its_tag_is_restored_and_never_deleted(cloud: Cloud, service: AnyLife) -> None:
    news = wish(cloud.released())
    service.up(news)
    service_id = service.state["serviceId"]
    request = nest.UnTagResourcesRequest(
        region_id=offers.CONTROL_REGION, resource_type="service", resource_id=[service_id], all=True
    )
    cloud.nest().un_tag_resources(request)
    with pytest.raises(Failed, match="not made by this stack"):
        service.destroy()
    service.refresh()
    assert service.up(news) == "update"
    service.destroy()
    assert service.subject.things() == []


def test_a_service_that_is_gone_is_made_anew(cloud: Cloud, service: AnyLife) -> None:
    news = wish(cloud.released())
    service.up(news)
    first = service.state["serviceId"]
    offers.delete(cloud, first, "draft")
    assert not service.refresh()
    assert service.up(news) == "create"
    assert service.state["serviceId"] != first
    service.destroy()


def test_another_resource_group_replaces_it(cloud: Cloud, service: AnyLife) -> None:
    news = wish(cloud.released())
    service.up(news)
    first = service.state["serviceId"]
    assert service.up({**news, "resourceGroupId": "rg-other"}) == "replace"
    assert service.state["generation"] == 2
    assert service.subject.things() == [service.state["serviceId"]] != [first]
    assert service.up({**news, "resourceGroupId": "rg-other"}) == "same"
    service.destroy()
    assert service.subject.things() == []


def test_an_import_finds_nothing_to_change(cloud: Cloud, service: AnyLife) -> None:
    artifact_id = cloud.released()
    news = wish(artifact_id, tags={"team": "shop"})
    online(cloud, service, news)
    assert adopt(service, service.id)
    assert service.up({**news, "publishing": "online"}) == "same"
    service.destroy()
    assert service.subject.things() == []


def flipped(cloud: Cloud) -> dict[str, Any]:
    """Every switch of the embedded cloud in another position than its default."""
    switches = [fact["switch"] for fact in cloud.control("GET", "facts")["facts"] if fact.get("switch")]
    return {s["key"]: next(p for p in s["positions"] if p != s["default"]) for s in switches}


def test_signed_addresses_are_not_saved(cloud: Cloud, service: AnyLife) -> None:
    cloud.switch("service.template_urls", "signed")
    artifact_id = cloud.released()
    service.up(wish(artifact_id))
    assert "Signature" in metadata(cloud, service)["TemplateConfigs"][0]["Url"]
    assert service.refresh()
    assert service.up(wish(artifact_id)) == "same"
    assert service.up(wish(artifact_id, infos={"en-US": "Shop 2"})) == "update"
    cloud.switch("service.template_urls", "plain")
    assert "?" not in metadata(cloud, service)["TemplateConfigs"][0]["Url"]
    assert "Signature" not in json.dumps(service.state)
    service.destroy()


def test_a_service_lives_with_every_switch_flipped(cloud: Cloud, service: AnyLife) -> None:
    positions = flipped(cloud)
    assert {"service.unknown_answers", "relation.default_version", "permission.counts"} <= set(positions)
    cloud.control("PUT", "facts", positions)
    news = {**wish(cloud.released()), "visibility": "public"}
    service.up(news)
    online(cloud, service, news)
    assert service.up({**news, "publishing": "online"}) == "same"
    assert service.refresh()
    assert service.up({**news, "publishing": "online"}) == "same"
    online(cloud, service, {**news, "infos": {"en-US": "Shop 2"}, "visibility": "private"})
    service.destroy()
    assert service.subject.things() == []
    assert not service.state


def test_over_the_wire_it_lives_alike(server: Cloud) -> None:
    test_a_draft_is_made_changed_and_deleted(
        server, LIVES["dynamic"](ServiceSubject(server, is_bare=True), name="shop")
    )
