"""ECS images without copying: listing, sharing, deleting, tags, quotas."""

from __future__ import annotations

import pytest
from alibabacloud_ecs20140526 import models as ecs

from emulator.harness import GOLDEN, GOLDEN_2, both


def _describe(cloud, account="supplier", **fields):
    request = ecs.DescribeImagesRequest(**{"region_id": "cn-hangzhou", **fields})
    return cloud.ecs(account).describe_images(request).body


def _ids(body):
    return [image.image_id for image in body.images.image]


def test_the_supplier_owns_golden_images(cloud):
    assert set(_ids(_describe(cloud, image_owner_alias="self"))) == {GOLDEN, GOLDEN_2}
    beijing = _describe(cloud, region_id="cn-beijing", image_owner_alias="self")
    assert _ids(beijing) == ["m-2zegold0000000000001"]


def test_another_account_does_not_see_them(cloud):
    assert GOLDEN not in _ids(_describe(cloud, account="customer", page_size=100))


def test_public_and_marketplace_images_are_listed_by_alias(cloud):
    assert all(image_id.endswith(".vhd") for image_id in _ids(_describe(cloud, image_owner_alias="system")))
    sold = _describe(cloud, image_owner_alias="marketplace").images.image
    assert {image.product_code for image in sold} == {"cmjj00000001", "cmjj00000002"}


def test_filters_by_id_name_and_tag(cloud):
    assert _ids(_describe(cloud, image_id=f"{GOLDEN},m-unknown")) == [GOLDEN]
    assert _ids(_describe(cloud, image_name="web-2")) == [GOLDEN_2]
    tag = ecs.TagResourcesRequestTag(key="a", value="b")
    request = ecs.TagResourcesRequest(region_id="cn-hangzhou", resource_type="image", resource_id=[GOLDEN], tag=[tag])
    cloud.ecs().tag_resources(request)
    found = _describe(cloud, tag=[ecs.DescribeImagesRequestTag(key="a", value="b")])
    assert _ids(found) == [GOLDEN]
    assert [(tag.tag_key, tag.tag_value) for tag in found.images.image[0].tags.tag] == [("a", "b")]
    untag = ecs.UntagResourcesRequest(
        region_id="cn-hangzhou", resource_type="image", resource_id=[GOLDEN], tag_key=["a"]
    )
    cloud.ecs().untag_resources(untag)
    assert _ids(_describe(cloud, tag=[ecs.DescribeImagesRequestTag(key="a")])) == []


def test_pages(cloud, refused):
    for number in range(12):
        cloud.control("POST", "images", {"account": "supplier", "region": "cn-qingdao", "name": f"n{number}"})
    first = _describe(cloud, region_id="cn-qingdao", image_owner_alias="self")
    second = _describe(cloud, region_id="cn-qingdao", image_owner_alias="self", page_number=2)
    assert (first.total_count, len(_ids(first)), len(_ids(second))) == (12, 10, 2)
    assert not set(_ids(first)) & set(_ids(second))
    with refused("InvalidParameter.PageSize"):
        _describe(cloud, page_size=101)


def test_creation_time_filter(cloud):
    later = ecs.DescribeImagesRequestFilter(key="CreationStartTime", value="2099-01-01T00:00Z")
    assert _ids(_describe(cloud, image_owner_alias="self", filter=[later])) == []


def test_an_unknown_region_is_refused(cloud, refused):
    with refused("InvalidRegionId.NotFound"):
        _describe(cloud, region_id="cn-atlantis")


def _shared_with(cloud, image_id=GOLDEN, **fields):
    request = ecs.DescribeImageSharePermissionRequest(region_id="cn-hangzhou", image_id=image_id, **fields)
    body = cloud.ecs().describe_image_share_permission(request).body
    return body.total_count, [account.aliyun_id for account in body.accounts.account]


def test_a_shared_image_is_seen_as_others(cloud):
    cloud.share(GOLDEN, cloud.uid("customer"))
    assert _ids(_describe(cloud, account="customer", image_owner_alias="others")) == [GOLDEN]
    assert _shared_with(cloud) == (1, [cloud.uid("customer")])
    request = ecs.ModifyImageSharePermissionRequest(
        region_id="cn-hangzhou", image_id=GOLDEN, remove_account=[cloud.uid("customer")]
    )
    cloud.ecs().modify_image_share_permission(request)
    assert _shared_with(cloud) == (0, [])


def _uids(start, count):
    return [f"{10**15 + start + number}" for number in range(count)]


def test_of_more_than_ten_accounts_a_call_only_ten_are_used(cloud):
    cloud.share(GOLDEN, *_uids(0, 12))
    assert _shared_with(cloud)[0] == 10


def test_an_image_is_shared_with_fifty_accounts_at_most(cloud, refused):
    for start in range(0, 50, 10):
        cloud.share(GOLDEN, *_uids(start, 10))
    with refused("QuotaExceed.ShareImageUser"):
        cloud.share(GOLDEN, *_uids(50, 1))
    assert len(_shared_with(cloud, page_size=100)[1]) == 50


def test_whom_an_image_cannot_be_shared_with(cloud, refused):
    with refused("InvalidAccount.NotFound"):
        cloud.share(GOLDEN, "12")
    with refused("InvalidAccount.Forbbiden"):
        cloud.share(GOLDEN, cloud.uid("supplier"))


