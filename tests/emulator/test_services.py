"""Services: drafts, versions, saving, associations, publishing, whitelists; with the official SDK."""

from __future__ import annotations

import json
import re

import pytest
from alibabacloud_computenestsupplier20210521 import models as nest

from emulator import offers
from emulator.harness import GOLDEN_2, both
from emulator.offers import CONTROL_REGION, metadata, relation


def _list(cloud, **fields):
    request = nest.ListServicesRequest(region_id=CONTROL_REGION, **fields)
    return cloud.nest().list_services(request).body


def _filter(name, *values):
    return [nest.ListServicesRequestFilter(name=name, value=list(values))]


def test_a_service_is_created_in_time(cloud):
    info = nest.CreateServiceRequestServiceInfo(
        locale="zh-CN",
        name="网站",
        short_description="text",
        softwares=[nest.CreateServiceRequestServiceInfoSoftwares(name="nginx", version="1")],
    )
    request = nest.CreateServiceRequest(
        region_id=CONTROL_REGION,
        deploy_type="ros",
        service_info=[info],
        version_name="one",
        tag=[nest.CreateServiceRequestTag(key="a", value="b")],
    )
    answer = cloud.nest().create_service(request).body
    assert (answer.version, answer.status) == ("draft", "Creating")
    assert answer.service_id.startswith("service-")
    cloud.advance(5)
    found = offers.get(cloud, answer.service_id)
    assert (found.status, found.version, found.version_name, found.progress) == ("Draft", "draft", "one", 100)
    assert (found.service_type, found.share_type, found.deploy_type) == ("private", "Restricted", "ros")
    assert found.service_infos[0].name == "网站"
    assert found.service_infos[0].softwares[0].name == "nginx"
    assert [(tag.key, tag.value) for tag in found.tags] == [("a", "b")]
    listed = _list(cloud, filter=_filter("Name", "网")).services
    assert [(service.service_id, service.has_draft, service.status) for service in listed] == [
        (answer.service_id, True, "Draft")
    ]


def test_saving_can_fail(cloud):
    cloud.fault({"kind": "fail_service", "code": "Broken", "message": "No."}, match={"action": "CreateService"})
    found = offers.get(cloud, offers.save(cloud))
    assert (found.status, found.status_detail) == ("CreateFailed", "Broken: No.")
    cloud.fault({"kind": "fail_service"}, match={"action": "UpdateService"})
    offers.update(cloud, found.service_id, version_name="x")
    assert offers.get(cloud, found.service_id).status == "UpdateFailed"


def test_a_draft_is_changed_and_not_while_it_is_saved(cloud, refused):
    service_id = offers.save(cloud)
    request = nest.UpdateServiceRequest(region_id=CONTROL_REGION, service_id=service_id, version_name="two")
    cloud.nest().update_service(request)
    assert offers.get(cloud, service_id).status == "Updating"
    with refused("OperationDenied.ServiceStatus"):
        cloud.nest().update_service(request)
    cloud.advance(5)
    assert offers.get(cloud, service_id).version_name == "two"


def test_a_dry_run_does_nothing(cloud):
    request = nest.CreateServiceRequest(
        region_id=CONTROL_REGION,
        deploy_type="ros",
        service_info=[nest.CreateServiceRequestServiceInfo(locale="zh-CN", name="web")],
        dry_run=True,
    )
    assert cloud.nest().create_service(request).body.dry_run_result is not None
    assert cloud.ledger()["is_empty"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"deploy_type": None}, "MissingDeployType"),
        ({"deploy_type": "cake"}, "InvalidParameter.DeployType"),
        ({"service_info": None}, "MissingServiceInfo"),
        ({"deploy_metadata": "{"}, "InvalidParameter.DeployMetadata"),
        ({"deploy_metadata": metadata({"m": {}})}, "InvalidParameter.DeployMetadata"),
        ({"deploy_metadata": metadata("m")}, "InvalidParameter.DeployMetadata"),
        ({"deploy_metadata": metadata(relation("artifact-unknown"))}, "EntityNotExist.Artifact"),
        ({"service_id": "service-unknown"}, "EntityNotExist.Service"),
        ({"share_type": "Secret"}, "InvalidParameter.ShareType"),
    ],
)
def test_a_malformed_service_is_refused(cloud, refused, fields, code):
    with refused(code):
        offers.save(cloud, **fields)
    assert cloud.ledger()["is_empty"]


