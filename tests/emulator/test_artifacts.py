"""Artifacts: drafts, versions, look-up, tags, tokens, deletion."""

from __future__ import annotations

import json

import pytest
from alibabacloud_computenestsupplier20210521 import models as nest

from emulator.harness import GOLDEN_2, REGIONS, both


def _update(cloud, artifact_id, **fields):
    return cloud.nest().update_artifact(nest.UpdateArtifactRequest(artifact_id=artifact_id, **fields)).body


def _list(cloud, **fields):
    return cloud.nest().list_artifacts(nest.ListArtifactsRequest(**fields)).body


def _filter(name, *values):
    return nest.ListArtifactsRequestFilter(name=name, values=list(values))


def test_a_new_artifact_is_a_draft(cloud):
    answer = cloud.draft("web", description="text")
    assert answer.artifact_id.startswith("artifact-")
    found = cloud.get(answer.artifact_id)
    assert (found.artifact_version, found.status, found.max_version) == ("draft", "Created", 0)
    assert (found.name, found.description, found.permission_type) == ("web", "text", "Automatic")
    assert json.loads(found.support_region_ids) == list(REGIONS)
    assert json.loads(found.artifact_property) == {"RegionId": "cn-hangzhou", "ImageId": "m-bp1gold0000000000001"}
    assert found.resource_group_id


def test_an_artifact_is_found_by_its_exact_name(cloud, refused):
    artifact_id = cloud.draft("web").artifact_id
    cloud.draft("web-prod")
    found = cloud.nest().get_artifact(nest.GetArtifactRequest(artifact_name="web")).body
    assert found.artifact_id == artifact_id
    with refused("EntityNotExist.Artifact"):
        cloud.nest().get_artifact(nest.GetArtifactRequest(artifact_name="we"))


def test_update_changes_what_is_sent(cloud):
    artifact_id = cloud.draft().artifact_id
    _update(cloud, artifact_id, version_name="two", support_region_ids=["cn-beijing"])
    found = cloud.get(artifact_id)
    assert (found.version_name, json.loads(found.support_region_ids)) == ("two", ["cn-beijing"])
    assert json.loads(found.artifact_property)["ImageId"] == "m-bp1gold0000000000001"
    _update(cloud, artifact_id, support_region_ids=[])  # an empty list is not sent at all
    assert json.loads(cloud.get(artifact_id).support_region_ids) == ["cn-beijing"]


@both("artifact.permission_of_others")
def test_the_permission_of_what_is_neither_image_nor_chart(cloud, refused, position):
    cloud.switch("artifact.permission_of_others", position)
    artifact_id = cloud.draft().artifact_id
    if position == "refused":
        with refused("InvalidParameter.PermissionType"):
            _update(cloud, artifact_id, permission_type="Public")
    else:
        _update(cloud, artifact_id, permission_type="Public")
    assert cloud.get(artifact_id).permission_type == "Automatic"


def test_permission_goes_from_automatic_to_public_only(cloud, refused):
    request = nest.CreateArtifactRequest(
        artifact_type="AcrImage",
        name="web",
        version_name="one",
        artifact_property=nest.CreateArtifactRequestArtifactProperty(repo_name="web", tag="v1"),
    )
    artifact_id = cloud.nest().create_artifact(request).body.artifact_id
    _update(cloud, artifact_id, permission_type="Public")
    assert cloud.get(artifact_id).permission_type == "Public"
    with refused("OperationDenied"):
        _update(cloud, artifact_id, permission_type="Automatic")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"support_region_ids": ["cn-atlantis"]}, "InvalidParameter.SupportRegionIds"),
        ({"artifact_type": "Cake"}, "InvalidParameter.ArtifactType"),
        ({"version_name": None}, "MissingVersionName"),
        ({"name": None}, "MissingName"),
        ({"artifact_property": None}, "InvalidParameter.ArtifactProperty"),
        (
            {"artifact_property": nest.CreateArtifactRequestArtifactProperty(commodity_code="cmjj00000001")},
            "InvalidParameter.ArtifactProperty",
        ),
        (
            {"artifact_property": nest.CreateArtifactRequestArtifactProperty(region_id="x", image_id="m-1")},
            "InvalidParameter.ArtifactProperty",
        ),
        ({"artifact_id": "artifact-unknown"}, "EntityNotExist.Artifact"),
    ],
)
def test_a_malformed_draft_is_refused_and_leaves_nothing(cloud, refused, fields, code):
    request = nest.CreateArtifactRequest(
        artifact_type="EcsImage",
        name="web",
        version_name="one",
        artifact_property=nest.CreateArtifactRequestArtifactProperty(region_id="cn-hangzhou", image_id=GOLDEN_2),
    )
    for name, value in fields.items():
        setattr(request, name, value)
    with refused(code):
        cloud.nest().create_artifact(request)
    assert cloud.ledger()["is_empty"]


