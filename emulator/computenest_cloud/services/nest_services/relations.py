"""What a service's DeployMetadata says: which literals of its templates stand for which artifact versions.

The relation occurs as a map and as a list of one-entry maps (fact: svc-010). Its keys are compared byte for byte with
what the template holds. Nothing here decides whether the artifacts exist.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from computenest_cloud.errors import invalid_parameter
from computenest_cloud.services.nest_artifacts.seam import ARTIFACTS, DRAFT, ArtifactVersion, versions_of
from computenest_cloud.services.nest_services.records import SERVICE_VERSIONS, SERVICES, ServiceVersion
from computenest_cloud.wire.values import parse_json
from computenest_cloud.world import World

IMAGE_RELATION = "ArtifactRelation"
KINDS = (IMAGE_RELATION, "FileArtifactRelation", "AcrImageArtifactRelation", "HelmChartArtifactRelation")


@dataclass(frozen=True)
class Relation:
    kind: str
    literal: str
    artifact_id: str
    version: str  # empty: not named (fact: svc-012)


def parse_metadata(text: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        value = parse_json(text)
    except ValueError as error:
        raise invalid_parameter("DeployMetadata", f"it is not JSON ({error}).") from error
    if not isinstance(value, dict):
        raise invalid_parameter("DeployMetadata", "a JSON object is expected.")
    return value


def _entries(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    if value is None:
        return
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list) and all(isinstance(entry, Mapping) for entry in value):
        for entry in value:
            yield from entry.items()
    else:
        raise invalid_parameter("DeployMetadata", f"{where} is neither a map nor a list of maps.")


def parse_relations(metadata: Mapping[str, Any]) -> tuple[Relation, ...]:
    supplier = metadata.get("SupplierDeployMetadata") or {}
    if not isinstance(supplier, Mapping):
        raise invalid_parameter("DeployMetadata", "SupplierDeployMetadata is not an object.")
    found = []
    for kind in KINDS:
        for literal, target in _entries(supplier.get(kind), kind):
            if not isinstance(target, Mapping) or not target.get("ArtifactId"):
                raise invalid_parameter("DeployMetadata", f"{kind} of {literal!r} has no ArtifactId.")
            version = target.get("ArtifactVersion")
            found.append(Relation(kind, literal, str(target["ArtifactId"]), "" if version is None else str(version)))
    return tuple(found)


def relations_of(version: ServiceVersion) -> tuple[Relation, ...]:
    return parse_relations(parse_metadata(version.text("DeployMetadata")))


def resolve(world: World, relation: Relation, owner_uid: str) -> ArtifactVersion | None:
    """The version that a relation means now. fact: svc-012 (none named), svc-013 (a draft that was released).

    `owner_uid` is the service's supplier: what belongs to another account is none to it, whatever was saved.
    """
    artifact = world.store[ARTIFACTS].get(relation.artifact_id)
    if artifact is None or artifact.owner_uid != owner_uid:
        return None
    living = versions_of(world, relation.artifact_id)
    released = [version for version in living if version.version != DRAFT]
    if not relation.version:
        is_newest = world.rules.position("relation.default_version") == "newest_released"
        return next(iter(released if released and is_newest else living), None)
    named = next((version for version in living if version.version == relation.version), None)
    if named is None and relation.version == DRAFT and world.rules.is_on("relation.draft_follows_release"):
        return next(iter(released), None)
    return named


def owner_of(world: World, version: ServiceVersion) -> str:
    """The supplier's number."""
    service = world.store[SERVICES].get(version.service_id)
    return "" if service is None else service.owner_uid


def living_service_versions(world: World) -> list[ServiceVersion]:
    return [version for version in world.store[SERVICE_VERSIONS] if version.deleted_at is None]


def users_of(world: World, version: ArtifactVersion) -> set[str]:
    """The services whose templates are related to this artifact version."""
    return {
        user.service_id
        for user in living_service_versions(world)
        for relation in relations_of(user)
        if relation.artifact_id == version.artifact_id and resolve(world, relation, owner_of(world, user)) is version
    }
