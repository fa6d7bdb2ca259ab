"""ECS actions by name: parse, act, answer. The shapes of the answers are the SDK's (fact: ecs-002)."""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.catalogue import regions, zones
from computenest_cloud.clock import format_time
from computenest_cloud.services.ecs import images, parsing, sharing, tagging
from computenest_cloud.services.ecs.copying import Copier, Purpose
from computenest_cloud.services.ecs.instances import Machines
from computenest_cloud.services.ecs.records import SHARES, Image
from computenest_cloud.tokens import replay_or_run
from computenest_cloud.wire.params import Params
from computenest_cloud.wire.values import whole_number
from computenest_cloud.world import Answer, Call, Handler


def _view(call: Call, image: Image) -> dict[str, Any]:
    world = call.world
    progress = f"{images.progress_percent(world, image)}%"
    alias = images.owner_alias(call.account.uid, image)
    disk = {
        "Device": "/dev/xvda",
        "Type": "system",
        "Size": str(image.size_gib),
        "Encrypted": image.encryption != "none",
        "SnapshotId": image.snapshot_id or f"s-{image.image_id[2:]}",
        "Progress": progress,
        "RemainTime": max(0, int(image.due_at - world.now)) if image.due_at is not None else 0,
    }
    return {
        "ImageId": image.image_id,
        "ImageName": image.name,
        "ImageFamily": image.family,
        "ImageVersion": "",
        "Description": image.description,
        "Status": image.status,
        "Progress": progress,
        "Size": image.size_gib,
        "OSType": "linux",
        "OSName": "Alibaba Cloud Linux 3",
        "Platform": "Aliyun",
        "Architecture": "x86_64",
        "CreationTime": format_time(image.created_at),
        "ImageOwnerAlias": alias,
        "ImageOwnerId": whole_number(image.owner_uid) or 0,
        "IsCopied": image.source_image_id != "",
        "IsPublic": image.is_public,
        "IsSelfShared": "True" if world.store[SHARES].grouped(image.image_id) else "",
        "IsSupportCloudinit": True,
        "IsSupportIoOptimized": True,
        "ProductCode": image.product_code,
        "ResourceGroupId": image.resource_group_id,
        "Usage": "instance" if image.is_in_use else "none",
        "Tags": {"Tag": [{"TagKey": key, "TagValue": image.tags[key]} for key in sorted(image.tags)]},
        "DiskDeviceMappings": {"DiskDeviceMapping": [disk]},
    }


def describe_regions(call: Call) -> Answer:
    del call
    listed = [
        {
            "RegionId": region.region_id,
            "LocalName": region.name,
            "RegionEndpoint": f"ecs.{region.region_id}.aliyuncs.com",
            "Status": "available",
        }
        for region in regions().values()
    ]
    return Answer({"Regions": {"Region": listed}})


def describe_zones(call: Call) -> Answer:
    """fact: ecs-043"""
    region = parsing.known_region(call.params.required("RegionId"))
    kinds = {"ResourceTypes": ["VSwitch", "IoOptimized", "Instance", "DedicatedHost", "Disk"]}
    disks = {"DiskCategories": ["cloud_essd", "cloud_efficiency", "cloud_ssd"]}
    listed = [
        {
            "ZoneId": zone,
            "LocalName": zone,
            "ZoneType": "AvailabilityZone",
            "AvailableResourceCreation": kinds,
            "AvailableDiskCategories": disks,
            "AvailableInstanceTypes": {"InstanceTypes": []},
            "AvailableResources": {"ResourcesInfo": []},
            "AvailableVolumeCategories": {"VolumeCategories": []},
            "AvailableDedicatedHostTypes": {"DedicatedHostType": []},
            "DedicatedHostGenerations": {"DedicatedHostGeneration": []},
        }
        for zone in zones(region)
    ]
    return Answer({"Zones": {"Zone": listed}})


def describe_images(call: Call) -> Answer:
    request = parsing.describe_request(call.params)
    found = images.describe(call.world, call.account, request, lag_s=call.take_lag_s())
    start = (request.page - 1) * request.page_size
    return Answer(
        {
            "RegionId": request.region,
            "TotalCount": len(found),
            "PageNumber": request.page,
            "PageSize": request.page_size,
            "Images": {"Image": [_view(call, image) for image in found[start : start + request.page_size]]},
        }
    )


