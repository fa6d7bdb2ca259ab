"""Instances as far as images need them, attributes and tags of images, zones: as `alicloud.ecs.Image` asks for them."""

from __future__ import annotations

import json

import pytest
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ros20190910 import models as ros

from emulator.clients import Request, with_go
from emulator.harness import GOLDEN, GOLDEN_2
from emulator.test_signatures import keys_of

REGION = "cn-hangzhou"


def machines(cloud, image, *, amount=1, account="supplier"):
    """Ids of instances that a stack made."""
    properties = {"ImageId": image, "MaxAmount": amount}
    resources = {"Web": {"Type": "ALIYUN::ECS::InstanceGroup", "Properties": properties}}
    body = json.dumps({"ROSTemplateFormatVersion": "2015-09-01", "Resources": resources})
    request = ros.CreateStackRequest(region_id=REGION, stack_name="web", template_body=body)
    cloud.ros(account).create_stack(request)
    cloud.advance(60)
    found = cloud.ecs(account).describe_instances(ecs.DescribeInstancesRequest(region_id=REGION)).body
    return [each.instance_id for each in found.instances.instance]


def image_of(cloud, instance_id, name="made"):
    request = ecs.CreateImageRequest(region_id=REGION, instance_id=instance_id, image_name=name, client_token=name)
    image_id = cloud.ecs().create_image(request).body.image_id
    cloud.advance(60)
    return image_id


def described(cloud, image_id, account="supplier"):
    request = ecs.DescribeImagesRequest(region_id=REGION, image_id=image_id, status="Available,Deprecated")
    (found,) = cloud.ecs(account).describe_images(request).body.images.image
    return found


@pytest.mark.wire
def test_as_terraform_makes_an_image_of_an_instance(cloud):
    """What `alicloud_image` asks, in its order, through the client that it uses."""
    (instance_id,) = machines(cloud, GOLDEN)

    def ask(action, **params):
        return with_go(keys_of(cloud), Request("2014-05-26", action, {"RegionId": REGION, **params}))

    found = ask("DescribeInstances", InstanceIds=json.dumps([instance_id]))["Instances"]["Instance"]
    assert found[0]["Status"] in {"Running", "Stopped"}
    tags = {"Tag.1.Key": "a", "Tag.1.Value": "b"}
    image_id = ask("CreateImage", InstanceId=instance_id, ImageName="golden", Architecture="x86_64", **tags)["ImageId"]
    ask_image = {"ImageId": image_id, "Status": "Creating,Waiting,Available,UnAvailable,CreateFailed"}
    assert ask("DescribeImages", **ask_image)["Images"]["Image"][0]["Status"] == "Creating"
    cloud.advance(60)
    (image,) = ask("DescribeImages", **ask_image)["Images"]["Image"]
    assert (image["Status"], image["ImageName"], image["Size"], image["Architecture"]) == (
        "Available", "golden", described(cloud, GOLDEN).size, "x86_64",
    )  # fmt: skip
    listed = ask("ListTagResources", **{"ResourceType": "image", "ResourceId.1": image_id})
    assert [(each["TagKey"], each["TagValue"]) for each in listed["TagResources"]["TagResource"]] == [("a", "b")]
    assert not listed.get("NextToken")
    ask("ModifyImageAttribute", ImageId=image_id, ImageName="renamed", Description="of an instance")
    image = described(cloud, image_id)
    assert (image.image_name, image.description) == ("renamed", "of an instance")
    ask("DeleteImage", ImageId=image_id)


def test_only_ones_own_instances_make_images(cloud, refused):
    (instance_id,) = machines(cloud, "centos_7", account="customer")
    for region, name in ((REGION, instance_id), ("cn-beijing", instance_id), (REGION, "i-unknown")):
        with refused("InvalidInstanceId.NotFound"):
            cloud.ecs().create_image(ecs.CreateImageRequest(region_id=region, instance_id=name))


def test_one_instance_of_a_group_is_stopped_and_started(cloud, refused):
    first, second = machines(cloud, GOLDEN, amount=2)

    def statuses():
        found = cloud.ecs().describe_instances(ecs.DescribeInstancesRequest(region_id=REGION)).body
        return {each.instance_id: each.status for each in found.instances.instance}

    cloud.ecs().stop_instance(ecs.StopInstanceRequest(instance_id=first))
    assert statuses() == {first: "Stopped", second: "Running"}
    with refused("IncorrectInstanceStatus"):
        cloud.ecs().stop_instance(ecs.StopInstanceRequest(instance_id=first))
    image_of(cloud, first)
    cloud.ecs().start_instance(ecs.StartInstanceRequest(instance_id=first))
    assert statuses() == {first: "Running", second: "Running"}
    for wrong in (ecs.StartInstanceRequest(instance_id=second), ecs.StartInstanceRequest(instance_id=first)):
        with refused("IncorrectInstanceStatus"):
            cloud.ecs().start_instance(wrong)
    with refused("InvalidInstanceId.NotFound"):
        cloud.ecs("stranger").stop_instance(ecs.StopInstanceRequest(instance_id=first))


def market_image(cloud):
    request = ecs.DescribeImagesRequest(region_id=REGION, image_owner_alias="marketplace")
    found = cloud.ecs().describe_images(request).body.images.image[0]
    assert found.product_code
    return found


