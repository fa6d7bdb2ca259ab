"""Shares the source image with the hub account for as long as the first copy needs it, and takes only that back.

The source is not ours, so a tag on it says what is: it is set before sharing and taken off after unsharing, and a
share that was there without a tag of ours is somebody else's and stays. Several packages may stand on one source;
the last one to finish unshares.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from computenest.domain.direct.model import share_mark, share_tag
from computenest.domain.direct.orphans import Share, is_needed_by_others
from computenest.domain.direct.plan import ShareState, share_state
from computenest.domain.distribution.model import CustomImage, Image, Package
from computenest.domain.errors import NotFound
from computenest.ports import ImageCopies

__all__ = ["Sharing", "take_back"]


async def take_back(source: ImageCopies, share: Share) -> None:
    """Ends a share that no stack knows any more, unless another tag says that somebody still needs it.

    Raises:
        ComputeNestError: it stays, and why.
    """
    try:
        found = await source.describe(region=share.region, ids=[share.image_id])
        image = found.get(share.image_id)
        if image is None or share.tag not in image.tags:
            return
        if not is_needed_by_others(share, image):
            await source.share(region=share.region, image_id=share.image_id, add=[], remove=[share.account])
        await source.untag(region=share.region, image_id=share.image_id, keys=[share.tag])
    except NotFound:
        return  # the image is gone, and its shares with it


@dataclass(frozen=True, slots=True)
class Sharing:
    """The share of one package's source with its hub account."""

    package: Package
    source: ImageCopies
    lock: asyncio.Lock

    async def begin(self) -> None:
        """Sees to it that the hub may copy the source."""
        direct, image = self.package.direct, self.package.source
        if direct is None or direct.hub_uid is None or not isinstance(image, CustomImage):
            return
        region, image_id = image.region, image.image_id
        async with self.lock:
            state = await self._state(image)
            shared = direct.hub_uid in await self.source.shares(region=region, image_id=image_id)
            if shared and not state.is_tagged and not state.others:
                return  # by hand, or by another tool
            tag = share_mark(self.package)
            if not state.is_tagged:
                await self.source.tag(region=region, image_id=image_id, tags=tag)
            if not shared:
                await self.source.share(region=region, image_id=image_id, add=[direct.hub_uid], remove=[])
                if not (await self._state(image)).is_tagged:  # by the run that thought this one dead, and ended before
                    await self.source.tag(region=region, image_id=image_id, tags=tag)

    async def end(self, seen: Image | None, *, was_begun: bool) -> None:
        """Takes back what `begin` gave, in this run or, if `seen` says so, in an earlier one."""
        direct, image = self.package.direct, self.package.source
        if direct is None or direct.hub_uid is None or not isinstance(image, CustomImage):
            return
        if not was_begun and not share_state(self.package, seen).is_tagged:
            return
        async with self.lock:
            try:
                state = await self._state(image)
                if not state.is_tagged:
                    return
                region, image_id = image.region, image.image_id
                if not state.others:
                    await self.source.share(region=region, image_id=image_id, add=[], remove=[direct.hub_uid])
                await self.source.untag(region=region, image_id=image_id, keys=[share_tag(self.package)])
            except NotFound:
                return  # the source is gone, and its shares with it

    async def _state(self, image: CustomImage) -> ShareState:
        found = await self.source.describe(region=image.region, ids=[image.image_id])
        return share_state(self.package, found.get(image.image_id))
