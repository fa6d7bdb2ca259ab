"""CopyImage: two steps, the queue, progress, cancelling, tokens."""

from __future__ import annotations

import pytest
from alibabacloud_ecs20140526 import models as ecs

from emulator.harness import COPY_S, GOLDEN


def _cancel(cloud, image_id, region="cn-beijing"):
    return cloud.ecs().cancel_copy_image(ecs.CancelCopyImageRequest(region_id=region, image_id=image_id))


def test_a_copy_progresses_and_becomes_available(cloud):
    image_id = cloud.copy(destination_image_name="copied")
    assert image_id.startswith("m-2ze")
    assert len(image_id) == 22
    request = ecs.DescribeImagesRequest(region_id="cn-beijing", image_id=image_id)
    assert cloud.ecs().describe_images(request).body.images.image == []  # Available only, by default
    cloud.advance(100)
    running = cloud.images("cn-beijing")[image_id]
    assert running.status == "Creating"
    assert running.is_copied
    assert 30 <= int(running.progress.removesuffix("%")) <= 50
    cloud.advance(COPY_S - 100)
    done = cloud.images("cn-beijing")[image_id]
    assert (done.status, done.progress, done.image_name) == ("Available", "100%", "copied")


def test_a_shared_image_is_copied_within_its_region_only(cloud, refused):
    cloud.share(GOLDEN, cloud.uid("hub"))
    with refused("OperationDenied.SameRegionOnly") as caught:
        cloud.copy(account="hub")
    assert caught.value.status_code == 403
    own = cloud.copy(account="hub", to="cn-hangzhou")
    with refused("IncorrectImageStatus"):
        cloud.copy(own, account="hub")
    cloud.advance(COPY_S)
    assert cloud.copy(own, account="hub").startswith("m-2ze")


def test_what_cannot_be_copied(cloud, refused):
    with refused("InvalidImageId.NotFound"):
        cloud.copy("m-bp1unknown")
    with refused("InvalidImageId.NotFound"):
        cloud.copy(GOLDEN, account="customer")
    with refused("DestinationRegion.NotFound"):
        cloud.copy(to="cn-atlantis")
    with refused("SourceRegion.NotFound"):
        cloud.copy(region_id="cn-atlantis")
    with refused("OperationDenied.NotPublished"):
        cloud.copy("m-bp1mkt00000001v10000")
    with refused("InvalidImageName.Malformed"):
        cloud.copy(destination_image_name="1")
    with refused("DryRunOperation"):
        cloud.copy(dry_run=True)
    assert cloud.ledger()["is_empty"]


def test_names_are_unique_in_a_region(cloud, refused):
    cloud.copy(destination_image_name="same")
    with refused("InvalidImageName.Duplicated"):
        cloud.copy(destination_image_name="same")
    cloud.copy(to="cn-shanghai", destination_image_name="same")


def test_the_quota_is_an_accounts_in_a_region(cloud, refused):
    cloud.switch("ecs.image_quota", 2)
    cloud.copy()
    with refused("QuotaExceed.Image"):
        cloud.copy()
    cloud.copy(to="cn-shanghai")


@pytest.mark.parametrize(
    ("position", "same_destination", "spread"), [("source", (5, 2), (5, 2)), ("destination", (5, 2), (7, 0))]
)
def test_five_copies_run_at_once_in_a_region(cloud, position, same_destination, spread):
    cloud.switch("ecs.copy_limit_counts", position)
    targets = ["cn-beijing", "cn-shanghai", "cn-shenzhen", "cn-qingdao", "cn-chengdu", "cn-heyuan", "cn-hongkong"]

    def statuses(regions):
        found = [
            image.status
            for region in set(regions)
            for image in cloud.images(region).values()
            if image.is_copied and image.status != "Available"
        ]
        return found.count("Creating"), found.count("Waiting")

    for _ in range(7):
        cloud.copy()
    assert statuses(["cn-beijing"]) == same_destination
    cloud.advance(COPY_S)
    assert statuses(["cn-beijing"]) == (2, 0)
    cloud.advance(COPY_S)
    for region in targets:
        cloud.copy(to=region)
    assert statuses(targets) == spread


def test_a_waiting_copy_starts_when_a_running_one_is_cancelled(cloud):
    ids = [cloud.copy() for _ in range(6)]
    assert cloud.images("cn-beijing")[ids[5]].status == "Waiting"
    _cancel(cloud, ids[0])
    found = cloud.images("cn-beijing")
    assert ids[0] not in found
    assert found[ids[5]].status == "Creating"


def test_a_running_copy_is_cancelled_not_deleted(cloud, refused):
    image_id = cloud.copy()
    with refused("OperationDenied.ImageCopying"):
        cloud.ecs().delete_image(ecs.DeleteImageRequest(region_id="cn-beijing", image_id=image_id, force=True))
    with refused("InvalidImageId.NotFound"):
        _cancel(cloud, image_id, region="cn-hangzhou")
    _cancel(cloud, image_id)
    assert cloud.ledger()["is_empty"]
    finished = cloud.copy()
    cloud.advance(COPY_S)
    with refused("IncorrectImageStatus"):
        _cancel(cloud, finished)
    with refused("ImageCreatedNotFromCopy"):
        _cancel(cloud, GOLDEN, region="cn-hangzhou")


def test_a_token_copies_once(cloud, refused):
    first = cloud.copy(client_token="t")
    assert cloud.copy(client_token="t") == first
    with refused("IdempotentParameterMismatch"):
        cloud.copy(to="cn-shanghai", client_token="t")
    assert len(cloud.images("cn-beijing", image_name="m-2ze")) == 1
    cloud.advance(86401)
    assert cloud.copy(client_token="t") != first


def test_tags_and_description_travel_with_the_copy(cloud):
    tags = [ecs.CopyImageRequestTag(key="owner", value="me")]
    image_id = cloud.copy(destination_description="for tests", tag=tags)
    image = cloud.images("cn-beijing")[image_id]
    assert image.description == "for tests"
    assert [(tag.tag_key, tag.tag_value) for tag in image.tags.tag] == [("owner", "me")]
