"""ECS images of one account, to be copied, shared, tagged and deleted. Source of each action: facts §4."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from computenest.cloud.endpoints import Product
from computenest.cloud.wire import integer, objects_in, tag_pairs, text
from computenest.kernel.errors import NotFound, Permanent, Transient
from computenest.kernel.names import ImageId, RegionId, Token
from computenest.kernel.values import Json
from computenest.resources._packages.direct_model import PUBLIC
from computenest.resources._packages.images_api import EVERY_STATUS, CloudImages, image_in
from computenest.resources._packages.model import Image

_PAGE = 100
_MAX_PAGES = 100
_MAX_ACCOUNTS = 10  # fact §4: more are ignored without a word


class CloudCopies(CloudImages):
    """What direct distribution does with images. Ids, names and tokens come from the caller; nothing is retried."""

    async def own(self, *, region: RegionId) -> tuple[Image, ...]:
        """DescribeImages: the account's own images there, of every status, all pages."""
        parameters = {"RegionId": region, "ImageOwnerAlias": "self", "Status": EVERY_STATUS}
        rows = [row async for row in self._pages("DescribeImages", parameters, region, "Images", "Image")]
        found = {image.image_id: image for row in rows if (image := image_in(row))}
        return tuple(found[image_id] for image_id in sorted(found))

    async def copy(
        self,
        *,
        region: RegionId,
        image_id: ImageId,
        destination: RegionId,
        name: str,
        tags: Mapping[str, str],
        kms_key: str | None,
        resource_group_id: str | None,
        token: Token,
    ) -> ImageId:
        """CopyImage. Conflict (`InvalidImageName.Duplicated`) where the name is taken in the destination."""
        parameters = {
            "RegionId": region,
            "ImageId": image_id,
            "DestinationRegionId": destination,
            "DestinationImageName": name,
            "Tag": tag_pairs(tags),
            "Encrypted": True if kms_key else None,
            "KMSKeyId": kms_key,
            "ResourceGroupId": resource_group_id,
            "ClientToken": token,
        }
        answer = await self._client.call(Product.ECS, "CopyImage", parameters, region=region)
        copied = text(answer.get("ImageId"))
        if not copied:
            raise Transient(f"CopyImage in {region} answered without an image id", effect_unknown=True)
        return ImageId(copied)

    async def cancel(self, *, region: RegionId, image_id: ImageId) -> None:
        """CancelCopyImage, `region` being the destination's. Gone is success; finished is a Conflict."""
        await self._unless_gone("CancelCopyImage", {"RegionId": region, "ImageId": image_id}, region)

    async def delete(self, *, region: RegionId, image_id: ImageId) -> None:
        """DeleteImage, never forced. Gone is success; in use, shared or copying is a Conflict."""
        await self._unless_gone("DeleteImage", {"RegionId": region, "ImageId": image_id}, region)

    async def shares(self, *, region: RegionId, image_id: ImageId) -> frozenset[str]:
        """DescribeImageSharePermission, all pages: the ids of the accounts."""
        parameters = {"RegionId": region, "ImageId": image_id}
        rows = self._pages("DescribeImageSharePermission", parameters, region, "Accounts", "Account")
        return frozenset([text(row.get("AliyunId")) async for row in rows])

    async def share(self, *, region: RegionId, image_id: ImageId, add: Sequence[str], remove: Sequence[str]) -> None:
        """ModifyImageSharePermission, at most ten accounts of each kind; to remove PUBLIC makes an image private."""
        if max(len(add), len(remove)) > _MAX_ACCOUNTS:
            raise ValueError(f"at most {_MAX_ACCOUNTS} accounts in one call")
        image = {"RegionId": region, "ImageId": image_id}
        if PUBLIC in remove:  # first, and by itself: a community image can be shared with nobody
            await self._client.call(
                Product.ECS, "ModifyImageSharePermission", {**image, "IsPublic": False}, region=region
            )
        accounts = [account for account in remove if account != PUBLIC]
        if add or accounts:
            parameters = {**image, "AddAccount": list(add), "RemoveAccount": accounts}
            await self._client.call(Product.ECS, "ModifyImageSharePermission", parameters, region=region)

    async def tag(self, *, region: RegionId, image_id: ImageId, tags: Mapping[str, str]) -> None:
        """TagResources."""
        await self._change_tags("TagResources", region, image_id, {"Tag": tag_pairs(tags)})

    async def untag(self, *, region: RegionId, image_id: ImageId, keys: Sequence[str]) -> None:
        """UntagResources."""
        await self._change_tags("UntagResources", region, image_id, {"TagKey": list(keys)})

    async def _change_tags(self, action: str, region: RegionId, image_id: ImageId, change: dict[str, Json]) -> None:
        parameters = {"RegionId": region, "ResourceType": "image", "ResourceId": [image_id], **change}
        await self._client.call(Product.ECS, action, parameters, region=region)

    async def _unless_gone(self, action: str, parameters: Mapping[str, Json], region: RegionId) -> None:
        try:
            await self._client.call(Product.ECS, action, parameters, region=region)
        except NotFound:
            return

    async def _pages(
        self, action: str, parameters: Mapping[str, Json], region: RegionId, outer: str, inner: str
    ) -> AsyncIterator[Mapping[str, Json]]:
        """The rows of all pages; a list without an end is refused."""
        for page in range(1, _MAX_PAGES + 1):
            numbered = {**parameters, "PageNumber": page, "PageSize": _PAGE}
            answer = await self._client.call(Product.ECS, action, numbered, region=region)
            rows = list(objects_in(answer.get(outer), inner))
            for row in rows:
                yield row
            if len(rows) < _PAGE or page * _PAGE >= integer(answer.get("TotalCount")):
                return
        raise Permanent(
            f"{action} in {region}: the list goes on after {_MAX_PAGES} pages of {_PAGE}",
            hint="delete images that nothing uses: what is not seen cannot be told from what is not there",
        )
