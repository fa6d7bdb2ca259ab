"""ECS requests as typed values. Knows the encoding and the forms of names; nothing of what exists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from computenest_cloud.catalogue import regions
from computenest_cloud.clock import parse_time
from computenest_cloud.errors import ServiceError, invalid_parameter
from computenest_cloud.services.ecs.errors import error
from computenest_cloud.wire.params import Params

TAGS_PER_IMAGE = 20
SHARES_PER_CALL = 10
ALL_STATUSES = frozenset({"Creating", "Waiting", "Available", "UnAvailable", "CreateFailed", "Deprecated"})
OWNER_ALIASES = frozenset({"", "system", "self", "others", "marketplace"})


@dataclass(frozen=True)
class CopyRequest:
    source_region: str
    image_id: str
    destination_region: str
    name: str = ""
    description: str = ""
    encrypted: bool = False
    kms_key_id: str = ""
    resource_group_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    is_dry_run: bool = False


@dataclass(frozen=True)
class NewImageRequest:
    region: str
    name: str
    size_gib: int
    description: str = ""
    family: str = ""
    snapshot_id: str = ""
    resource_group_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    instance_id: str = ""
    product_code: str = ""


@dataclass(frozen=True)
class AttributeRequest:
    """None: as it was."""

    region: str
    image_id: str
    name: str | None
    description: str | None
    family: str | None
    status: Literal["Available", "Deprecated"] | None


@dataclass(frozen=True)
class DescribeRequest:
    region: str
    image_ids: tuple[str, ...]
    name: str
    family: str
    statuses: frozenset[str]
    owner_alias: str
    is_public: bool | None
    usage: str
    snapshot_id: str
    resource_group_id: str
    tags: Mapping[str, str]
    created_from_s: float | None
    created_until_s: float | None
    page: int
    page_size: int


@dataclass(frozen=True)
class ShareRequest:
    region: str
    image_id: str
    add: tuple[str, ...]
    remove: tuple[str, ...]
    is_public: bool | None


def known_region(name: str, *, code: str = "InvalidRegionId.NotFound") -> str:
    if name not in regions():
        raise error(code, f"({name!r})")
    return name


def _region(params: Params) -> str:
    return known_region(params.required("RegionId"))


def region_and_image(params: Params) -> tuple[str, str]:
    return _region(params), params.required("ImageId")


def image_name(name: str) -> str:
    """2 to 128 letters, digits and `.:_-`, the first a letter; not aliyun… or acs:…, no address. fact: ecs-034"""
    is_reserved = name.startswith(("aliyun", "acs:")) or "http://" in name or "https://" in name
    legal = all(character.isalnum() or character in "._-:" for character in name)
    if name and (not 2 <= len(name) <= 128 or not name[0].isalpha() or is_reserved or not legal):
        raise error("InvalidImageName.Malformed", f"({name!r})")
    return name


def description(text: str) -> str:
    if text and (not 2 <= len(text) <= 256 or text.startswith(("http://", "https://"))):
        raise error("InvalidDescription.Malformed")
    return text


def image_tags(params: Params) -> dict[str, str]:
    tags = params.tags()
    if len(tags) > TAGS_PER_IMAGE:
        raise error("NumberExceed.Tags")
    if any(not 1 <= len(key) <= 128 or key.startswith(("aliyun", "acs:", "http")) for key in tags):
        raise error("InvalidTagKey.Malformed")
    return tags


def copy_request(params: Params) -> CopyRequest:
    source = known_region(params.required("RegionId"), code="SourceRegion.NotFound")
    return CopyRequest(
        source_region=source,
        image_id=params.required("ImageId"),
        destination_region=known_region(
            params.text("DestinationRegionId") or source, code="DestinationRegion.NotFound"
        ),
        name=image_name(params.text("DestinationImageName")),
        description=description(params.text("DestinationDescription")),
        encrypted=params.flag("Encrypted"),
        kms_key_id=params.text("KMSKeyId"),
        resource_group_id=params.text("ResourceGroupId"),
        tags=image_tags(params),
        is_dry_run=params.flag("DryRun"),
    )


def create_request(params: Params) -> NewImageRequest:
    region, snapshot, instance = _region(params), params.text("SnapshotId"), params.text("InstanceId")
    if not snapshot and not instance:
        raise ServiceError(400, "MissingParameter", "SnapshotId or InstanceId is mandatory for this action.")
    if snapshot and not snapshot.startswith(f"s-{regions()[region].prefix}"):
        raise error("InvalidSnapshotId.NotFound", f"({snapshot!r} in {region})")
    return NewImageRequest(
        region=region,
        name=image_name(params.text("ImageName")),
        size_gib=40,
        description=description(params.text("Description")),
        family=params.text("ImageFamily"),
        snapshot_id=snapshot,
        resource_group_id=params.text("ResourceGroupId"),
        tags=image_tags(params),
        instance_id="" if snapshot else instance,
    )


def attribute_request(params: Params) -> AttributeRequest:
    region, image_id = region_and_image(params)
    name, text, status = params.sent("ImageName"), params.sent("Description"), params.text("Status")
    if status not in {"", "Available", "Deprecated"}:
        raise error("InvalidParameter", f"(Status={status!r})")
    return AttributeRequest(
        region=region,
        image_id=image_id,
        name=image_name(name) if name else None,
        description=description(text) if text is not None else None,
        family=params.sent("ImageFamily"),
        status="Deprecated" if status == "Deprecated" else "Available" if status else None,
    )


def import_request(params: Params) -> NewImageRequest:
    disks = params.groups("DiskDeviceMapping")
    if not disks:
        raise ServiceError(400, "MissingParameter", "DiskDeviceMapping.1.OSSBucket is mandatory for this action.")
    disks[0].required("OSSBucket")
    disks[0].required("OSSObject")
    return NewImageRequest(
        region=_region(params),
        name=image_name(params.text("ImageName")),
        size_gib=disks[0].number("DiskImageSize", default=40, low=1, high=2048),
        description=description(params.text("Description")),
        resource_group_id=params.text("ResourceGroupId"),
        tags=image_tags(params),
    )


def _statuses(text: str) -> frozenset[str]:
    """fact: ecs-001: only Available images are shown unless asked otherwise; `ALL` stands alone."""
    if text == "ALL":
        return ALL_STATUSES
    wanted = frozenset(filter(None, text.split(","))) or frozenset({"Available"})
    if not wanted <= ALL_STATUSES:
        raise error("InvalidParameter", f"(Status={text!r})")
    return wanted


def _creation_filter(params: Params, key: str) -> float | None:
    for group in params.groups("Filter"):
        if group.text("Key") == key:
            moment = parse_time(group.text("Value"))
            if moment is None:
                raise error("InvalidParameter", f"(Filter {key}={group.text('Value')!r})")
            return moment
    return None


def describe_request(params: Params) -> DescribeRequest:
    alias = params.text("ImageOwnerAlias")
    if alias not in OWNER_ALIASES:
        raise error("InvalidParameter", f"(ImageOwnerAlias={alias!r})")
    return DescribeRequest(
        region=_region(params),
        image_ids=tuple(part.strip() for part in params.text("ImageId").split(",") if part.strip()),
        name=params.text("ImageName"),
        family=params.text("ImageFamily"),
        statuses=_statuses(params.text("Status")),
        owner_alias=alias,
        is_public=params.flag("IsPublic") if params.text("IsPublic") else None,
        usage=params.text("Usage"),
        snapshot_id=params.text("SnapshotId"),
        resource_group_id=params.text("ResourceGroupId"),
        tags={group.text("Key"): group.text("Value") for group in params.groups("Tag")},
        created_from_s=_creation_filter(params, "CreationStartTime"),
        created_until_s=_creation_filter(params, "CreationEndTime"),
        page=params.number("PageNumber", default=1, low=1, high=1_000_000),
        page_size=params.number("PageSize", default=10, low=1, high=100),
    )


def share_request(params: Params) -> ShareRequest:
    """fact: ecs-006: of each list the first ten accounts are used and the rest is ignored without a word."""
    region, image_id = region_and_image(params)
    return ShareRequest(
        region=region,
        image_id=image_id,
        add=params.items("AddAccount")[:SHARES_PER_CALL],
        remove=params.items("RemoveAccount")[:SHARES_PER_CALL],
        is_public=params.flag("IsPublic") if params.text("IsPublic") else None,
    )


def tagged_images(params: Params) -> tuple[str, tuple[str, ...]]:
    if params.required("ResourceType") != "image":
        raise error("InvalidResourceType.NotFound", f"({params.text('ResourceType')!r}; this cloud knows images)")
    ids = params.items("ResourceId")
    if not 1 <= len(ids) <= 50:
        raise invalid_parameter("ResourceId", "1 to 50 ids are expected.")
    return _region(params), ids