def modify_image_share_permission(call: Call) -> Answer:
    request = parsing.share_request(call.params)
    sharing.modify(call.world, call.account, request, is_dry_run=call.params.flag("DryRun"))
    return Answer({})


def describe_image_share_permission(call: Call) -> Answer:
    region, image_id = parsing.region_and_image(call.params)
    page = call.params.number("PageNumber", default=1, low=1, high=1_000_000)
    size = call.params.number("PageSize", default=10, low=1, high=100)
    image = images.owned(call.world, call.account.uid, region, image_id)
    found = sharing.shares_of(call.world, image.image_id)
    listed = [
        {"AliyunId": share.account_uid, "SharedTime": format_time(share.shared_at)}
        for share in found[(page - 1) * size : page * size]
    ]
    return Answer(
        {
            "RegionId": region,
            "ImageId": image_id,
            "TotalCount": len(found),
            "PageNumber": page,
            "PageSize": size,
            "Accounts": {"Account": listed},
            "ShareGroups": {"ShareGroup": [{"Group": "all"}] if image.is_public else []},
        }
    )


def _new(call: Call, image: Image) -> Answer:
    effect = call.fault("list_lag", image.region)
    if effect is not None:
        image.visible_at = call.world.now + effect.seconds
    return Answer({"ImageId": image.image_id}, image.image_id)


def import_image(call: Call) -> Answer:
    request = parsing.import_request(call.params)

    def run() -> Answer:
        answer = _new(call, images.create(call.world, call.account, request))
        extra = {"RegionId": request.region, "TaskId": f"t-{answer.object_id[2:]}"}
        return Answer({**answer.body, **extra}, answer.object_id)

    return replay_or_run(call, run)


def delete_image(call: Call) -> Answer:
    region, image_id = parsing.region_and_image(call.params)
    is_forced, is_dry_run = call.params.flag("Force"), call.params.flag("DryRun")
    images.delete(call.world, call.account, region, image_id, is_forced=is_forced, is_dry_run=is_dry_run)
    return Answer({})


def modify_image_attribute(call: Call) -> Answer:
    images.modify(
        call.world, call.account, parsing.attribute_request(call.params), is_dry_run=call.params.flag("DryRun")
    )
    return Answer({})


def describe_image_from_family(call: Call) -> Answer:
    """The newest that is available; an empty Image where there is none. fact: ecs-044"""
    params = Params({**call.params.values, "ImageFamily": call.params.required("ImageFamily"), "Status": "Available"})
    found = images.describe(call.world, call.account, parsing.describe_request(params), lag_s=call.take_lag_s())
    return Answer({"Image": _view(call, found[0]) if found else {}})


def actions(copier: Copier, machines: Machines) -> Mapping[str, Handler]:
    def create_image(call: Call) -> Answer:
        request = parsing.create_request(call.params)
        if request.instance_id:
            request = machines.image_request(call, request)
        return replay_or_run(call, lambda: _new(call, images.create(call.world, call.account, request)))

    def copy_image(call: Call) -> Answer:
        request = parsing.copy_request(call.params)
        return replay_or_run(call, lambda: _new(call, copier.copy(call.account, request, Purpose())))

    def cancel_copy_image(call: Call) -> Answer:
        region, image_id = parsing.region_and_image(call.params)
        copier.cancel(call.account, region, image_id)
        return Answer({})

    return {
        "DescribeRegions": describe_regions,
        "DescribeZones": describe_zones,
        **machines.actions(),
        **tagging.ACTIONS,
        "DescribeImages": describe_images,
        "CopyImage": copy_image,
        "CancelCopyImage": cancel_copy_image,
        "CreateImage": create_image,
        "ImportImage": import_image,
        "DeleteImage": delete_image,
        "ModifyImageSharePermission": modify_image_share_permission,
        "DescribeImageSharePermission": describe_image_share_permission,
        "ModifyImageAttribute": modify_image_attribute,
        "DescribeImageFromFamily": describe_image_from_family,
    }
