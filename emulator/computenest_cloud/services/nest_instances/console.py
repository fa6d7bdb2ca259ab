"""What the console shows of service instances: what each runs, by which package. Nothing is changed."""

from collections.abc import Iterator
from dataclasses import dataclass

from computenest_cloud.services.nest_artifacts.seam import ARTIFACTS, artifacts
from computenest_cloud.services.nest_instances.records import INSTANCES, ServiceInstance
from computenest_cloud.services.nest_services.seam import SERVICE_VERSIONS
from computenest_cloud.services.ros.seam import RESOURCES, StackResource
from computenest_cloud.world import World


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


def _resources(world: World, stack_id: str) -> Iterator[StackResource]:
    """Those with an image, of the stack and of the stacks in it."""
    for entry in world.store[RESOURCES].grouped(stack_id):
        if entry.running_image_id:
            yield entry
        if entry.resource_type == "ALIYUN::ROS::Stack":
            yield from _resources(world, entry.physical_id)


def _packages_of_images(world: World) -> dict[str, str]:
    """Image id -> the package and version that it was delivered by."""
    return {
        image_id: f"{artifact.name} {version.version}"
        for artifact in world.store[ARTIFACTS]
        for version in artifacts.versions_of(world, artifact.artifact_id)
        for image_id in version.delivery.values()
    }


def _service_name(world: World, instance: ServiceInstance) -> str:
    version = world.store[SERVICE_VERSIONS].get(instance.version_key)
    name = str(version.infos[0].get("Name", "")) if version is not None and version.infos else instance.service_id
    following = world.store[SERVICE_VERSIONS].get(instance.next_version_key)
    return f"{name} {instance.version}" + (f" → {following.version}" if following is not None else "")


def running(world: World) -> Iterator[InstanceRow]:
    packages_of_images = _packages_of_images(world)
    for instance in sorted(world.store[INSTANCES], key=lambda instance: instance.seq):
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
