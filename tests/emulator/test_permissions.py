"""Who may see a package's copies: decided by the services that use it, and their whitelists."""

from __future__ import annotations

import pytest
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_ecs20140526 import models as ecs

from emulator import offers
from emulator.harness import REGIONS, both
from emulator.offers import CONTROL_REGION, metadata, relation


def _seen(cloud, account):
    """The regions in which the account sees a copy of the hub's."""
    community = {"is_public": True, "image_owner_alias": "others"}
    return [r for r in REGIONS if cloud.images(r, account) or cloud.images(r, account, **community)]


def _unshare(cloud, service_id, *uids):
    request = nest.RemoveServiceSharedAccountsRequest(
        region_id=CONTROL_REGION, service_id=service_id, user_ali_uids=[int(uid) for uid in uids]
    )
    cloud.nest().remove_service_shared_accounts(request)


def test_private_public_private(cloud):
    artifact_id = cloud.released()
    customer, all_regions = cloud.uid("customer"), list(REGIONS)
    assert (_seen(cloud, "customer"), _seen(cloud, "stranger")) == ([], [])
    service_id = offers.save(cloud, metadata(relation(artifact_id)))
    assert _seen(cloud, "customer") == []
    offers.share(cloud, service_id, customer)
    assert (_seen(cloud, "customer"), _seen(cloud, "stranger")) == (all_regions, [])
    offers.update(cloud, service_id, share_type="Public")
    assert (_seen(cloud, "customer"), _seen(cloud, "stranger")) == (all_regions, all_regions)
    offers.update(cloud, service_id, share_type="Hidden")
    assert (_seen(cloud, "customer"), _seen(cloud, "stranger")) == (all_regions, [])
    _unshare(cloud, service_id, customer)
    assert _seen(cloud, "customer") == []
    offers.share(cloud, service_id, customer)
    offers.delete(cloud, service_id, "draft")
    assert _seen(cloud, "customer") == []


def test_one_public_service_is_enough(cloud):
    artifact_id = cloud.released()
    offers.save(cloud, metadata(relation(artifact_id)), name="private")
    public = offers.save(cloud, metadata(relation(artifact_id)), name="public", share_type="Public")
    assert _seen(cloud, "stranger") == list(REGIONS)
    offers.delete(cloud, public, "draft")
    assert _seen(cloud, "stranger") == []


def test_copies_made_later_get_the_permissions(cloud):
    artifact_id = cloud.draft().artifact_id
    service_id = offers.save(cloud, metadata(relation(artifact_id, "draft")))
    offers.share(cloud, service_id, cloud.uid("customer"))
    assert _seen(cloud, "customer") == []
    cloud.release(artifact_id)
    cloud.advance(3600)
    assert _seen(cloud, "customer") == list(REGIONS)


def test_ten_accounts_a_call_and_fifty_an_image(cloud, refused):
    artifact_id = cloud.released()
    service_id = offers.save(cloud, metadata(relation(artifact_id)))
    uids = [f"{number:016d}" for number in range(1, 52)]
    cloud.control("DELETE", "calls")
    offers.share(cloud, service_id, *uids[:25])
    internal = [call for call in cloud.control("GET", "calls")["last"] if call["is_internal"]]
    assert len(internal) == 3 * len(REGIONS)
    offers.share(cloud, service_id, *uids[25:50])
    with refused("QuotaExceeded.SharedAccounts"):
        offers.share(cloud, service_id, uids[50])
    image_id = cloud.versions(artifact_id)[0].image_delivery["cn-beijing"]
    request = ecs.DescribeImageSharePermissionRequest(region_id="cn-beijing", image_id=image_id, page_size=100)
    listed = cloud.ecs("hub").describe_image_share_permission(request).body.accounts.account
    assert {entry.aliyun_id for entry in listed} >= set(uids[:50])
    assert uids[50] not in {entry.aliyun_id for entry in listed}


def test_the_whitelist_is_kept(cloud, refused):
    service_id = offers.save(cloud)
    uid = cloud.uid("customer")
    offers.share(cloud, service_id, uid)
    change = nest.UpdateSharedAccountPermissionRequest(
        region_id=CONTROL_REGION, service_id=service_id, user_ali_uid=int(uid), permission="DeployableIncludeBeta"
    )
    cloud.nest().update_shared_account_permission(change)
    ask = nest.ListServiceSharedAccountsRequest(region_id=CONTROL_REGION, service_id=service_id)
    listed = cloud.nest().list_service_shared_accounts(ask).body.share_account
    assert [(entry.user_ali_uid, entry.permission) for entry in listed] == [(uid, "DeployableIncludeBeta")]
    with refused("InvalidParameter.SharedAccounts"):
        offers.share(cloud, service_id, "1")
    with refused("InvalidParameter.SharedAccounts"):
        offers.share(cloud, service_id, uid, permission="AccessibleIncludeBeta")
    _unshare(cloud, service_id, uid, "9999999999999999")
    assert cloud.nest().list_service_shared_accounts(ask).body.share_account == []


@both("permission.counts")
def test_which_versions_count(cloud, position):
    cloud.switch("permission.counts", position)
    artifact_id = cloud.released()
    service_id = offers.save(cloud, metadata(relation(artifact_id)), share_type="Public")
    assert bool(_seen(cloud, "stranger")) == (position == "saved")
    offers.publish(cloud, service_id)
    assert _seen(cloud, "stranger") == list(REGIONS)


@pytest.mark.parametrize("visibility", ["public", "private"])
def test_an_upload(cloud, visibility):
    url = offers.upload(cloud, "hello", visibility=visibility)
    path = "/" + url.split("/")[2].split(".")[0] + "/" + url.split("/", 3)[3]
    answer = cloud.send("GET", path)
    assert (answer.status, answer.body) == (200, b"hello") if visibility == "public" else answer.status == 403


def test_upload_credentials_are_for_one_key(cloud):
    request = nest.GetUploadCredentialsRequest(file_name="a.yaml", visibility="private")
    answer = cloud.nest().get_upload_credentials(request).body
    assert (answer.success, answer.http_status_code) == (True, 200)
    data = answer.data
    path = f"/{data.bucket_name}/{data.key}"
    other = f"/{data.bucket_name}/other"
    assert cloud.send("PUT", path, b"x", offers.signed("PUT", path, data)).status == 200
    answer = cloud.send("PUT", other, b"x", offers.signed("PUT", other, data))
    assert (answer.status, b"<Code>AccessDenied</Code>" in answer.body) == (403, True)
    wrong = offers.signed("GET", path, data)
    assert b"SignatureDoesNotMatch" in cloud.send("PUT", path, b"x", wrong).body
    assert cloud.send("GET", path, headers=wrong).body == b"x"
    cloud.advance(3601)
    assert b"SecurityTokenExpired" in cloud.send("GET", path, headers=wrong).body
    refusal = cloud.nest().get_upload_credentials(nest.GetUploadCredentialsRequest()).body
    assert (refusal.success, refusal.data) == (False, None)
