"""Releasing: scan, the six steps of distribution, partial failure, what a later version takes over, and clean-up."""

from __future__ import annotations

import pytest
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_ecs20140526 import models as ecs

from emulator.harness import COPY_S, GOLDEN, GOLDEN_2, REGIONS

PREFIXES = {"cn-hangzhou": "m-bp1", "cn-beijing": "m-2ze", "cn-shanghai": "m-uf6"}


def _update(cloud, artifact_id, **fields):
    cloud.nest().update_artifact(nest.UpdateArtifactRequest(artifact_id=artifact_id, **fields))


def _source(image_id):
    return nest.UpdateArtifactRequestArtifactProperty(region_id="cn-hangzhou", image_id=image_id)


def test_a_release_is_scanned_delivered_and_numbered(cloud, refused):
    artifact_id = cloud.draft().artifact_id
    cloud.release(artifact_id)
    assert (cloud.get(artifact_id).status, cloud.versions(artifact_id)[0].security_audit_result) == (
        "Scanning",
        "Processing",
    )
    cloud.advance(30)
    running = cloud.get(artifact_id, "draft")
    assert (running.status, running.progress) == ("Delivering", "0")
    for change in (
        lambda: cloud.release(artifact_id),
        lambda: _update(cloud, artifact_id),
        lambda: cloud.delete(artifact_id),
    ):
        with refused("OperationDenied"):
            change()
    cloud.advance(COPY_S)
    assert 33 <= int(cloud.get(artifact_id, "draft").progress) < 100
    cloud.advance(COPY_S)
    with refused("EntityNotExist.ArtifactVersion"):
        cloud.get(artifact_id, "draft")
    done = cloud.versions(artifact_id)[0]
    assert (done.artifact_version, done.status, done.progress) == ("1", "Available", "100")
    assert done.security_audit_result == "Normal"
    assert {region: image_id[:5] for region, image_id in done.image_delivery.items()} == PREFIXES


def test_the_six_steps_happen_on_ecs(cloud):
    artifact_id = cloud.draft().artifact_id
    cloud.release(artifact_id)
    cloud.advance(31)
    request = ecs.DescribeImageSharePermissionRequest(region_id="cn-hangzhou", image_id=GOLDEN)
    shared = cloud.ecs().describe_image_share_permission(request).body.accounts.account
    assert [account.aliyun_id for account in shared] == [cloud.uid("hub")]  # 1. shared with the hub
    base = [i for i in cloud.images("cn-hangzhou", "hub").values() if i.image_owner_alias == "self"]
    assert [image.status for image in base] == ["Creating"]  # 2. copied in its region
    assert cloud.images("cn-beijing", "hub") == {}
    cloud.advance(COPY_S)
    fan_out = list(cloud.images("cn-beijing", "hub").values())
    assert [image.status for image in fan_out] == ["Creating"]  # 3. copied from there
    cloud.advance(COPY_S)  # 4. waited
    delivered = cloud.versions(artifact_id)[0].image_delivery
    assert delivered["cn-hangzhou"] == base[0].image_id  # 6. stored
    assert delivered["cn-beijing"] == fan_out[0].image_id
    for region, image_id in delivered.items():  # 5. permissions
        assert image_id in cloud.images(region, "supplier", image_owner_alias="others")
        assert image_id not in cloud.images(region, "customer")
    assert cloud.ledger()["accounts"]["supplier"]["images_created"] == 0


def test_a_source_region_outside_the_targets_is_not_delivered(cloud):
    artifact_id = cloud.released(regions=("cn-beijing",))
    assert list(cloud.versions(artifact_id)[0].image_delivery) == ["cn-beijing"]
    assert cloud.ledger()["accounts"]["hub"]["images_created"] == 2
    cloud.delete(artifact_id)
    assert cloud.ledger()["is_empty"]


def test_the_copies_of_a_region_queue_up(cloud):
    regions = tuple(cloud.control("GET", "status")["regions"])[:14]
    artifact_id = cloud.draft(regions=regions).artifact_id
    cloud.release(artifact_id)
    cloud.advance(31 + COPY_S)
    statuses = [image.status for region in regions[1:] for image in cloud.images(region, "hub").values()]
    assert (statuses.count("Creating"), statuses.count("Waiting")) == (5, 8)
    cloud.advance(3 * COPY_S)
    assert sorted(cloud.versions(artifact_id)[0].image_delivery) == sorted(regions)


def test_a_region_that_fails_stops_no_other_and_is_made_up_for(cloud):
    cloud.fault(
        {"kind": "fail_copy", "code": "QuotaExceed.Snapshot", "message": "Full."}, match={"region": "cn-beijing"}
    )
    artifact_id = cloud.released()
    failed = cloud.versions(artifact_id)[0]
    assert (failed.artifact_version, failed.status) == ("draft", "DeliverFailed")
    assert failed.status_detail == "cn-beijing: QuotaExceed.Snapshot: Full."
    assert sorted(failed.image_delivery) == ["cn-hangzhou", "cn-shanghai"]
    created = cloud.ledger()["accounts"]["hub"]["images_created"]
    cloud.control("PUT", "faults", [])
    _update(cloud, artifact_id, description="again")
    cloud.release(artifact_id)
    cloud.advance(3600)
    done = cloud.versions(artifact_id)[0]
    assert (done.artifact_version, done.status) == ("1", "Available")
    assert failed.image_delivery.items() <= done.image_delivery.items()
    assert cloud.ledger()["accounts"]["hub"]["images_created"] == created + 1
    cloud.delete(artifact_id)
    assert cloud.ledger()["is_empty"]