def test_what_was_made_from_the_marketplace_is_nobody_elses(cloud, refused):
    """The product code goes from the marketplace's image to the instance's and to its copies; none can be shared."""
    market = market_image(cloud)
    (instance_id,) = machines(cloud, market.image_id)
    image_id = image_of(cloud, instance_id)
    request = ecs.CopyImageRequest(region_id=REGION, image_id=image_id, destination_region_id=REGION)
    copy = cloud.ecs().copy_image(request).body.image_id
    cloud.advance(3600)
    for each in (image_id, copy):
        assert described(cloud, each).product_code == market.product_code
        with refused("OperationDenied.MarketplaceImage"):
            cloud.share(each, cloud.uid("customer"))
        public = ecs.ModifyImageSharePermissionRequest(region_id=REGION, image_id=each, is_public=True)
        with refused("OperationDenied.MarketplaceImage"):
            cloud.ecs().modify_image_share_permission(public)
    artifact_id = cloud.draft(source=image_id).artifact_id
    cloud.release(artifact_id)
    cloud.advance(3600)
    (failed,) = cloud.versions(artifact_id)
    assert failed.status == "DeliverFailed"
    assert "OperationDenied.MarketplaceImage" in failed.status_detail


def test_a_community_image_is_neither_shared_nor_copied(cloud, refused):
    cloud.share(GOLDEN, cloud.uid("customer"))
    public = ecs.ModifyImageSharePermissionRequest(region_id=REGION, image_id=GOLDEN, is_public=True)
    cloud.ecs().modify_image_share_permission(public)
    with refused("OperationDenied.CommunityImage"):
        cloud.share(GOLDEN, cloud.uid("hub"))
    copy = ecs.CopyImageRequest(region_id=REGION, image_id=GOLDEN, destination_region_id=REGION)
    with refused("OperationDenied.CommunityImage"):
        cloud.ecs("stranger").copy_image(copy)
    assert cloud.ecs().copy_image(copy).body.image_id
    body = {"account": "supplier", "region": REGION, "name": "e", "encrypted": "cmk"}
    public.image_id = cloud.control("POST", "images", body)["image_id"]
    with refused("OperationDeined.EncryptedSnapshot"):
        cloud.ecs().modify_image_share_permission(public)


@pytest.mark.parametrize("status", ["Deprecated", "Available"])
def test_an_image_is_deprecated_and_back(cloud, refused, status):
    request = ecs.ModifyImageAttributeRequest(region_id=REGION, image_id=GOLDEN, status=status, image_family="web")
    cloud.ecs().modify_image_attribute(request)
    assert (described(cloud, GOLDEN).status, described(cloud, GOLDEN).image_family) == (status, "web")
    family = ecs.DescribeImageFromFamilyRequest(region_id=REGION, image_family="web")
    found = cloud.ecs().describe_image_from_family(family).body.image
    assert found.image_id == (GOLDEN if status == "Available" else None)
    taken = described(cloud, GOLDEN_2).image_name
    request = ecs.ModifyImageAttributeRequest(region_id=REGION, image_id=GOLDEN, image_name=taken)
    with refused("InvalidImageName.Duplicated"):
        cloud.ecs().modify_image_attribute(request)
    dry = ecs.ModifyImageAttributeRequest(region_id=REGION, image_id=GOLDEN, image_name="new-name", dry_run=True)
    with refused("DryRunOperation"):
        cloud.ecs().modify_image_attribute(dry)
    assert described(cloud, GOLDEN).image_name != "new-name"


def test_tags_are_listed_in_two_ways(cloud):
    for image_id, value in ((GOLDEN, "x"), (GOLDEN_2, "y")):
        tags = [ecs.TagResourcesRequestTag(key="k", value=value), ecs.TagResourcesRequestTag(key="all", value="1")]
        cloud.ecs().tag_resources(
            ecs.TagResourcesRequest(region_id=REGION, resource_type="image", resource_id=[image_id], tag=tags)
        )
    listed = cloud.ecs().list_tag_resources(
        ecs.ListTagResourcesRequest(
            region_id=REGION, resource_type="image", tag=[ecs.ListTagResourcesRequestTag(key="k", value="y")]
        )
    )
    rows = listed.body.tag_resources.tag_resource
    assert [(row.resource_id, row.tag_key, row.tag_value) for row in rows] == [(GOLDEN_2, "k", "y")]
    found = cloud.ecs().describe_tags(ecs.DescribeTagsRequest(region_id=REGION, resource_type="image")).body
    assert [(row.tag_key, row.tag_value, row.resource_type_count.image) for row in found.tags.tag] == [
        ("all", "1", 2), ("k", "x", 1), ("k", "y", 1),
    ]  # fmt: skip
    empty = cloud.ecs("customer").describe_tags(ecs.DescribeTagsRequest(region_id=REGION, resource_type="image")).body
    assert empty.total_count == 0


def test_zones_are_those_of_templates(cloud):
    found = cloud.ecs().describe_zones(ecs.DescribeZonesRequest(region_id=REGION)).body.zones.zone
    assert [zone.zone_id for zone in found] == [f"{REGION}-{letter}" for letter in "bgh"]