@pytest.mark.parametrize("form", ["map", "list"])
def test_an_associated_version_stays(cloud, refused, form):
    artifact_id = cloud.released()
    cloud.next_version(artifact_id, source=GOLDEN_2)
    found = relation(artifact_id, 1)
    service_id = offers.save(cloud, metadata(found if form == "map" else [found]))
    with refused("OperationDenied.ArtifactAssociated") as caught:
        cloud.delete(artifact_id, "1")
    assert service_id in str(caught.value)
    with refused("OperationDenied.ArtifactAssociated"):
        cloud.delete(artifact_id)
    offers.update(cloud, service_id, deploy_metadata=metadata(relation(artifact_id, "2")))
    cloud.delete(artifact_id, "1")
    offers.delete(cloud, service_id, "draft")
    cloud.delete(artifact_id)
    assert cloud.ledger()["is_empty"]


def test_the_control_plane_still_associates(cloud, refused):
    artifact_id = cloud.released()
    cloud.control("POST", "associations", {"artifact_id": artifact_id, "version": "1", "service_id": "service-x"})
    with refused("OperationDenied.ArtifactAssociated") as caught:
        cloud.delete(artifact_id)
    assert "service-x" in str(caught.value)


def test_publishing_needs_a_human(cloud, refused):
    service_id = offers.save(cloud)
    with refused("OperationDenied.ServiceStatus"):
        offers.launch(cloud, service_id)
    registration_id = offers.submit(cloud, service_id)
    assert offers.get(cloud, service_id).status == "Submitted"
    with refused("OperationDenied.ServiceStatus"):
        offers.update(cloud, service_id, version_name="x")
    ask = nest.GetServiceRegistrationRequest(region_id=CONTROL_REGION, registration_id=registration_id)
    assert cloud.nest().get_service_registration(ask).body.status == "Submitted"
    answer = {"registration_id": registration_id, "approve": False, "comment": "Why?"}
    cloud.control("POST", "registrations/review", answer)
    found = cloud.nest().get_service_registration(ask).body
    assert (found.status, found.comment, offers.get(cloud, service_id).status) == ("Rejected", "Why?", "Draft")
    assert offers.publish(cloud, service_id) == "1"
    found = offers.get(cloud, service_id)
    assert (found.status, found.version) == ("Online", "1")
    assert found.publish_time


def test_a_submission_is_taken_back(cloud):
    service_id = offers.save(cloud)
    request = nest.CancelServiceRegistrationRequest(
        region_id=CONTROL_REGION, registration_id=offers.submit(cloud, service_id)
    )
    cloud.nest().cancel_service_registration(request)
    assert offers.get(cloud, service_id).status == "Draft"


def test_versions_drafts_and_withdrawal(cloud, refused):
    service_id = offers.save(cloud)
    offers.publish(cloud, service_id)
    request = nest.CreateServiceRequest(
        region_id=CONTROL_REGION, deploy_type="ros", service_id=service_id, version_name="two"
    )
    cloud.nest().create_service(request)
    with refused("EntityAlreadyExist.DraftService"):
        cloud.nest().create_service(request)
    cloud.advance(5)
    assert offers.get(cloud, service_id).version == "1"
    assert offers.get(cloud, service_id, "draft").service_infos[0].name == "web"
    offers.publish(cloud, service_id)
    listed = _list(cloud, all_versions=True).services
    assert [(entry.version, entry.status, entry.default_version) for entry in listed] == [
        ("2", "Online", True),
        ("1", "Online", False),
    ]
    withdraw = nest.WithdrawServiceRequest(region_id=CONTROL_REGION, service_id=service_id, service_version="2")
    with refused("OperationDenied.ServiceStatus"):
        offers.delete(cloud, service_id, "2")
    cloud.nest().withdraw_service(withdraw)
    assert offers.get(cloud, service_id).version == "1"
    assert offers.get(cloud, service_id, "2").status == "Offline"
    assert offers.launch(cloud, service_id, "2").service_launch_result_type == "PublishOfflineVersion"
    cloud.nest().withdraw_service(withdraw)
    offers.delete(cloud, service_id, "2")
    with refused("EntityNotExist.ServiceVersion"):
        offers.get(cloud, service_id, "2")


