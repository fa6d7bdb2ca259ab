"""ECS images of one account.

Reading only: what changes images is Compute Nest (managed distribution) or the direct way's own adapter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from computenest.cloud.client import Client
from computenest.cloud.endpoints import Product
from computenest.cloud.wire import integer, objects_in, percent, tags_in, text
from computenest.kernel.names import ImageId, RegionId
from computenest.kernel.values import Json
from computenest.resources._packages.model import Image

MAX_IDS_PER_CALL = 100  # fact §4: PageSize
# fact §4: the default is Available alone, which hides copies that are running.
EVERY_STATUS = "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated"


class CloudImages:
    """The images that one account may see."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def regions(self) -> frozenset[RegionId]:
        """DescribeRegions."""
        answer = await self._client.call(Product.ECS, "DescribeRegions", {})
        names = (text(row.get("RegionId")) for row in objects_in(answer.get("Regions"), "Region"))
        return frozenset(RegionId(name) for name in names if name)

    async def describe(self, *, region: RegionId, ids: Sequence[ImageId]) -> Mapping[ImageId, Image]:
        """One DescribeImages call for at most 100 ids, with every status named (the default hides copies that run,
        facts §4); ids that the account may not see, and community images, are missing from the answer."""
        return await self._described(region, ids, {})

    async def published(self, *, region: RegionId, ids: Sequence[ImageId]) -> Mapping[ImageId, Image]:
        """The community images (made public by their owner) among at most 100 ids: `describe` hides them, so what is
        missing there is not lost before it is missing here as well."""
        # DescribeImagesRequest of the ECS SDK: community images are found with exactly these two.
        return await self._described(region, ids, {"IsPublic": True, "ImageOwnerAlias": "others"})

    async def _described(
        self, region: RegionId, ids: Sequence[ImageId], more: Mapping[str, Json]
    ) -> Mapping[ImageId, Image]:
        """One call for all of them, in the order of their ids."""
        wanted = sorted(set(ids))
        if len(wanted) > MAX_IDS_PER_CALL:
            raise ValueError(f"at most {MAX_IDS_PER_CALL} ids in one call, not {len(wanted)}")
        if not wanted:
            return {}
        parameters = {
            "RegionId": region,
            "ImageId": ",".join(wanted),
            "Status": EVERY_STATUS,
            "PageNumber": 1,
            "PageSize": MAX_IDS_PER_CALL,
            **more,
        }
        answer = await self._client.call(Product.ECS, "DescribeImages", parameters, region=region)
        found = {image.image_id: image for row in objects_in(answer.get("Images"), "Image") if (image := image_in(row))}
        return {image_id: found[image_id] for image_id in wanted if image_id in found}


def image_in(row: Mapping[str, Json]) -> Image | None:
    """One row of DescribeImages, None where it names no image."""
    image_id = text(row.get("ImageId"))
    if not image_id:
        return None
    disks = objects_in(row.get("DiskDeviceMappings"), "DiskDeviceMapping")
    return Image(
        image_id=ImageId(image_id),
        name=text(row.get("ImageName")),
        status=text(row.get("Status")),
        progress_percent=percent(row.get("Progress")),
        size_gib=integer(row.get("Size")),
        is_encrypted=any(str(disk.get("Encrypted")).lower() == "true" for disk in disks),
        owner_alias=text(row.get("ImageOwnerAlias")),
        product_code=text(row.get("ProductCode")),
        is_public=str(row.get("IsPublic")).lower() == "true",
        tags=MappingProxyType(tags_in(row.get("Tags"))),
    )
