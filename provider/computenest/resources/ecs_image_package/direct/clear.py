"""Takes images of ours away, whatever they are at: running, shared, finished, gone already."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from computenest.kernel.errors import ComputeNestError, Conflict, Meaning, NotFound
from computenest.kernel.names import ImageId
from computenest.kernel.ports import Clock
from computenest.resources.ecs_image_package.copies_api import CloudCopies
from computenest.resources.ecs_image_package.direct.classify import CopyPhase, classify_copy
from computenest.resources.ecs_image_package.direct.plan import Placed, permission_calls, permitted

_ATTEMPTS = 4  # a copy that ends while it is being cancelled is deleted the second time
_PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class Clearing:
    """Removes images; the caller has seen that they are ours."""

    copies: CloudCopies
    clock: Clock

    async def remove_all(self, doomed: Sequence[Placed]) -> dict[ImageId, str]:
        """Why an image is still there, for each that is; {} when all are gone."""
        ends = await asyncio.gather(*(self._remove(placed) for placed in doomed), return_exceptions=True)
        failures = {}
        for placed, end in zip(doomed, ends, strict=True):
            if isinstance(end, ComputeNestError):
                failures[placed.image_id] = f"{placed.image_id} in {placed.region} cannot be removed: {end}"
            elif isinstance(end, BaseException):
                raise end
        return failures

    async def _remove(self, placed: Placed) -> None:
        """Cancels or deletes it, whichever its status asks for."""
        is_copying = classify_copy(placed.image.status) is CopyPhase.RUNNING
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                if is_copying:
                    await self.copies.cancel(region=placed.region, image_id=placed.image_id)
                else:
                    await self._unshare(placed)
                    await self.copies.delete(region=placed.region, image_id=placed.image_id)
            except NotFound:
                return
            except Conflict as conflict:
                if attempt == _ATTEMPTS or conflict.meaning is Meaning.IN_USE:
                    raise
                if conflict.meaning is Meaning.WRONG_STATUS:
                    is_copying = False  # it ended while it was being cancelled
                elif conflict.meaning is Meaning.COPYING:
                    is_copying = True
                await self.clock.sleep(_PAUSE_S)
            else:
                return

    async def _unshare(self, placed: Placed) -> None:
        if classify_copy(placed.image.status) is CopyPhase.FAILED:
            return
        found = await self.copies.shares(region=placed.region, image_id=placed.image_id)
        current = permitted(placed.image, found)
        for call in permission_calls(current, ()):
            await self.copies.share(region=placed.region, image_id=placed.image_id, add=call.add, remove=call.remove)
