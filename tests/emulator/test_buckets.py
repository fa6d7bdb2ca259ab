"""Buckets of an account's own: made, listed, filled, emptied and deleted, with the official SDKs."""

from __future__ import annotations

import json

import oss2
import pytest
from oss2.exceptions import OssError

from emulator.clients import Refused, go
from emulator.test_signatures import keys_of

pytestmark = pytest.mark.wire

NAME = "shop-files"


def bucket(cloud, account="supplier", name=NAME, region="cn-hangzhou", *, version=4):
    keys = keys_of(cloud, account)
    auth = (oss2.AuthV4 if version == 4 else oss2.Auth)(keys.key, keys.secret)
    return oss2.Bucket(auth, f"http://{keys.endpoint}", name, region=region)


def listed(cloud, account="supplier"):
    keys = keys_of(cloud, account)
    service = oss2.Service(oss2.AuthV4(keys.key, keys.secret), f"http://{keys.endpoint}", region="cn-hangzhou")
    return [each.name for each in service.list_buckets().buckets]


@pytest.mark.parametrize("version", [1, 4])
def test_the_life_of_a_bucket(cloud, version):
    mine = bucket(cloud, version=version)
    mine.create_bucket()
    mine.create_bucket()  # again is no fault
    mine.put_object("a/b", b"content")
    assert mine.get_object("a/b").read() == b"content"
    assert listed(cloud) == [NAME]
    with pytest.raises(OssError, check=lambda error: error.code == "BucketNotEmpty"):
        mine.delete_bucket()
    mine.delete_object("a/b")
    mine.delete_bucket()
    assert listed(cloud) == []
    with pytest.raises(OssError, check=lambda error: error.code == "NoSuchBucket"):
        mine.put_object("a", b"")


def test_a_bucket_lies_where_its_maker_says(cloud):
    bucket(cloud, region="cn-beijing").create_bucket()
    assert bucket(cloud, region="cn-beijing").get_bucket_info().location == "oss-cn-beijing"
    assert bucket(cloud, region="cn-beijing").get_bucket_info().owner.id == cloud.uid("supplier")
    with pytest.raises(OssError, check=lambda error: error.code == "InvalidArgument"):
        bucket(cloud).put_object("a", b"")
    keys, where = keys_of(cloud), {"Bucket": "of-the-go-sdk"}
    go().call("oss", keys, "cn-shanghai", Version="v4", Action="CreateBucket", Params=where)
    found = json.loads(go().call("oss", keys, Version="v4", Action="ListBuckets", Params={}))
    assert {each["Name"]: each["Location"] for each in found} == {
        NAME: "oss-cn-beijing", "of-the-go-sdk": "oss-cn-shanghai",
    }  # fmt: skip


def test_another_accounts_bucket_is_closed(cloud):
    bucket(cloud).create_bucket()
    bucket(cloud).put_object("a", b"secret")
    theirs = bucket(cloud, "customer")
    for ask in (
        lambda: theirs.get_object("a"),
        lambda: theirs.put_object("b", b""),
        lambda: theirs.delete_object("a"),
        theirs.list_objects,
        theirs.delete_bucket,
    ):
        with pytest.raises(OssError, check=lambda error: error.code == "AccessDenied"):
            ask()
    with pytest.raises(OssError, check=lambda error: error.code == "BucketAlreadyExists"):
        theirs.create_bucket()
    assert listed(cloud, "customer") == []


@pytest.mark.parametrize("name", ["computenest-upload-private-cn-hangzhou", "ab", "Upper", "x" * 64])
def test_names_that_cannot_be_had(cloud, name):
    with pytest.raises(
        Refused, check=lambda error: error.code in {"BucketAlreadyExists", "InvalidBucketName", "client"}
    ):
        go().call("oss", keys_of(cloud), Version="v1", Action="CreateBucket", Params={"Bucket": name})
