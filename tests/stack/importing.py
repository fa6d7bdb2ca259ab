"""Brings into the embedded cloud what computenest-cli leaves there for a configuration: by the official SDK, call by
call as it makes them (facts §8.3): drafts of artifacts, uploaded templates, a draft of the service."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from alibabacloud_computenestsupplier20210521 import models as nest

from emulator import harness, offers
from stack.cloud import Cloud

_BUILDER = re.compile(r"\$\{(\w+Builder)\.(\w+)\.(\w+)\}")
_ARTIFACT = re.compile(r"\$\{Artifact\.(\w+)\.ArtifactId\}")
_made: dict[str, set[str]] = {}


def keep_with_cli(
    cloud: Cloud,
    file: Path,
    *,
    name: str,
    beside: Sequence[Path] = (),
    shared: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """Keeps the configuration's service in the cloud; artifact key -> id.

    Args:
        file: the config.yaml.
        name: the service's name, where the file has none; also what keeps artifacts of several files apart.
        beside: folders where else its templates are looked for; a made-up one stands for what is in none of them.
        shared: account -> permission, as its supplier gave them in the console.
    """
    document = yaml.safe_load(file.read_text("utf-8"))
    ids: dict[str, str] = {}
    named: dict[str, str] = {}
    for key, artifact in (document.get("Artifact") or {}).items():
        title = artifact["ArtifactName"]  # computenest-cli takes the first hit of a name (facts §8.4)
        ids[key] = named[title] = named.get(title) or _artifact(cloud, document, artifact)
    service = document["Service"]
    urls: dict[str, str] = {}
    metadata = _filled(service["DeployMetadata"], document, ids)
    for entries in (
        metadata.get("TemplateConfigs"),
        (metadata.get("SupplierDeployMetadata") or {}).get("SupplierTemplateConfigs"),
    ):
        for entry in entries or ():
            url = entry["Url"]
            if url not in urls:
                found = [folder / url for folder in (file.parent, *beside) if (folder / url).is_file()]
                text = found[0].read_text("utf-8") if found else _made_up(metadata)
                urls[url] = offers.upload(cloud, text, name=Path(url).name)
            entry["Url"] = urls[url]
    _own_foreign(cloud, metadata, ids)
    infos = service["ServiceInfo"] if isinstance(service["ServiceInfo"], list) else [service["ServiceInfo"]]
    request = nest.CreateServiceRequest(
        region_id=harness.REGIONS[0],
        deploy_type=service.get("DeployType"),
        service_type=service.get("ServiceType"),
        deploy_metadata=json.dumps(metadata),
        **_operating(service),
        service_info=[
            nest.CreateServiceRequestServiceInfo(
                locale=info.get("Locale", "zh-CN"),
                name=info.get("Name") or name,
                short_description=info.get("ShortDescription"),
                image=info.get("Image") if str(info.get("Image")).startswith("http") else "https://icons.example/1.png",
            )
            for info in {
                info.get("Locale"): info for info in reversed(infos)
            }.values()  # of a locale given twice, the first
        ],
    )
    service_id = str(cloud.nest().create_service(request).body.service_id)
    for uid, permission in shared.items():
        offers.share(cloud, service_id, uid, permission=permission)
    return ids


def _made_up(metadata: Mapping[str, Any]) -> str:
    """A template in which every marker of the service stands."""
    supplier = metadata.get("SupplierDeployMetadata") or {}
    markers: list[str] = []
    for section, found in supplier.items():
        for mapping in found if isinstance(found, list) else [found]:
            if section.endswith("Relation") and isinstance(mapping, dict):
                markers += mapping
    resources = {
        f"R{number}": {"Type": "ALIYUN::ECS::Instance", "Properties": {"ImageId": marker, "UserData": marker}}
        for number, marker in enumerate(markers)
    }
    return json.dumps({"ROSTemplateFormatVersion": "2015-09-01", "Resources": resources})


def _own_foreign(cloud: Cloud, metadata: dict[str, Any], ids: Mapping[str, str]) -> None:
    """Relations may name artifacts of their publisher's by id; here some of this supplier's stand for them."""
    supplier = metadata.get("SupplierDeployMetadata") or {}
    strangers: dict[str, str] = {}
    for section in ("ArtifactRelation", "FileArtifactRelation"):
        found = supplier.get(section) or {}
        for mapping in found if isinstance(found, list) else [found]:
            for target in mapping.values():
                id_ = str(target["ArtifactId"])
                if id_ not in ids.values():
                    kind = "File" if section.startswith("File") else "EcsImage"
                    plain: dict[str, Any] = {"ArtifactType": kind, "ArtifactName": f"stands for {id_}"}
                    plain["ArtifactProperty"] = {"RegionId": harness.REGIONS[0]}
                    strangers[id_] = strangers.get(id_) or _artifact(cloud, {}, plain)
                    target |= {"ArtifactId": strangers[id_], "ArtifactVersion": "draft"}


def _operating(service: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "operation_metadata": json.dumps(service.get("OperationMetadata") or {}),
        "upgrade_metadata": json.dumps(service.get("UpgradeMetadata") or {}),
        "approval_type": service.get("ApprovalType"),
    }


def _artifact(cloud: Cloud, document: Mapping[str, Any], artifact: Mapping[str, Any]) -> str:
    kind, plain = artifact["ArtifactType"], _filled(artifact.get("ArtifactProperty") or {}, document, {})
    built = _filled(artifact.get("ArtifactBuildProperty") or {}, document, {})
    if kind == "EcsImage" and not built:
        body = {"account": "supplier", "region": plain["RegionId"], "name": artifact["ArtifactName"]}
        plain["ImageId"] = cloud.control("POST", "images", body)["image_id"]
    if kind == "File":
        plain["Url"] = offers.upload(cloud, "content", name="file.tgz")
    source = str(built.get("SourceImageId", ""))
    if source.startswith("m-") and source not in _made.setdefault(cloud.endpoint, set()):
        body = {"account": "supplier", "region": built["RegionId"], "name": f"for {source}", "image_id": source}
        cloud.control("POST", "images", body)
        _made[cloud.endpoint].add(source)
    request = nest.CreateArtifactRequest(
        artifact_type=kind,
        name=artifact["ArtifactName"],
        description=artifact.get("Description"),
        version_name="20260101000000",
        support_region_ids=artifact.get("SupportRegionIds"),
        artifact_property=nest.CreateArtifactRequestArtifactProperty().from_map(plain) if plain else None,
        artifact_build_property=nest.CreateArtifactRequestArtifactBuildProperty().from_map(built) if built else None,
    )
    return str(cloud.nest().create_artifact(request).body.artifact_id)


def _filled(node: Any, document: Mapping[str, Any], ids: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _filled(value, document, ids) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(item, document, ids) for item in node]
    if not isinstance(node, str):
        return node
    if (found := _ARTIFACT.fullmatch(node)) is not None:
        return ids[found[1]]
    if node.endswith(".ArtifactVersion}"):
        return "draft"  # computenest-cli writes this whatever the configuration says (facts §8.2)
    if (found := _BUILDER.fullmatch(node)) is not None:
        return (document[found[1]].get(found[2]) or {}).get(found[3], node)
    return node
