"""Answers about services, as the SDK's models read them. The request says ServiceInfo, the answer ServiceInfos."""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.clock import format_time
from computenest_cloud.services.nest_services.records import (
    SERVICE_VERSIONS,
    Registration,
    Service,
    ServiceVersion,
    SharedAccount,
)
from computenest_cloud.services.nest_services.relations import relations_of
from computenest_cloud.services.nest_services.services import BETA, DRAFT, version_named
from computenest_cloud.world import World

PROGRESS_DONE = 100


def tags(tagged: Any) -> list[dict[str, str]]:
    return [{"Key": key, "Value": tagged.tags[key]} for key in sorted(tagged.tags)]


def _common(service: Service, version: ServiceVersion) -> dict[str, Any]:
    body: dict[str, Any] = {
        "ServiceId": service.service_id,
        "Version": version.version,
        "VersionName": version.text("VersionName"),
        "Status": version.status,
        "ServiceType": version.text("ServiceType"),
        "DeployType": version.text("DeployType"),
        "ShareType": version.text("ShareType"),
        "ApprovalType": version.text("ApprovalType"),
        "TenantType": version.text("TenantType"),
        "ServiceInfos": [dict(info) for info in version.infos],
        "SupplierName": "Embedded Cloud Supplier",
        "CreateTime": format_time(version.created_at),
        "UpdateTime": format_time(version.modified_at),
        "ResourceGroupId": service.resource_group_id,
        "Tags": tags(service),
    }
    if version.published_at is not None:
        body["PublishTime"] = format_time(version.published_at)
    return body


def got(service: Service, version: ServiceVersion, *, permission: str = "") -> dict[str, Any]:
    body = {**version.fields, **_common(service, version)}
    if commodity := version.fields.get("Commodity"):
        body["Commodity"] = _commodity(service, commodity)
    body["StatusDetail"] = version.status_detail
    body["Progress"] = 0 if version.status in {"Creating", "Updating", "Launching"} else PROGRESS_DONE
    body["RegistrationId"] = version.registration_id
    if permission:
        body["Permission"] = permission
    return body


def _commodity(service: Service, written: Mapping[str, Any]) -> dict[str, Any]:
    """Told in another shape than it is written in; ids of metering items as one text. fact: svc-058"""
    mappings = [
        {**entry, "EntityIds": ",".join(entry.get("EntityIds") or ())}
        for entry in written.get("MeteringEntityMappings") or ()
    ]
    metadata = {
        "SpecificationMappings": [
            {**entry, "TrialType": "NotTrial"} for entry in written.get("SpecificationMappings") or ()
        ],
        "MeteringEntityMappings": mappings,
        "MeteringEntityExtraInfos": written.get("MeteringEntityExtraInfos") or [],
    }
    return {
        "Type": "Marketplace",
        "ChargeType": "POSTPAY" if mappings else "PREPAY",
        "CommodityCode": service.listed_as,
        "SaasBoostMetadata": written.get("SaasBoostConfig", ""),
        "MarketplaceMetadata": metadata,
    }


def got_by_user(service: Service, version: ServiceVersion) -> dict[str, Any]:
    """What a customer may know: not the supplier's own metadata."""
    kept = ("DeployMetadata", "OperationMetadata", "PolicyNames", "Duration", "TrialDuration", "IsSupportOperated")
    body = {key: version.fields[key] for key in kept if key in version.fields}
    return {**body, **_common(service, version), "SupplierUid": int(service.owner_uid)}


def listed_by_user(service: Service, version: ServiceVersion) -> dict[str, Any]:
    return {**_common(service, version), "SupplierUid": int(service.owner_uid), "DeployFrom": "", "Score": 0}


def listed(world: World, service: Service, version: ServiceVersion) -> dict[str, Any]:
    body = _common(service, version)
    relation = next(iter(relations_of(version)), None)
    if relation is not None:
        body["ArtifactId"], body["ArtifactVersion"] = relation.artifact_id, relation.version
        body["RelationType"] = "ServiceDeployment"
    body["HasDraft"] = version_named(world, service, DRAFT) is not None
    body["HasBeta"] = version_named(world, service, BETA) is not None
    body["DefaultVersion"] = version.version == service.default_version
    return body


def registration(world: World, found: Registration) -> dict[str, Any]:
    version = world.store[SERVICE_VERSIONS].get(found.version_key)
    infos = version.infos if version is not None else ()
    body = {
        "RegistrationId": found.registration_id,
        "ServiceId": found.service_id,
        "ServiceVersion": version.version if version is not None else "",
        "Status": found.status,
        "Comment": found.comment,
        "SubmitTime": format_time(found.submitted_at),
        "ServiceInfo": dict(infos[0]) if infos else {},
        "Detail": {
            "AtRisk": found.is_at_risk,
            "HasRelatedArtifact": version is not None and bool(relations_of(version)),
            "Reports": found.reports,
        },
    }
    if found.finished_at is not None:
        body["FinishTime"] = format_time(found.finished_at)
    return body


def shared(world: World, entry: SharedAccount) -> dict[str, Any]:
    return {
        "UserAliUid": entry.user_uid,
        "Name": world.account_name(entry.user_uid),
        "Permission": entry.permission,
        "ServiceId": entry.service_id,
        "CreateTime": format_time(entry.created_at),
        "UpdateTime": format_time(entry.updated_at),
    }
