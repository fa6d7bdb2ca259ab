"""What the real cloud could not be asked: every switch, in both positions."""

from __future__ import annotations

import contextlib

from alibabacloud_computenest20210601 import models as user
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_ecs20140526 import models as ecs

from emulator.harness import COPY_S, GOLDEN_2, REGIONS, both


def _names(cloud, *wanted):
    filters = [nest.ListArtifactsRequestFilter(name="Name", values=list(wanted))]
    found = cloud.nest().list_artifacts(nest.ListArtifactsRequest(filter=filters)).body.artifacts
    return sorted(artifact.name for artifact in found)


@both("delivery.reissues_unchanged_regions")
def test_ids_of_regions_that_stay(cloud, position):
    cloud.switch("delivery.reissues_unchanged_regions", position)
    artifact_id = cloud.released()
    first = cloud.versions(artifact_id)[0].image_delivery
    second = cloud.next_version(artifact_id, regions=(*REGIONS, "cn-shenzhen")).image_delivery
    kept = {region for region in first if second[region] == first[region]}
    assert kept == (set() if position else set(REGIONS))
    created = cloud.ledger()["accounts"]["hub"]["images_created"]
    assert created == (3 + 4 if position else 3 + 1)
    cloud.delete(artifact_id)
    assert cloud.ledger()["is_empty"]


@both("delivery.reissues_unchanged_regions")
def test_the_built_image_of_the_same_definition(cloud, position):
    cloud.switch("delivery.reissues_unchanged_regions", position)
    artifact_id = cloud.build().artifact_id
    cloud.advance(300)
    cloud.release(artifact_id)
    cloud.advance(3600)
    first = cloud.versions(artifact_id)[0].image_delivery
    draft = cloud.build(artifact_id=artifact_id, regions=(*REGIONS, "cn-shenzhen"))
    assert draft.status == ("Creating" if position else "Created")
    cloud.advance(300)
    cloud.release(artifact_id)
    cloud.advance(3600)
    second = cloud.versions(artifact_id)[0].image_delivery
    assert sorted(second) == sorted((*REGIONS, "cn-shenzhen"))
    kept = {region for region in first if second[region] == first[region]}
    assert kept == (set() if position else set(REGIONS))
    cloud.delete(artifact_id)
    assert cloud.ledger()["is_empty"]


@both("delivery.lost_copy_shows_in")
def test_where_a_lost_copy_shows(cloud, position):
    cloud.switch("delivery.lost_copy_shows_in", position)
    artifact_id = cloud.released()
    delivered = cloud.versions(artifact_id)[0].image_delivery
    is_seen = position == "ecs"
    assert (delivered["cn-shanghai"] in cloud.images("cn-shanghai")) == is_seen
    cloud.control("DELETE", "images", {"region": "cn-beijing", "image_id": delivered["cn-beijing"]})
    assert ("cn-beijing" in cloud.versions(artifact_id)[0].image_delivery) == is_seen
    assert cloud.images("cn-beijing").keys() == {"m-2zegold0000000000001"}
    cloud.delete(artifact_id)
    assert cloud.ledger()["is_empty"]


@both("delivery.fills_in_by_region")
def test_when_image_delivery_fills_in(cloud, position):
    cloud.switch("delivery.fills_in_by_region", position)
    artifact_id = cloud.draft().artifact_id
    cloud.release(artifact_id)
    cloud.advance(30 + COPY_S)
    running = cloud.versions(artifact_id)[0]
    assert running.status == "Delivering"
    assert list(running.image_delivery or {}) == (["cn-hangzhou"] if position else [])
    cloud.advance(COPY_S)
    assert sorted(cloud.versions(artifact_id)[0].image_delivery) == sorted(REGIONS)


@both("delivery.failed_status")
def test_the_name_of_a_failed_delivery(cloud, position):
    cloud.switch("delivery.failed_status", position)
    cloud.fault({"kind": "fail_copy"}, match={"region": "cn-beijing"})
    artifact_id = cloud.released()
    assert cloud.get(artifact_id).status == position
    assert cloud.versions(artifact_id)[0].status == position


@both("build.running_status")
def test_the_name_of_a_running_build(cloud, position):
    cloud.switch("build.running_status", position)
    assert cloud.build().status == position


@both("artifact.names_unique")
def test_two_artifacts_of_one_name(cloud, refused, position):
    cloud.switch("artifact.names_unique", position)
    cloud.draft("web")
    if position:
        with refused("EntityAlreadyExist.Artifact"):
            cloud.draft("web")
    else:
        cloud.draft("web")
    assert _names(cloud, "web") == ["web"] * (1 if position else 2)


@both("artifact.deleted_shows_as")
def test_how_something_deleted_shows(cloud, refused, position):
    cloud.switch("artifact.deleted_shows_as", position)
    artifact_id = cloud.released("web")
    cloud.next_version(artifact_id, source=GOLDEN_2)
    cloud.delete(artifact_id, "1")
    if position == "status_deleted":
        assert cloud.get(artifact_id, "1").status == "Deleted"
        assert [v.status for v in cloud.versions(artifact_id)] == ["Available", "Deleted"]
    else:
        with refused("EntityNotExist.ArtifactVersion"):
            cloud.get(artifact_id, "1")
    cloud.delete(artifact_id)
    if position == "status_deleted":
        assert cloud.get(artifact_id).status == "Deleted"
        assert _names(cloud, "web") == ["web"]
        cloud.delete(artifact_id)
    else:
        assert _names(cloud, "web") == []
        for again in (cloud.get, cloud.versions, cloud.delete):
            with refused("EntityNotExist.Artifact"):
                again(artifact_id)
    assert cloud.ledger()["is_empty"]
    assert cloud.draft("web").artifact_id != artifact_id