def test_a_beta_is_a_copy_of_the_draft(cloud):
    service_id = offers.save(cloud, version_name="one")
    request = nest.PreLaunchServiceRequest(region_id=CONTROL_REGION, service_id=service_id)
    cloud.nest().pre_launch_service(request)
    offers.update(cloud, service_id, version_name="two")
    beta = offers.get(cloud, service_id, "beta")
    assert (beta.status, beta.version_name) == ("Beta", "one")
    cloud.nest().pre_launch_service(request)
    assert offers.get(cloud, service_id, "beta").version_name == "two"
    assert _list(cloud).services[0].has_beta


def test_tags_of_services(cloud):
    service_id = offers.save(cloud)
    fields = {"region_id": CONTROL_REGION, "resource_type": "service", "resource_id": [service_id]}
    tags = [nest.TagResourcesRequestTag(key="a", value="1"), nest.TagResourcesRequestTag(key="b", value="2")]
    cloud.nest().tag_resources(nest.TagResourcesRequest(tag=tags, **fields))
    cloud.nest().un_tag_resources(nest.UnTagResourcesRequest(tag_key=["a"], **fields))
    found = cloud.nest().list_tag_resources(nest.ListTagResourcesRequest(**fields)).body.tag_resources
    assert [(tag.tag_key, tag.tag_value, tag.resource_type) for tag in found] == [("b", "2", "service")]


def test_a_token_creates_one_service(cloud):
    first = offers.save(cloud, client_token="t")
    assert offers.save(cloud, client_token="t") == first
    assert len(_list(cloud).services) == 1


def test_services_come_in_pages_and_by_status(cloud):
    for number in range(3):
        offers.save(cloud, name=f"web-{number}")
    first = _list(cloud, max_results=2)
    second = _list(cloud, max_results=2, next_token=first.next_token)
    names = [service.service_infos[0].name for service in first.services + second.services]
    assert names == ["web-2", "web-1", "web-0"]
    assert (first.total_count, second.next_token) == (3, None)
    assert _list(cloud, filter=_filter("Status", "Online")).services == []
    assert len(_list(cloud, filter=_filter("Status", "Draft")).services) == 3


def test_a_service_edited_by_hand(cloud):
    artifact_id = cloud.released()
    service_id = offers.save(cloud)
    edited = metadata(relation(artifact_id))
    cloud.control("POST", "services/edit", {"service_id": service_id, "set": {"DeployMetadata": edited}})
    assert json.loads(offers.get(cloud, service_id).deploy_metadata) == json.loads(edited)


def test_services_survive_a_restart(start):
    cloud = start("--virtual")
    artifact_id = cloud.released()
    request = nest.CreateServiceRequest(
        region_id=CONTROL_REGION,
        deploy_type="ros",
        service_info=[nest.CreateServiceRequestServiceInfo(locale="zh-CN", name="web")],
        deploy_metadata=metadata(relation(artifact_id)),
    )
    service_id = cloud.nest().create_service(request).body.service_id
    cloud.stop()
    cloud = start("--virtual")
    assert offers.get(cloud, service_id).status == "Creating"
    cloud.advance(5)
    assert offers.get(cloud, service_id).status == "Draft"


@both("service.checks_relations")
def test_a_relation_to_an_unknown_artifact(cloud, refused, position):
    cloud.switch("service.checks_relations", position)
    if position:
        with refused("EntityNotExist.Artifact"):
            offers.save(cloud, metadata(relation("artifact-unknown")))
    else:
        assert offers.get(cloud, offers.save(cloud, metadata(relation("artifact-unknown")))).status == "Draft"


@both("relation.default_version")
def test_the_version_a_relation_means_when_it_names_none(cloud, refused, position):
    cloud.switch("relation.default_version", position)
    artifact_id = cloud.released()
    cloud.draft(artifact_id=artifact_id)
    offers.save(cloud, metadata(relation(artifact_id, None)))
    used, free = ("1", "draft") if position == "newest_released" else ("draft", "1")
    with refused("OperationDenied.ArtifactAssociated"):
        cloud.delete(artifact_id, used)
    cloud.delete(artifact_id, free)