def test_one_draft_at_a_time(cloud, refused):
    artifact_id = cloud.draft().artifact_id
    with refused("EntityAlreadyExist.DraftArtifact"):
        cloud.draft(artifact_id=artifact_id)


def test_versions_are_numbered_and_listed_newest_first(cloud):
    artifact_id = cloud.released()
    second = cloud.next_version(artifact_id, source=GOLDEN_2)
    assert second.artifact_version == "2"
    cloud.draft(artifact_id=artifact_id)
    assert [version.artifact_version for version in cloud.versions(artifact_id)] == ["draft", "2", "1"]
    listed = _list(cloud).artifacts[0]
    assert (listed.status, listed.max_version) == ("Created", "2")
    assert cloud.get(artifact_id, "1").status == "Available"
    assert cloud.get(artifact_id).max_version == 2


def test_versions_are_filtered_by_status(cloud):
    artifact_id = cloud.released()
    cloud.draft(artifact_id=artifact_id)
    wanted = nest.ListArtifactVersionsRequestFilters(name="Status", values=["Available"])
    request = nest.ListArtifactVersionsRequest(artifact_id=artifact_id, filters=[wanted])
    found = cloud.nest().list_artifact_versions(request).body.artifacts
    assert [version.artifact_version for version in found] == ["1"]


def test_list_filters(cloud):
    ids = {name: cloud.draft(name).artifact_id for name in ("web", "my-WEB-2", "db")}
    assert {a.name for a in _list(cloud, filter=[_filter("Name", "web")]).artifacts} == {"web", "my-WEB-2"}
    found = _list(cloud, filter=[_filter("ArtifactId", ids["web"], ids["db"], "artifact-unknown")]).artifacts
    assert {artifact.name for artifact in found} == {"web", "db"}
    assert _list(cloud, filter=[_filter("ArtifactType", "File")]).artifacts == []


def test_list_pages_are_stable_when_something_is_deleted_between(cloud):
    ids = [cloud.draft(f"n{number}").artifact_id for number in range(5)]
    first = _list(cloud, max_results=2)
    assert first.total_count == 5
    cloud.delete(first.artifacts[0].artifact_id)
    rest, token = [], first.next_token
    while token:
        page = _list(cloud, max_results=2, next_token=token)
        rest += [artifact.artifact_id for artifact in page.artifacts]
        token = page.next_token
    assert [a.artifact_id for a in first.artifacts] + rest == ids[::-1]


def test_tags(cloud):
    tag = nest.CreateArtifactRequestTag(key="owner", value="me")
    artifact_id = cloud.draft(tag=[tag]).artifact_id
    cloud.draft("other")
    cloud.nest().tag_resources(
        nest.TagResourcesRequest(
            region_id="cn-hangzhou",
            resource_type="artifact",
            resource_id=[artifact_id],
            tag=[nest.TagResourcesRequestTag(key="stage", value="dev")],
        )
    )
    assert {tag.key: tag.value for tag in cloud.get(artifact_id).tags} == {"owner": "me", "stage": "dev"}
    found = _list(cloud, tag=[nest.ListArtifactsRequestTag(key="owner", value="me")]).artifacts
    assert [artifact.artifact_id for artifact in found] == [artifact_id]
    cloud.nest().un_tag_resources(
        nest.UnTagResourcesRequest(
            region_id="cn-hangzhou", resource_type="artifact", resource_id=[artifact_id], tag_key=["owner"]
        )
    )
    request = nest.ListTagResourcesRequest(region_id="cn-hangzhou", resource_type="artifact", resource_id=[artifact_id])
    rows = cloud.nest().list_tag_resources(request).body.tag_resources
    assert [(row.tag_key, row.tag_value) for row in rows] == [("stage", "dev")]


