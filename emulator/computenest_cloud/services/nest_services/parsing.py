"""Requests about services as typed values: the encoding and what is well-formed; nothing of what exists."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from computenest_cloud.errors import invalid_parameter, missing_parameter
from computenest_cloud.services.nest_services.relations import parse_metadata, parse_relations
from computenest_cloud.wire.params import Params

# What a supplier sets on a version, in the API's own names; all of it is text but for the flags and the number.
TEXT_FIELDS = (
    "AlarmMetadata",
    "ApprovalType",
    "BuildParameters",
    "DeployMetadata",
    "DeployType",
    "LicenseMetadata",
    "LogMetadata",
    "OperationMetadata",
    "PolicyNames",
    "ServiceType",
    "ShareType",
    "SourceServiceId",
    "SourceServiceVersion",
    "TenantType",
    "UpgradeMetadata",
    "VersionName",
)
COMMODITY = (
    "ComponentsMappings",
    "MeteringEntityExtraInfos",
    "MeteringEntityMappings",
    "SaasBoostConfig",
    "SpecificationMappings",
)
DOCUMENT_FIELDS = ("Commodity", "ComplianceMetadata", "ServiceLocaleConfigs")
FLAG_FIELDS = ("IsSupportOperated", "Resellable")
NUMBER_FIELDS = ("Duration", "TrialDuration")
CHOICES = {
    "DeployType": frozenset({"ros", "terraform", "ack", "spi", "operation", "container", "pkg"}),
    "ServiceType": frozenset({"private", "managed", "operation", "poc"}),
    "ShareType": frozenset({"Public", "Restricted", "OnlyFormalRestricted", "OnlyTrailRestricted", "Hidden"}),
    "ApprovalType": frozenset({"Manual", "AutoPass"}),
    "TenantType": frozenset({"SingleTenant", "MultiTenant"}),
}
DEFAULTS: Mapping[str, Any] = {
    "ServiceType": "private",
    "ShareType": "Restricted",
    "ApprovalType": "AutoPass",
    "TenantType": "SingleTenant",
}
ShareKind = Literal["SharedAccount", "Reseller"]
LOCALES = frozenset({"zh-CN", "en-US"})
INFO_LIMIT = 5
SHARE_PERMISSIONS = frozenset(
    {"Deployable", "Accessible", "AccessibleIncludeBeta", "DeployableIncludeBeta", "Authorized", "Unauthorized"}
)


@dataclass(frozen=True)
class ServiceRequest:
    """What CreateService and UpdateService say; a field that was not sent is not in `fields`."""

    service_id: str
    fields: Mapping[str, Any]
    infos: tuple[Mapping[str, Any], ...] | None
    tags: Mapping[str, str]
    resource_group_id: str
    is_dry_run: bool


@dataclass(frozen=True)
class ServiceFilter:
    values: Mapping[str, tuple[str, ...]]
    tags: Mapping[str, str]
    resource_group_id: str


def _info(params: Params) -> Mapping[str, Any]:
    locale = params.required("Locale")
    if locale not in LOCALES:
        raise invalid_parameter("ServiceInfo", f"Locale {locale!r} is not one of {', '.join(sorted(LOCALES))}.")
    found: dict[str, Any] = {"Locale": locale, "Name": params.required("Name")}
    for name in ("ShortDescription", "Image", "LongDescriptionUrl"):
        if params.sent(name) is not None:
            found[name] = params.text(name)
    for name, keys in (("Agreements", ("Name", "Url")), ("Softwares", ("Name", "Version"))):
        groups = params.groups(name)
        if groups:
            found[name] = [{key: group.text(key) for key in keys} for group in groups]
    return found


def _infos(params: Params) -> tuple[Mapping[str, Any], ...] | None:
    found = tuple(_info(group) for group in params.groups("ServiceInfo"))
    if len(found) > INFO_LIMIT:
        raise invalid_parameter("ServiceInfo", f"at most {INFO_LIMIT} entries are allowed.")
    if len({info["Locale"] for info in found}) < len(found):
        raise invalid_parameter("ServiceInfo", "a Locale occurs twice.")
    return found or None


def _documents(params: Params, *, is_new: bool) -> dict[str, Any]:
    """What is no text in the answers; two of them only UpdateService takes. fact: svc-058"""
    found: dict[str, Any] = {}
    if params.sent("ComplianceMetadata") is not None:
        found["ComplianceMetadata"] = params.json_object("ComplianceMetadata")
    if is_new:
        return found
    if params.sent("Commodity") is not None:
        commodity = params.json_object("Commodity") or {}
        unknown = set(commodity) - set(COMMODITY)
        if unknown:
            raise invalid_parameter("Commodity", f"{sorted(unknown)[0]!r} is not one of {', '.join(COMMODITY)}.")
        found["Commodity"] = commodity
    if configs := params.groups("ServiceLocaleConfigs"):
        keys = ("OriginalValue", "ZhValue", "EnValue")
        found["ServiceLocaleConfigs"] = [{key: group.text(key) for key in keys} for group in configs]
    return found


def _fields(params: Params, *, is_new: bool) -> dict[str, Any]:
    found: dict[str, Any] = _documents(params, is_new=is_new)
    for name in TEXT_FIELDS:
        value = params.sent(name)
        if value is None:
            continue
        if name in CHOICES and value not in CHOICES[name]:
            raise invalid_parameter(name, f"{value!r} is not one of {', '.join(sorted(CHOICES[name]))}.")
        found[name] = value
    found |= {name: params.flag(name) for name in FLAG_FIELDS if params.sent(name) is not None}
    for name in NUMBER_FIELDS:
        if params.sent(name) is not None:
            found[name] = params.number(name, default=0, low=0, high=10**9)
    if "DeployMetadata" in found:
        parse_relations(parse_metadata(found["DeployMetadata"]))
    return found


def service_request(params: Params, *, is_new: bool) -> ServiceRequest:
    params.required("RegionId")
    service_id = params.text("ServiceId") if is_new else params.required("ServiceId")
    fields, infos = _fields(params, is_new=is_new), _infos(params)
    if is_new:
        params.required("DeployType")
        if not service_id and infos is None:
            raise missing_parameter("ServiceInfo")
    return ServiceRequest(
        service_id=service_id,
        fields=fields,
        infos=infos,
        tags=params.tags(),
        resource_group_id=params.text("ResourceGroupId"),
        is_dry_run=params.flag("DryRun"),
    )


def filters(params: Params, allowed: tuple[str, ...]) -> ServiceFilter:
    """`Filter.N.Name` and `Filter.N.Value.M` (artifacts say `Values`). fact: svc-020"""
    values: dict[str, tuple[str, ...]] = {}
    for group in params.groups("Filter"):
        name = group.required("Name")
        if name not in allowed:
            raise invalid_parameter("Filter", f"{name!r} is not one of {', '.join(allowed)}.")
        values[name] = values.get(name, ()) + group.items("Value")
    tags = {group.text("Key"): group.text("Value") for group in params.groups("Tag")}
    return ServiceFilter(values, tags, params.text("ResourceGroupId"))


def shared_accounts(params: Params) -> tuple[tuple[str, str], ...]:
    """(uid, permission) of AddServiceSharedAccounts."""
    found = tuple(
        (group.required("UserAliUid"), group.required("Permission")) for group in params.groups("SharedAccounts")
    )
    if not found:
        raise missing_parameter("SharedAccounts")
    for _, permission in found:
        if permission not in {"Deployable", "Accessible"}:
            raise invalid_parameter("SharedAccounts", f"Permission {permission!r} is not Deployable or Accessible.")
    return found


def share_kind(params: Params) -> ShareKind:
    match params.text("Type") or "SharedAccount":
        case "SharedAccount":
            return "SharedAccount"
        case "Reseller":
            return "Reseller"
        case other:
            raise invalid_parameter("Type", f"{other!r} is not SharedAccount or Reseller.")
