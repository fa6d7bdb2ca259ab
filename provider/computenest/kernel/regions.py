"""The regions of the cloud, and what an image id says about the region it lives in.

The prefix of an image id encodes its region. Source: `service_alicloud_market.go` of the Terraform provider and the
`Mappings` of published ROS templates (facts §4). It is a heuristic: an id with an unknown prefix is never refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from computenest.kernel.names import ImageId, RegionId

PREFIX_OF_REGION: dict[RegionId, str] = {
    RegionId(region): prefix
    for region, prefix in (
        ("ap-northeast-1", "m-6we"),
        ("ap-south-1", "m-a2d"),
        ("ap-southeast-1", "m-t4n"),
        ("ap-southeast-2", "m-p0w"),
        ("ap-southeast-3", "m-8ps"),
        ("ap-southeast-5", "m-k1a"),
        ("cn-beijing", "m-2ze"),
        ("cn-chengdu", "m-2vc"),
        ("cn-guangzhou", "m-7xv"),
        ("cn-hangzhou", "m-bp1"),
        ("cn-heyuan", "m-f8z"),
        ("cn-hongkong", "m-j6c"),
        ("cn-huhehaote", "m-hp3"),
        ("cn-qingdao", "m-m5e"),
        ("cn-shanghai", "m-uf6"),
        ("cn-shenzhen", "m-wz9"),
        ("cn-wulanchabu", "m-0jl"),
        ("cn-zhangjiakou", "m-8vb"),
        ("eu-central-1", "m-gw8"),
        ("eu-west-1", "m-d7o"),
        ("me-east-1", "m-eb3"),
        ("us-east-1", "m-0xi"),
        ("us-west-1", "m-rj9"),
    )
}
_REGION_OF_PREFIX = {prefix: region for region, prefix in PREFIX_OF_REGION.items()}

# Regions that exist although no prefix of theirs was found; a region in neither list is asked of the cloud.
KNOWN_REGIONS: frozenset[RegionId] = frozenset(PREFIX_OF_REGION) | {
    RegionId(region)
    for region in (
        "ap-northeast-2",
        "ap-southeast-6",
        "ap-southeast-7",
        "cn-fuzhou",
        "cn-nanjing",
        "cn-wuhan-lr",
        "cn-zhengzhou-jva",
        "me-central-1",
        "na-south-1",
    )
}

_DOCUMENTED = 30  # SupportRegionIds: maxItems in the API's metadata of 2023, not in later ones (facts §1.1)
_IMAGE_ID = re.compile(r"m-[a-z0-9]{10,40}")


def many_regions(distribution: object) -> tuple[str, ...]:
    """What a preview says of a package that is wanted in very many regions."""
    count = len(distribution) if isinstance(distribution, Mapping) else 0
    if count <= _DOCUMENTED:
        return ()
    return (
        f"regions: {count} of them; the API's description of 2023 took {_DOCUMENTED} for one package, whether it still "
        "does is unverified",
    )


def is_image_id(text: str) -> bool:
    """Whether `text` has the form of a custom image's id: `m-` and lower-case letters and digits."""
    return _IMAGE_ID.fullmatch(text) is not None


def region_of_image(image_id: ImageId) -> RegionId | None:
    """The region that the prefix of an image id names, None where the prefix is not known."""
    return _REGION_OF_PREFIX.get(image_id[:5])


def foreign_home(region: str, image_id: str) -> RegionId | None:
    """The other region that an image id given for `region` belongs to; None unless the prefixes of both are known."""
    if region not in PREFIX_OF_REGION or not is_image_id(image_id):
        return None
    home = region_of_image(ImageId(image_id))
    return home if home != region else None


def nearest(text: str, known: Iterable[str]) -> str | None:
    """The known name most like `text`, None where nothing is like it."""
    names = sorted(known)
    alike = get_close_matches(text, names, n=1, cutoff=0.6) or get_close_matches(text.lower(), names, n=1, cutoff=0.6)
    return alike[0] if alike else None