def test_the_supplier_is_known(cloud):
    answer = cloud.nest().get_supplier_information(nest.GetSupplierInformationRequest(region_id="cn-hangzhou")).body
    assert answer.acr_namespace == cloud.uid("supplier")


def test_other_accounts_see_nothing_of_it(cloud, refused):
    artifact_id = cloud.draft().artifact_id
    assert cloud.nest("customer").list_artifacts(nest.ListArtifactsRequest()).body.artifacts == []
    with refused("EntityNotExist.Artifact"):
        cloud.nest("customer").get_artifact(nest.GetArtifactRequest(artifact_id=artifact_id))


def test_a_token_creates_once(cloud, refused):
    first = cloud.draft(client_token="t").artifact_id
    assert cloud.draft(client_token="t").artifact_id == first
    assert _list(cloud).total_count == 1
    with refused("IdempotentParameterMismatch"):
        cloud.draft("other", client_token="t")
    with refused("InvalidClientToken"):
        cloud.draft("other", client_token="t" * 65)


def test_a_failed_call_does_not_use_up_its_token(cloud, refused):
    with refused("InvalidParameter.SupportRegionIds"):
        cloud.draft(regions=("cn-atlantis",), client_token="t")
    cloud.draft(client_token="t")


def test_a_token_releases_once(cloud):
    artifact_id = cloud.draft().artifact_id
    request = nest.ReleaseArtifactRequest(artifact_id=artifact_id, client_token="t")
    cloud.nest().release_artifact(request)
    cloud.advance(3600)
    assert cloud.nest().release_artifact(request).body.artifact_id == artifact_id
    assert [version.artifact_version for version in cloud.versions(artifact_id)] == ["1"]


def test_deleting_the_last_version_deletes_the_artifact(cloud, refused):
    artifact_id = cloud.released()
    cloud.next_version(artifact_id, source=GOLDEN_2)
    cloud.delete(artifact_id, "1")
    assert cloud.get(artifact_id).artifact_version == "2"
    with refused("EntityNotExist.ArtifactVersion"):
        cloud.delete(artifact_id, "1")
    cloud.delete(artifact_id, "2")
    with refused("EntityNotExist.Artifact"):
        cloud.get(artifact_id)
    assert cloud.ledger()["is_empty"]


def test_a_number_is_not_used_twice(cloud):
    artifact_id = cloud.released()
    cloud.next_version(artifact_id)
    cloud.delete(artifact_id, "2")
    assert cloud.next_version(artifact_id).artifact_version == "3"


def test_what_a_service_uses_is_not_deleted(cloud, refused):
    artifact_id = cloud.released()
    body = {"artifact_id": artifact_id, "version": "1", "service_id": "service-1"}
    cloud.control("POST", "associations", body)
    for version in (None, "1"):
        with refused("OperationDenied.ArtifactAssociated") as caught:
            cloud.delete(artifact_id, version)
        assert "service-1" in caught.value.message
    cloud.control("DELETE", "associations", body)
    cloud.delete(artifact_id)
    assert cloud.ledger()["is_empty"]


def test_other_types_are_released_without_copies(cloud):
    request = nest.CreateArtifactRequest(
        artifact_type="Script",
        name="script",
        version_name="one",
        artifact_property=nest.CreateArtifactRequestArtifactProperty(url="https://example.invalid/a.tgz"),
    )
    artifact_id = cloud.nest().create_artifact(request).body.artifact_id
    cloud.release(artifact_id)
    cloud.advance(60)
    assert cloud.versions(artifact_id)[0].status == "Available"
    assert not cloud.versions(artifact_id)[0].image_delivery