def test_a_failed_first_copy_fails_every_region(cloud):
    cloud.fault({"kind": "fail_copy"}, match={"region": "cn-hangzhou"}, times=1)
    artifact_id = cloud.released()
    failed = cloud.versions(artifact_id)[0]
    assert failed.status == "DeliverFailed"
    assert all(region in failed.status_detail for region in REGIONS)
    cloud.release(artifact_id)
    cloud.advance(3600)
    assert cloud.versions(artifact_id)[0].status == "Available"


@pytest.mark.parametrize("source", ["m-bp1unknown000000000", "m-2zegold0000000000001"])
def test_a_source_that_is_not_there_fails_the_delivery(cloud, source):
    artifact_id = cloud.released(source=source)
    failed = cloud.versions(artifact_id)[0]
    assert failed.status == "DeliverFailed"
    assert "InvalidImageId.NotFound" in failed.status_detail
    assert source in failed.status_detail


def test_a_copy_deleted_while_it_runs_fails_its_region(cloud):
    artifact_id = cloud.draft().artifact_id
    cloud.release(artifact_id)
    cloud.advance(31 + COPY_S)
    (running,) = cloud.images("cn-beijing", "hub")
    cloud.control("DELETE", "images", {"region": "cn-beijing", "image_id": running})
    cloud.advance(COPY_S)
    failed = cloud.versions(artifact_id)[0]
    assert (failed.status, sorted(failed.image_delivery)) == ("DeliverFailed", ["cn-hangzhou", "cn-shanghai"])


def test_a_draft_that_changes_its_source_starts_over(cloud):
    cloud.fault({"kind": "fail_copy"}, match={"region": "cn-beijing"}, times=1)
    artifact_id = cloud.released()
    first = cloud.versions(artifact_id)[0].image_delivery
    _update(cloud, artifact_id, artifact_property=_source(GOLDEN_2))
    cloud.release(artifact_id)
    cloud.advance(3600)
    assert not set(first.values()) & set(cloud.versions(artifact_id)[0].image_delivery.values())
    shares = cloud.ledger()["accounts"]["supplier"]["shares_outstanding"]
    assert [share["image_id"] for share in shares] == [GOLDEN_2]
    cloud.delete(artifact_id)
    assert cloud.ledger()["is_empty"]


def test_a_lost_copy_is_made_again_by_the_next_version(cloud):
    artifact_id = cloud.released()
    first = cloud.versions(artifact_id)[0].image_delivery
    cloud.control("DELETE", "images", {"region": "cn-beijing", "image_id": first["cn-beijing"]})
    second = cloud.next_version(artifact_id).image_delivery
    assert second["cn-beijing"] != first["cn-beijing"]
    assert second["cn-shanghai"] == first["cn-shanghai"]


def test_copies_are_deleted_with_the_last_version_that_uses_them(cloud):
    artifact_id = cloud.released()
    second = cloud.next_version(artifact_id, regions=(*REGIONS, "cn-shenzhen"))
    cloud.delete(artifact_id, "1")
    for region, image_id in second.image_delivery.items():
        assert image_id in cloud.images(region, "hub")
    cloud.delete(artifact_id, "2")
    assert cloud.ledger()["is_empty"]


def test_a_share_the_owner_made_is_left_alone(cloud):
    cloud.share(GOLDEN, cloud.uid("hub"))
    cloud.delete(cloud.released())
    shares = cloud.ledger()["accounts"]["supplier"]["shares_outstanding"]
    assert [share["account"] for share in shares] == [cloud.uid("hub")]


def test_twenty_four_deliveries_are_in_flight_at_once(cloud):
    ids = [cloud.draft(f"p{number}").artifact_id for number in range(24)]
    for artifact_id in ids:
        cloud.release(artifact_id)
    assert cloud.ledger()["deliveries_in_flight"] == 24
    cloud.advance(31)
    assert {
        artifact.status for artifact in cloud.nest().list_artifacts(nest.ListArtifactsRequest()).body.artifacts
    } == {"Delivering"}
    cloud.advance(24 * 3 * COPY_S / 5 + 2 * COPY_S)
    listed = cloud.nest().list_artifacts(nest.ListArtifactsRequest(max_results=100)).body.artifacts
    assert {artifact.status for artifact in listed} == {"Available"}
    assert cloud.ledger()["deliveries_in_flight_peak"] == 24
    for artifact_id in ids:
        cloud.delete(artifact_id)
    assert cloud.ledger()["is_empty"]
    assert cloud.ledger()["accounts"]["hub"]["images_created"] == 72


def test_ids_are_a_function_of_the_seed(cloud):
    def run():
        cloud.control("POST", "reset")
        artifact_id = cloud.released()
        return artifact_id, cloud.versions(artifact_id)[0].image_delivery

    assert run() == run()
