"""Which properties of which resources are ECS images, and whether an account may run one. fact: ros-010 to ros-014

By resource type and path, never by the name of a property: many things are called ImageId that are no ECS image.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from computenest_cloud.catalogue import market_image_id, public_images
from computenest_cloud.services.ecs.seam import IMAGES, SHARES, Image, images
from computenest_cloud.services.market.seam import products
from computenest_cloud.world import World

# Path elements; `*` is every entry of a list. The first four types are those that Compute Nest's documentation names.
IMAGE_PATHS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "ALIYUN::ECS::Instance": (("ImageId",),),
    "ALIYUN::ECS::InstanceGroup": (("ImageId",),),
    "ALIYUN::ESS::ScalingConfiguration": (("ImageId",),),
    "ALIYUN::EHPC::Cluster": (("ImageId",),),
    "ALIYUN::ECS::InstanceClone": (("ImageId",),),
    "ALIYUN::ECS::InstanceGroupClone": (("ImageId",),),
    "ALIYUN::ECS::LaunchTemplate": (("ImageId",),),
    "ALIYUN::ECS::LaunchTemplateVersion": (("LaunchTemplateData", "ImageId"),),
    "ALIYUN::ECS::AutoProvisioningGroup": (
        ("LaunchConfiguration", "ImageId"),
        ("LaunchTemplateConfig", "*", "ImageId"),
    ),
    "ALIYUN::ECS::PrepayInstance": (("ImageId",),),
    "ALIYUN::CS::ClusterNodePool": (("ScalingGroup", "ImageId"),),
    "ALIYUN::CS::ManagedKubernetesCluster": (("NodePools", "*", "ScalingGroup", "ImageId"),),
    "ALIYUN::EHPC::ClusterV2": (("ComputeNodes", "ImageId"), ("Manager", "ImageId")),
    "ALIYUN::EHPC::Queue": (("ComputeNodes", "*", "ImageId"),),
}
DOCUMENTED = frozenset(list(IMAGE_PATHS)[:4])
FIXED = frozenset({"ALIYUN::ECS::LaunchTemplate", "ALIYUN::EHPC::Cluster"})
"""Types whose ImageId no update changes: the update fails, as nothing is replaced by default. fact: ros-039"""


def walk(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """What stands at the path, if anything does."""
    if not path:
        if value is not None:
            yield value
    elif path[0] == "*":
        for entry in value if isinstance(value, list) else ():
            yield from walk(entry, path[1:])
    elif isinstance(value, Mapping) and path[0] in value:
        yield from walk(value[path[0]], path[1:])


def image_values(resource_type: str, properties: Mapping[str, Any]) -> list[str]:
    found = [str(value) for path in IMAGE_PATHS.get(resource_type, ()) for value in walk(properties, path)]
    return [value for value in found if value]


def may_launch(world: World, uid: str, image: Image) -> bool:
    """Whatever the share was made by; seeing an image in DescribeImages is another matter (fact: nest-024)."""
    return image.owner_uid == uid or image.is_public or f"{image.image_id}/{uid}" in world.store[SHARES]


def _newest_public(name: str) -> str:
    """fact: ros-011"""
    wanted = name.lower()
    known = sorted(image_id for image_id in public_images() if image_id.lower().startswith(wanted))
    return max(known, key=lambda image_id: image_id.rsplit("_", 1)[-1]) if known else name


def running_image(world: World, uid: str, region: str, name: str, own_ids: frozenset[str]) -> str | None:
    """The image that `name` stands for in this region; None where the account may not use it or it does not exist."""
    if name in own_ids:
        return name
    if name.startswith("marketplace:"):
        product = products(world).get(name.partition(":")[2])
        if product is None or region not in product.regions:
            return None
        return market_image_id(product, product.versions[-1], region)
    if name.startswith("{{") and "resolve:oos:" in name:
        return name
    if name.startswith("m-"):
        image = world.store[IMAGES].get(name)
        if image is None or image.region != region:
            return name if images.public_image(world, name, region) is not None else None
        return name if image.status == "Available" and may_launch(world, uid, image) else None
    if name.lower().startswith(images.PUBLIC_FAMILIES):
        return _newest_public(name)
    return None