@pytest.mark.parametrize(("encrypted", "is_refused"), [(True, True), ("cmk", False)])
def test_service_key_encryption_forbids_sharing(cloud, refused, encrypted, is_refused):
    body = {"account": "supplier", "region": "cn-hangzhou", "name": "e", "encrypted": encrypted}
    image_id = cloud.control("POST", "images", body)["image_id"]
    if is_refused:
        with refused("OperationDeined.EncryptedSnapshot"):
            cloud.share(image_id, cloud.uid("hub"))
    else:
        cloud.share(image_id, cloud.uid("hub"))
        assert _shared_with(cloud, image_id)[0] == 1


GOLDEN_IN_HANGZHOU = {"region_id": "cn-hangzhou", "image_id": GOLDEN}


def _delete(cloud, image_id, account="supplier", **fields):
    request = ecs.DeleteImageRequest(region_id="cn-hangzhou", image_id=image_id, **fields)
    return cloud.ecs(account).delete_image(request)


def test_deleting_what_does_not_exist_succeeds(cloud):
    assert _delete(cloud, "m-bp1unknown").status_code == 200
    assert _delete(cloud, GOLDEN, account="customer").status_code == 200
    assert GOLDEN in cloud.images("cn-hangzhou")


def test_an_image_in_use_is_deleted_by_force_and_a_shared_one_is_not(cloud, refused):
    body = {"account": "supplier", "region": "cn-hangzhou", "name": "u", "in_use": True}
    image_id = cloud.control("POST", "images", body)["image_id"]
    with refused("ImageUsingByInstance"):
        _delete(cloud, image_id)
    cloud.share(GOLDEN, cloud.uid("customer"))
    for is_forced in (False, True):
        with refused("ImageUseShared"):
            _delete(cloud, GOLDEN, force=is_forced)
    _delete(cloud, image_id, force=True)
    assert set(cloud.images("cn-hangzhou")) == {GOLDEN, GOLDEN_2}


def test_somebody_elses_image_cannot_be_changed(cloud, refused):
    cloud.share(GOLDEN, cloud.uid("customer"))
    for change in (
        lambda ecs_client: ecs_client.cancel_copy_image(ecs.CancelCopyImageRequest(**GOLDEN_IN_HANGZHOU)),
        lambda ecs_client: ecs_client.modify_image_attribute(
            ecs.ModifyImageAttributeRequest(**GOLDEN_IN_HANGZHOU, description="mine now")
        ),
    ):
        with refused("InvalidImageId.NotFound") as caught:
            change(cloud.ecs("customer"))
        assert caught.value.status_code == 404


def test_create_image_takes_time_and_replays_its_token(cloud, refused):
    request = ecs.CreateImageRequest(
        region_id="cn-hangzhou", snapshot_id="s-bp1abc", image_name="made", client_token="t"
    )
    image_id = cloud.ecs().create_image(request).body.image_id
    assert cloud.ecs().create_image(request).body.image_id == image_id
    assert cloud.images("cn-hangzhou")[image_id].status == "Creating"
    cloud.advance(60)
    assert cloud.images("cn-hangzhou")[image_id].status == "Available"
    with refused("InvalidSnapshotId.NotFound") as caught:
        cloud.ecs().create_image(ecs.CreateImageRequest(region_id="cn-hangzhou", snapshot_id="s-2zeabc"))
    assert caught.value.status_code == 400
    with refused("InvalidInstanceId.NotFound"):
        cloud.ecs().create_image(ecs.CreateImageRequest(region_id="cn-hangzhou", instance_id="i-bp1abc"))


def test_import_image(cloud):
    disk = ecs.ImportImageRequestDiskDeviceMapping(ossbucket="b", ossobject="o", disk_image_size=80)
    request = ecs.ImportImageRequest(region_id="cn-hangzhou", image_name="imported", disk_device_mapping=[disk])
    image_id = cloud.ecs().import_image(request).body.image_id
    cloud.advance(60)
    assert cloud.images("cn-hangzhou")[image_id].size == 80


def _publish(cloud, is_public, image_id=GOLDEN):
    request = ecs.ModifyImageSharePermissionRequest(region_id="cn-hangzhou", image_id=image_id, is_public=is_public)
    cloud.ecs().modify_image_share_permission(request)


@both("ecs.describe_shows")
def test_community_and_marketplace_images_are_hidden_unless_asked_for(cloud, position):
    """The SDK's documented defaults, and the other position: everything that an account may see."""
    cloud.switch("ecs.describe_shows", position)
    hides = position == "asked_for"
    _publish(cloud, True)
    for account in ("supplier", "customer"):
        assert (GOLDEN in _ids(_describe(cloud, account=account, image_id=GOLDEN))) is not hides
        found = _describe(cloud, account=account, image_id=GOLDEN, is_public=True, image_owner_alias="others")
        assert (GOLDEN in _ids(found)) is (hides or account == "customer")
    assert (GOLDEN in _ids(_describe(cloud, image_owner_alias="self"))) is not hides
    aliases = {image.image_owner_alias for image in _describe(cloud, page_size=100).images.image}
    assert ("marketplace" in aliases) is not hides
    assert "system" in aliases
    sold = _describe(cloud, page_size=100, image_owner_alias="marketplace").images.image
    assert {image.image_owner_alias for image in sold} == {"marketplace"}
    _publish(cloud, False)
    assert GOLDEN in _ids(_describe(cloud, account="supplier", image_id=GOLDEN))
    assert _ids(_describe(cloud, account="customer", image_id=GOLDEN)) == []
