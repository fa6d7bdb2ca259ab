"""Tags of images: set, taken away, and listed in two ways. fact: ecs-042"""

from collections import Counter
from collections.abc import Mapping

from computenest_cloud.services.ecs import images, parsing
from computenest_cloud.services.ecs.errors import error
from computenest_cloud.services.ecs.records import IMAGES, Image
from computenest_cloud.wire.params import Params
from computenest_cloud.world import Answer, Call, Handler


def tag_resources(call: Call) -> Answer:
    region, ids = parsing.tagged_images(call.params)
    images.tag(call.world, call.account, region, ids, parsing.image_tags(call.params))
    return Answer({})


def untag_resources(call: Call) -> Answer:
    region, ids = parsing.tagged_images(call.params)
    keys = call.params.items("TagKey")
    images.untag(call.world, call.account, region, ids, None if call.params.flag("All") and not keys else keys)
    return Answer({})


def _mine(call: Call) -> list[Image]:
    region = parsing.known_region(call.params.required("RegionId"))
    kind = call.params.text("ResourceType") or "image"
    if kind != "image":
        raise error("InvalidResourceType.NotFound", f"({kind!r}; this cloud knows images)")
    return [image for image in call.world.store[IMAGES].grouped(region) if image.owner_uid == call.account.uid]


def _pairs(image: Image, wanted: tuple[Params, ...]) -> list[tuple[str, str]]:
    """The image's tags, or of those that were asked for the ones that it has."""
    asked = {group.text("Key"): group.text("Value") for group in wanted}
    return [
        (key, value)
        for key, value in sorted(image.tags.items())
        if not asked or (key in asked and asked[key] in {"", value})
    ]


def list_tag_resources(call: Call) -> Answer:
    """One row a tag. No NextToken at the end: clients ask on as long as there is one."""
    call.params.required("ResourceType")
    ids, wanted = call.params.items("ResourceId"), call.params.groups("Tag")
    listed = [
        {"ResourceId": image.image_id, "ResourceType": "image", "TagKey": key, "TagValue": value}
        for image in _mine(call)
        if not ids or image.image_id in ids
        for key, value in _pairs(image, wanted)
    ]
    return Answer({"TagResources": {"TagResource": listed}})


def describe_tags(call: Call) -> Answer:
    """One row a key and value, with the number of images that have it."""
    image_id, wanted = call.params.text("ResourceId"), call.params.groups("Tag")
    counts = Counter(
        pair for image in _mine(call) if image_id in {"", image.image_id} for pair in _pairs(image, wanted)
    )
    number = call.params.number("PageNumber", default=1, low=1, high=1_000_000)
    size = call.params.number("PageSize", default=50, low=1, high=100)
    listed = [
        {"TagKey": key, "TagValue": value, "ResourceTypeCount": {"Image": count}}
        for (key, value), count in sorted(counts.items())
    ]
    shown = listed[(number - 1) * size : number * size]
    return Answer({"Tags": {"Tag": shown}, "TotalCount": len(listed), "PageNumber": number, "PageSize": size})


ACTIONS: Mapping[str, Handler] = {
    "TagResources": tag_resources,
    "UntagResources": untag_resources,
    "ListTagResources": list_tag_resources,
    "DescribeTags": describe_tags,
}
