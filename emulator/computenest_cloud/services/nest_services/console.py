"""What the console shows of services: each version with the packages behind its markers. Nothing is changed."""

from collections.abc import Iterator
from dataclasses import dataclass

from computenest_cloud.clock import format_time
from computenest_cloud.services.nest_artifacts.seam import ARTIFACTS
from computenest_cloud.services.nest_services import relations, services
from computenest_cloud.services.nest_services.records import REGISTRATIONS, SERVICES, SHARED_ACCOUNTS, ServiceVersion
from computenest_cloud.world import World


@dataclass(frozen=True)
class ServiceRow:
    name: str
    service_id: str
    version: str
    status: str
    detail: str
    visibility: str
    associations: tuple[tuple[str, str, str], ...]  # marker, package, version


@dataclass(frozen=True)
class ReviewRow:
    registration_id: str
    name: str
    version: str
    status: str
    comment: str
    submitted: str


def _name_of(world: World, artifact_id: str) -> str:
    artifact = world.store[ARTIFACTS].get(artifact_id)
    return artifact_id if artifact is None else artifact.name


def _whom(world: World, version: ServiceVersion) -> str:
    listed = sum(entry.kind == "SharedAccount" for entry in world.store[SHARED_ACCOUNTS].grouped(version.service_id))
    return version.text("ShareType") + (f", {listed} account{'s' * (listed > 1)}" if listed else "")


def offered(world: World) -> Iterator[ServiceRow]:
    for service in sorted(world.store[SERVICES], key=lambda service: service.seq):
        for version in services.versions_of(world, service.service_id):
            related = tuple(
                (relation.literal, _name_of(world, relation.artifact_id), relation.version or "latest")
                for relation in relations.relations_of(version)
            )
            yield ServiceRow(
                name=str(version.infos[0].get("Name", "")) if version.infos else "",
                service_id=service.service_id,
                version=version.version,
                status=version.status,
                detail=version.status_detail,
                visibility=_whom(world, version),
                associations=related,
            )


def reviews(world: World) -> Iterator[ReviewRow]:
    """What was submitted to the reviewers, the newest first."""
    for one in sorted(world.store[REGISTRATIONS], key=lambda one: -one.seq):
        living = world.store[SERVICES].get(one.service_id)
        versions = [] if living is None else services.versions_of(world, one.service_id)
        found = next((version for version in versions if version.version_key == one.version_key), None)
        yield ReviewRow(
            registration_id=one.registration_id,
            name=str(found.infos[0].get("Name", "")) if found is not None and found.infos else one.service_id,
            version="" if found is None else found.version,
            status=one.status,
            comment=one.comment,
            submitted=format_time(one.submitted_at),
        )