@both("relation.draft_follows_release")
def test_a_relation_to_a_draft_that_was_released(cloud, refused, position):
    cloud.switch("relation.draft_follows_release", position)
    artifact_id = cloud.draft().artifact_id
    offers.save(cloud, metadata(relation(artifact_id, "draft")))
    with refused("OperationDenied.ArtifactAssociated"):
        cloud.delete(artifact_id, "draft")
    cloud.release(artifact_id)
    cloud.advance(3600)
    if position:
        with refused("OperationDenied.ArtifactAssociated"):
            cloud.delete(artifact_id, "1")
    else:
        cloud.delete(artifact_id, "1")


@both("service.unknown_answers")
def test_how_an_unknown_service_answers(cloud, refused, position):
    cloud.switch("service.unknown_answers", position)
    if position == "empty":
        assert offers.get(cloud, "service-unknown").service_id is None
    else:
        with refused("EntityNotExist.Service"):
            offers.get(cloud, "service-unknown")


@both("launch.accepts_draft_artifacts")
def test_launching_with_a_draft_package(cloud, refused, position):
    cloud.switch("launch.accepts_draft_artifacts", position)
    service_id = offers.save(cloud, metadata(relation(cloud.draft().artifact_id, "draft")))
    if position:
        assert offers.publish(cloud, service_id) == "1"
    else:
        with refused("OperationDenied.ServiceStatus"):
            offers.publish(cloud, service_id)


@both("service.template_urls")
def test_how_templates_are_addressed(cloud, position):
    cloud.switch("service.template_urls", position)
    saved = offers.upload(cloud)
    service_id = offers.save(cloud, metadata(relation(cloud.released()), saved))
    found = json.loads(offers.get(cloud, service_id).deploy_metadata)
    shown = found["TemplateConfigs"][0]["Url"]
    assert found["SupplierDeployMetadata"]["SupplierTemplateConfigs"][0]["Url"] == shown
    path = shown.removeprefix("https://")
    host, _, name = path.partition("/")
    answer = cloud.send("GET", f"/{host.partition('.')[0]}/{name}")
    assert (answer.status, shown.partition("?")[0]) == (403 if position == "plain" else 200, saved)
    assert (answer.body.decode() == offers.TEMPLATE) == (position == "signed")
    offers.update(cloud, service_id, deploy_metadata=json.dumps(found))  # what was shown can be sent back
    assert offers.get(cloud, service_id).status == "Draft"


def test_what_the_marketplace_sells_is_delisted_before_it_is_withdrawn(cloud, refused):
    service_id = offers.save(cloud)
    version = offers.publish(cloud, service_id)
    request = nest.WithdrawServiceRequest(region_id=CONTROL_REGION, service_id=service_id, service_version=version)
    cloud.control("POST", "services/edit", {"service_id": service_id, "listed_as": "cmjj00000001"})
    with refused("OperationDenied.ServiceListed"):
        cloud.nest().withdraw_service(request)
    cloud.control("POST", "services/edit", {"service_id": service_id, "listed_as": ""})
    cloud.nest().withdraw_service(request)
    assert offers.get(cloud, service_id, version).status == "Offline"


def test_keys_of_an_upload_say_until_when_in_words(cloud):
    """Those of a package's repository say it in milliseconds (SDK 7.0.0)."""
    found = cloud.nest().get_upload_credentials(nest.GetUploadCredentialsRequest(file_name="t.yaml")).body.data
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found.expire_date)
    request = nest.GetArtifactRepositoryCredentialsRequest(artifact_type="File", deploy_region_id=CONTROL_REGION)
    assert cloud.nest().get_artifact_repository_credentials(request).body.expire_date.isdigit()


@both("launch.of_a_draft")
def test_what_a_launch_makes_of_a_draft(cloud, position):
    cloud.switch("launch.of_a_draft", position)
    service_id = offers.save(cloud, name="first")
    assert offers.launch_result(cloud, service_id) == ("PublishNewVersion", "1")
    offers.save(cloud, name="second", service_id=service_id)
    result = offers.launch_result(cloud, service_id)
    assert (
        result == {"new_version": ("PublishNewVersion", "2"), "update_latest": ("UpdateLatestVersion", "1")}[position]
    )
    names = {number: offers.get(cloud, service_id, number).service_infos[0].name for number in ("1", result[1])}
    assert names == ({"1": "second"} if position == "update_latest" else {"1": "first", "2": "second"})
