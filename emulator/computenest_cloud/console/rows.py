"""What the console shows, gathered from the store: packages by region, services with associations, what runs where.

Everything is shown whoever owns it, and no secret is among it. Nothing is changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from computenest_cloud.services.computenest import artifacts, relations, services
from computenest_cloud.services.computenest.delivery import target_regions
from computenest_cloud.services.ecs import images
from computenest_cloud.store.records import ArtifactVersion
from computenest_cloud.store.service_records import ServiceInstance, ServiceVersion, StackResource
from computenest_cloud.world import World


@dataclass(frozen=True)
class PackageRow:
    name: str
    artifact_id: str
    kind: str
    version: str
    region: str
    status: str
    percent: int | None  # of a copy that is under way
    detail: str
    image_id: str
    visibility: str


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
class Running:
    """A resource of an instance with the image that it runs, and the package that the image is of."""

    logical_id: str
    ids: tuple[str, ...]
    image_id: str
    package: str


@dataclass(frozen=True)
class InstanceRow:
    name: str
    instance_id: str
    owner: str
    region: str
    service: str
    status: str
    detail: str
    resources: tuple[Running, ...]


@dataclass(frozen=True)
class _Delivered:
    status: str
    image_id: str = ""
    percent: int | None = None
    detail: str = ""


def _delivered(world: World, version: ArtifactVersion, region: str) -> _Delivered:
    """One region of a version."""
    if region in version.delivery:
        image_id = version.delivery[region]
        is_lost = image_id.startswith("m-") and not version.artifact_property.get("CommodityCode")
        return _Delivered("Lost" if is_lost and image_id not in world.store.images else "Available", image_id)
    if region in version.failures:
        return _Delivered("Failed", detail=version.failures[region])
    image = world.store.images.get(version.pending.get(region, ""))
    if image is not None and image.role == "copy":
        return _Delivered(image.status, image.image_id, images.progress_percent(world, image))
    return _Delivered(version.status, detail=version.status_detail)


def _visibility(world: World, image_id: str) -> str:
    image = world.store.images.get(image_id)
    if image is None:
        return ""
    if image.is_public:
        return "public"
    shared = sum(share.made_by == "whitelist" for share in world.store.shares.grouped(image_id))
    return f"private, {shared} accounts" if shared else "private"


def packages(world: World) -> Iterator[PackageRow]:
    for artifact in sorted(world.store.artifacts, key=lambda artifact: artifact.seq):
        for version in artifacts.versions_of(world, artifact.artifact_id):
            wanted = target_regions(version) or tuple(version.delivery)
            for region in sorted(wanted) or [""]:
                found = _delivered(world, version, region)
                yield PackageRow(
                    name=artifact.name,
                    artifact_id=artifact.artifact_id,
                    kind=artifact.artifact_type,
                    version=version.version,
                    region=region,
                    status=found.status,
                    percent=found.percent,
                    detail=found.detail,
                    image_id=found.image_id,
                    visibility=_visibility(world, found.image_id),
                )


def _name_of(world: World, artifact_id: str) -> str:
    artifact = world.store.artifacts.get(artifact_id)
    return artifact_id if artifact is None else artifact.name


def _whom(world: World, version: ServiceVersion) -> str:
    listed = sum(entry.kind == "SharedAccount" for entry in world.store.shared_accounts.grouped(version.service_id))
    return version.text("ShareType") + (f", {listed} account{'s' * (listed > 1)}" if listed else "")


def offered(world: World) -> Iterator[ServiceRow]:
    for service in sorted(world.store.services, key=lambda service: service.seq):
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


def _resources(world: World, stack_id: str) -> Iterator[StackResource]:
    """Those with an image, of the stack and of the stacks in it."""
    for entry in world.store.resources.grouped(stack_id):
        if entry.running_image_id:
            yield entry
        if entry.resource_type == "ALIYUN::ROS::Stack":
            yield from _resources(world, entry.physical_id)


def _packages_of_images(world: World) -> dict[str, str]:
    """Image id -> the package and version that it was delivered by."""
    return {
        image_id: f"{artifact.name} {version.version}"
        for artifact in world.store.artifacts
        for version in artifacts.versions_of(world, artifact.artifact_id)
        for image_id in version.delivery.values()
    }


def _service_name(world: World, instance: ServiceInstance) -> str:
    version = world.store.service_versions.get(instance.version_key)
    name = str(version.infos[0].get("Name", "")) if version is not None and version.infos else instance.service_id
    following = world.store.service_versions.get(instance.next_version_key)
    return f"{name} {instance.version}" + (f" → {following.version}" if following is not None else "")


def running(world: World) -> Iterator[InstanceRow]:
    packages_of_images = _packages_of_images(world)
    for instance in sorted(world.store.instances, key=lambda instance: instance.seq):
        if instance.deleted_at is not None:
            continue
        found = tuple(
            Running(
                entry.logical_id,
                entry.members or (entry.physical_id,),
                entry.running_image_id,
                packages_of_images.get(entry.running_image_id, ""),
            )
            for entry in _resources(world, instance.stack_id)
        )
        yield InstanceRow(
            name=instance.name,
            instance_id=instance.instance_id,
            owner=world.account_name(instance.owner_uid),
            region=instance.region,
            service=_service_name(world, instance),
            status=instance.status,
            detail=instance.status_detail,
            resources=found,
        )
