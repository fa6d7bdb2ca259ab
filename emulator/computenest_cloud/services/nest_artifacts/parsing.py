"""Compute Nest requests as typed values. Knows the encoding and what is well-formed; nothing of what exists."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from computenest_cloud.catalogue import regions
from computenest_cloud.errors import invalid_parameter
from computenest_cloud.wire.params import Params
from computenest_cloud.wire.values import whole_number

ARTIFACT_TYPES = frozenset({"EcsImage", "AcrImage", "File", "Script", "HelmChart"})
BUILD_TYPES = frozenset({"", "EcsImage", "Dockerfile", "Buildpacks", "ContainerImage"})
PAGE_LIMIT = 100


class _StatusFilter(BaseModel):
    name: Literal["Status"] = Field(alias="Name")
    values: list[str] = Field(alias="Values")


_FILTERS = TypeAdapter(list[_StatusFilter])


@dataclass(frozen=True)
class DraftRequest:
    """What CreateArtifact and UpdateArtifact say about a draft; None: not sent, leave as it is."""

    version_name: str | None
    description: str | None
    artifact_property: Mapping[str, Any] | None
    build_property: Mapping[str, Any] | None
    regions: tuple[str, ...] | None


@dataclass(frozen=True)
class CreateRequest:
    artifact_id: str
    artifact_type: str
    build_type: str
    name: str
    tags: Mapping[str, str]
    resource_group_id: str
    draft: DraftRequest


@dataclass(frozen=True)
class ListRequest:
    names: tuple[str, ...]
    artifact_ids: tuple[str, ...]
    artifact_types: tuple[str, ...]
    tags: Mapping[str, str]
    resource_group_id: str


@dataclass(frozen=True)
class Page:
    size: int
    after: int | None


def _without_nothing(value: Mapping[str, Any]) -> dict[str, Any]:
    """Drops what the SDK sends although it was not set: nulls, and the empty `BuildArgs` (fact: nest-016)."""
    kept: dict[str, Any] = {}
    for key, entry in value.items():
        inner = _without_nothing(entry) if isinstance(entry, Mapping) else entry
        if inner not in (None, [], {}):
            kept[key] = inner
    return kept


def _property(params: Params, name: str) -> dict[str, Any] | None:
    value = params.json_object(name)
    return None if value is None else _without_nothing(value)


def _regions(params: Params) -> tuple[str, ...] | None:
    if not params.has_items("SupportRegionIds"):
        return None
    wanted = params.items("SupportRegionIds")
    unknown = sorted(set(wanted) - set(regions()))
    if unknown:
        raise invalid_parameter("SupportRegionIds", f"unknown regions {', '.join(unknown)}.")
    return tuple(dict.fromkeys(wanted))


def draft_request(params: Params) -> DraftRequest:
    return DraftRequest(
        version_name=params.sent("VersionName"),
        description=params.sent("Description"),
        artifact_property=_property(params, "ArtifactProperty"),
        build_property=_property(params, "ArtifactBuildProperty"),
        regions=_regions(params),
    )


def create_request(params: Params) -> CreateRequest:
    artifact_type = params.required("ArtifactType")
    if artifact_type not in ARTIFACT_TYPES:
        raise invalid_parameter("ArtifactType", f"{artifact_type!r} is not one of {', '.join(sorted(ARTIFACT_TYPES))}.")
    build_type = params.text("ArtifactBuildType")
    if build_type not in BUILD_TYPES:
        raise invalid_parameter("ArtifactBuildType", f"{build_type!r} is not known.")
    params.required("VersionName")
    request = CreateRequest(
        artifact_id=params.text("ArtifactId"),
        artifact_type=artifact_type,
        build_type=build_type,
        name=params.required("Name"),
        tags=params.tags(),
        resource_group_id=params.text("ResourceGroupId"),
        draft=draft_request(params),
    )
    if artifact_type == "EcsImage":
        check_image_source(request.draft.artifact_property or {}, request.draft.build_property or {})
    elif not request.draft.build_property:
        check_package_source(artifact_type, request.draft.artifact_property or {})
    return request


def check_package_source(artifact_type: str, artifact_property: Mapping[str, Any]) -> None:
    """fact: pkg-006"""
    pushed = ("RepoName", "Tag")
    wanted = {"AcrImage": pushed, "HelmChart": pushed, "File": ("Url",)}
    missing = [key for key in wanted.get(artifact_type, ()) if not artifact_property.get(key)]
    if missing:
        raise invalid_parameter("ArtifactProperty", f"{' and '.join(missing)} is expected.")


def check_image_source(artifact_property: Mapping[str, Any], build_property: Mapping[str, Any]) -> None:
    """fact: nest-010: an image of one's own, a marketplace product, or a build."""
    if build_property:
        if not build_property.get("RegionId"):
            raise invalid_parameter("ArtifactBuildProperty", "RegionId is mandatory.")
        _check_region(build_property["RegionId"], "ArtifactBuildProperty")
        size = build_property.get("SystemDiskSize", 40)
        number = whole_number(str(size))
        if number is None or not 1 <= number <= 32768:
            raise invalid_parameter("ArtifactBuildProperty", f"SystemDiskSize {size!r} is not a number of GiB.")
        return
    if artifact_property.get("CommodityCode"):
        if not artifact_property.get("CommodityVersion"):
            raise invalid_parameter("ArtifactProperty", "CommodityVersion is mandatory for a marketplace image.")
        return
    if not artifact_property.get("ImageId") or not artifact_property.get("RegionId"):
        raise invalid_parameter("ArtifactProperty", "ImageId and RegionId, or CommodityCode, or a build is expected.")
    _check_region(artifact_property["RegionId"], "ArtifactProperty")


def _check_region(region: object, name: str) -> None:
    if not isinstance(region, str) or region not in regions():
        raise invalid_parameter(name, f"unknown region {region!r}.")


def list_request(params: Params) -> ListRequest:
    values: dict[str, tuple[str, ...]] = {"Name": (), "ArtifactId": (), "ArtifactType": ()}
    for group in params.groups("Filter"):
        name = group.required("Name")
        if name not in values:
            raise invalid_parameter("Filter", f"{name!r} is not one of {', '.join(values)}.")
        values[name] += group.items("Values")
    return ListRequest(
        names=values["Name"],
        artifact_ids=values["ArtifactId"],
        artifact_types=values["ArtifactType"],
        tags={group.text("Key"): group.text("Value") for group in params.groups("Tag")},
        resource_group_id=params.text("ResourceGroupId"),
    )


def version_statuses(params: Params) -> frozenset[str]:
    """`ListArtifactVersions.Filters` is one JSON string, unlike every other filter. Empty: all."""
    wanted: set[str] = set()
    try:
        for entry in _FILTERS.validate_python(params.json_value("Filters") or []):
            wanted.update(entry.values)
    except ValidationError as error:
        raise invalid_parameter("Filters", "a list of {Name: Status, Values: […]} is expected.") from error
    return frozenset(wanted)


def page(params: Params) -> Page:
    token = params.text("NextToken")
    after = whole_number(token.removeprefix("after-"))
    if token and (after is None or not token.startswith("after-")):
        raise invalid_parameter("NextToken", "it was not given by an earlier answer.")
    size = params.number("MaxResults", default=20, low=1, high=PAGE_LIMIT)
    return Page(size, after)