@both("artifact.copies_removed")
def test_when_copies_are_removed(cloud, position):
    cloud.switch("artifact.copies_removed", position)
    artifact_id = cloud.released()
    cloud.delete(artifact_id)
    assert cloud.ledger()["is_empty"] == (position == "at_once")
    cloud.advance(60)
    assert cloud.ledger()["is_empty"]


@both("artifact.copies_removed")
def test_a_doomed_copy_is_not_taken_over(cloud, position):
    cloud.switch("artifact.copies_removed", position)
    artifact_id = cloud.released()
    cloud.draft(artifact_id=artifact_id)
    cloud.delete(artifact_id, "1")
    cloud.release(artifact_id)
    cloud.advance(3600)
    version = cloud.versions(artifact_id)[0]
    assert version.status == "Available"
    for region, image_id in version.image_delivery.items():
        assert image_id in cloud.images(region, "hub")


@both("ecs.copy_limit_counts")
def test_which_region_the_copy_limit_counts(cloud, position):
    cloud.switch("ecs.copy_limit_counts", position)
    regions = ("cn-beijing", "cn-shanghai", "cn-shenzhen", "cn-qingdao", "cn-chengdu", "cn-heyuan")
    ids = {region: cloud.copy(to=region) for region in regions}
    waiting = [region for region in regions if cloud.images(region)[ids[region]].status == "Waiting"]
    assert waiting == (["cn-heyuan"] if position == "source" else [])


@both("client_token.replays_deleted")
def test_a_token_whose_object_was_deleted(cloud, position):
    cloud.switch("client_token.replays_deleted", position)
    first = cloud.draft(client_token="t").artifact_id
    cloud.delete(first)
    assert (cloud.draft(client_token="t").artifact_id == first) == position


@both("list.name_filter")
def test_how_fuzzy_the_name_filter_is(cloud, position):
    cloud.switch("list.name_filter", position)
    for name in ("web", "web-prod-legacy", "my-web"):
        cloud.draft(name)
    assert _names(cloud, "web") == sorted(["web", "web-prod-legacy"] + (["my-web"] if position == "contains" else []))


@both("http.not_found_status")
def test_the_http_status_of_not_found(cloud, refused, position):
    cloud.switch("http.not_found_status", position)
    with refused("EntityNotExist.Artifact") as caught:
        cloud.get("artifact-unknown")
    assert caught.value.status_code == position


@both("get.default_version")
def test_the_version_shown_when_none_is_named(cloud, position):
    cloud.switch("get.default_version", position)
    artifact_id = cloud.released()
    cloud.draft(artifact_id=artifact_id)
    assert cloud.get(artifact_id).artifact_version == ("draft" if position == "draft_first" else "1")


def test_an_unknown_switch_or_position_changes_nothing(cloud):
    status, answer = cloud.raw("PUT", "/_cloud/facts", {"list.name_filter": "prefix", "nonsense": 1})
    assert status == 400
    assert "nonsense" in answer["error"]
    status, answer = cloud.raw("PUT", "/_cloud/facts", {"list.name_filter": "exact"})
    assert status == 400
    assert "contains, prefix" in answer["error"]
    assert cloud.control("GET", "facts")["positions"]["list.name_filter"] == "contains"


@both("supplier.not_found_codes")
def test_the_names_of_what_does_not_exist(cloud, refused, position):
    cloud.switch("supplier.not_found_codes", position)
    is_newer = position == "entity_not_exist"
    artifact_id = cloud.released()
    with refused("EntityNotExist.Artifact" if is_newer else "ArtifactNotFound"):
        cloud.get("artifact-unknown")
    with refused("EntityNotExist.ArtifactVersion" if is_newer else "ArtifactVersionNotFound"):
        cloud.get(artifact_id, "7")
    with refused("EntityNotExist.Service" if is_newer else "ServiceNotFound"):
        request = nest.GetServiceRequest(region_id="cn-hangzhou", service_id="service-unknown")
        cloud.nest().get_service(request)


@both("instance.not_found_code")
def test_the_name_of_an_instance_that_does_not_exist(cloud, refused, position):
    cloud.switch("instance.not_found_code", position)
    with refused("ServiceInstanceNotFound" if position == "not_found" else "EntityNotExist.ServiceInstance"):
        request = user.GetServiceInstanceRequest(region_id="cn-hangzhou", service_instance_id="si-unknown")
        cloud.user().get_service_instance(request)


@both("artifact.region_limit")
def test_how_many_regions_a_version_may_name(cloud, position, refused):
    cloud.switch("artifact.region_limit", position)
    rows = cloud.ecs().describe_regions(ecs.DescribeRegionsRequest()).body.regions.region
    every = sorted(row.region_id for row in rows)
    assert len(every) > 30
    cloud.draft("as many as in 2023", regions=every[:30])
    with contextlib.nullcontext() if position == "none" else refused("InvalidParameter.SupportRegionIds"):
        cloud.draft("all", regions=every)


@both("list.max_version_of_drafts")
def test_what_a_list_says_of_a_package_that_was_never_released(cloud, position):
    cloud.switch("list.max_version_of_drafts", position)
    artifact_id = cloud.draft().artifact_id
    (listed,) = cloud.nest().list_artifacts(nest.ListArtifactsRequest()).body.artifacts
    assert (listed.artifact_id, listed.max_version) == (artifact_id, position)
    cloud.release(artifact_id)
    cloud.advance(3600)
    (listed,) = cloud.nest().list_artifacts(nest.ListArtifactsRequest()).body.artifacts
    assert listed.max_version == "1"
