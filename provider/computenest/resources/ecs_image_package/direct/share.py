"""Shares the source image with the hub account for as long as the first copy needs it, and takes only that back.

The source is not ours, so a tag on it says what is: it is set before sharing and taken off after unsharing, and a
share that was there without a tag of ours is somebody else's and stays. Several packages may stand on one source;
the last one to finish unshares.

Both tags name the account, so every account that a source was ever shared with is known before it is, and each share
is taken back, also where the program names another account since.

A run that was thought dead may be asleep between tagging and sharing. Who ends what another run began leaves a second
tag, therefore, until the next command that comes by: a share that is found beside it is ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Set
from dataclasses import dataclass

from computenest.kernel.errors import NotFound
from computenest.kernel.names import ImageId, RegionId
from computenest.kernel.unknown import Known
from computenest.resources._packages.direct_model import ended_mark, ended_tag, share_mark, share_tag
from computenest.resources._packages.image_package import Package
from computenest.resources._packages.model import CustomImage, Image, Original
from computenest.resources.ecs_image_package.copies_api import CloudCopies
from computenest.resources.ecs_image_package.direct.orphans import Share, is_needed_by_others
from computenest.resources.ecs_image_package.direct.plan import ShareState, share_state


async def take_back(source: CloudCopies, share: Share) -> None:
    """Ends a share that no stack knows any more, unless another tag says that somebody still needs it.

    Raises:
        ComputeNestError: it stays, and why.
    """
    try:
        image = await _seen(source, share.region, share.image_id)
        if image is None or share.tag not in image.tags:
            return
        if not is_needed_by_others(share, image):
            await source.share(region=share.region, image_id=share.image_id, add=[], remove=[share.account])
        await source.untag(region=share.region, image_id=share.image_id, keys=[share.tag])
    except NotFound:
        return  # the image is gone, and its shares with it


async def _seen(source: CloudCopies, region: RegionId, image_id: ImageId) -> Image | None:
    """One image, also where it was made public, which hides it from the plain question."""
    found = await source.describe(region=region, ids=[image_id])
    return (found or await source.published(region=region, ids=[image_id])).get(image_id)


@dataclass(frozen=True, slots=True)
class Sharing:
    """The share of one package's source with its hub account."""

    package: Package[Known]
    source: CloudCopies
    lock: asyncio.Lock

    async def begin(self) -> bool:
        """Sees to it that the hub may copy the source; whether another run began to share it before."""
        direct, source = self.package.direct, self.package.source
        if direct is None or direct.hub_uid is None or not isinstance(source, CustomImage):
            return False
        image, hub = source.original, direct.hub_uid
        region, image_id = image
        async with self.lock:
            state = await self._without_former(image, hub)
            shared = hub in await self.source.shares(region=region, image_id=image_id)
            if shared and not state.is_ours_with(hub) and hub not in state.others:
                return False  # by hand, or by another tool
            tag = share_mark(self.package)
            if not state.is_tagged:
                await self.source.tag(region=region, image_id=image_id, tags=tag)
            if not shared:
                await self.source.share(region=region, image_id=image_id, add=[hub], remove=[])
                if not (await self._state(image)).is_tagged:  # by the run that thought this one dead, and ended before
                    await self.source.tag(region=region, image_id=image_id, tags=tag)
            return state.is_tagged

    async def end(self, seen: Image | None, *, was_begun: bool, is_last: bool) -> None:
        """Takes back what `begin` gave, in this run or, if `seen` says so, in an earlier one, to whomever.

        Args:
            seen: the source as it was seen, None where it was not.
            was_begun: by this run.
            is_last: nobody can be asleep in the middle of sharing it, or nobody will come by any more to see.
        """
        direct, source = self.package.direct, self.package.source
        if direct is None or direct.hub_uid is None or not isinstance(source, CustomImage):
            return
        image = source.original
        if not was_begun and not share_state(self.package, seen).is_ours:
            return
        async with self.lock:
            try:
                state = await self._state(image)
                if state.is_ours:
                    await self._end(image, state, is_last=is_last)
            except NotFound:
                return  # the source is gone, and its shares with it

    async def _without_former(self, image: Original, hub: str) -> ShareState:
        """What the tags say once nothing is shared any more with an account that the program named before."""
        state = await self._state(image)
        if {state.account, state.ended} <= {hub, ""}:
            return state
        if state.is_tagged and state.account != hub:
            await self._end(image, state, is_last=False)
        else:
            await self._unshare(image, state, {state.ended})
            await self.source.untag(region=image.region, image_id=image.image_id, keys=[ended_tag(self.package)])
        return await self._state(image)

    async def _end(self, image: Original, state: ShareState, *, is_last: bool) -> None:
        """First what remembers the account, then the share, then its tag."""
        region, image_id = image.region, image.image_id
        keys = [share_tag(self.package)] if state.is_tagged else []
        if state.was_ended and state.ended != state.account:
            await self._unshare(image, state, {state.ended})
        if state.is_tagged and not is_last:
            mark = ended_mark(self.package, state.account)
            await self.source.tag(region=region, image_id=image_id, tags=mark)
        elif state.was_ended:
            keys.append(ended_tag(self.package))
        unshares = state.is_tagged and state.account not in state.others
        if unshares:
            await self.source.share(region=region, image_id=image_id, add=[], remove=[state.account])
        await self.source.untag(region=region, image_id=image_id, keys=keys)
        if unshares and state.account in await self.source.shares(region=region, image_id=image_id):
            # Another package came in between: it shared the source anew, and left the end of that to this tag. One that
            # is still at work has a tag of its own.
            now = await self._state(image)
            if state.account not in now.others:
                await self.source.share(region=region, image_id=image_id, add=[], remove=[state.account])

    async def _unshare(self, image: Original, state: ShareState, accounts: Set[str]) -> None:
        """Those that it is shared with, and that nobody else needs."""
        region, image_id = image.region, image.image_id
        if wanted := accounts - state.others - {""}:
            found = wanted & await self.source.shares(region=region, image_id=image_id)
            if found:
                await self.source.share(region=region, image_id=image_id, add=[], remove=sorted(found))

    async def _state(self, image: Original) -> ShareState:
        return share_state(self.package, await _seen(self.source, image.region, image.image_id))
