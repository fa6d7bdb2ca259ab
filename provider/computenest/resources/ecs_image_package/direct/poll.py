"""Looks at copies that run: one list call a region (and each further hundred copies there) and tick, never two.

A look that fails is not repeated: the next tick asks about the same copies anyway. So throttling costs hardly any calls
here, and calls are what a throttling cloud has too many of. A region that gives no answer at all is borne as long as by
the retry layer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from computenest.kernel.errors import Permanent, Transient
from computenest.kernel.names import ImageId, RegionId
from computenest.kernel.ports import Clock
from computenest.reconcile.silence import SETTING, Silence, is_unanswered
from computenest.resources._packages.images_api import CloudImages
from computenest.resources._packages.model import Image

_PAGE = 100  # ids that one DescribeImages takes (facts §4)
_LONGEST_ASKED_S = 120.0  # of the cloud's wish to be left alone; longer ones are cut to this


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one list call.

    Args:
        region: where.
        asked: the ids that it was about.
        images: those that the account sees; None where the call failed.
        error: why it failed; a `Transient` one means that the next tick asks again.
    """

    region: RegionId
    asked: Sequence[ImageId]
    images: Mapping[ImageId, Image] | None
    error: Exception | None = None


@dataclass(slots=True)
class Polls:
    """Asks once and never tries again.

    Guarantees:
        1. At most one call a region and hundred ids each time `look` is called.
        2. A region whose answer said when to come again (`x-acs-retry-after`) is left alone until then.

    Args:
        images: the account's images, without a retry layer.
    """

    images: CloudImages
    clock: Clock
    silence: Silence = field(default_factory=Silence)
    _not_before_s: dict[RegionId, float] = field(default_factory=dict)
    _silent_since_s: dict[RegionId, float] = field(default_factory=dict)

    async def look(self, wanted: Mapping[RegionId, Sequence[ImageId]]) -> list[Answer]:
        """The answers of this tick; none for a region that wants to be left alone."""
        now_s = self.clock.now_s()
        self._silent_since_s = {r: since_s for r, since_s in self._silent_since_s.items() if r in wanted}
        pages = [
            (region, sorted(ids)[start : start + _PAGE])
            for region, ids in sorted(wanted.items())
            if self._not_before_s.get(region, 0.0) <= now_s
            for start in range(0, len(ids), _PAGE)
        ]
        return await asyncio.gather(*(self._ask(region, page) for region, page in pages))

    async def _ask(self, region: RegionId, page: Sequence[ImageId]) -> Answer:
        try:
            images = await self.images.describe(region=region, ids=page)
        except Transient as error:
            if error.retry_after_s:
                self._not_before_s[region] = self.clock.now_s() + min(error.retry_after_s, _LONGEST_ASKED_S)
            return Answer(region, page, None, self._unless_over(region, error))
        except Exception as error:  # noqa: BLE001 - told to whoever waits for these copies
            return Answer(region, page, None, error)
        self._heard(region)
        return Answer(region, page, images)

    def _unless_over(self, region: RegionId, error: Transient) -> Transient | Permanent:
        """The error itself, or one that is final, where nothing was heard from the region for longer than is borne."""
        if not is_unanswered(error):
            self._heard(region)
            return error
        since_s = self._silent_since_s.setdefault(region, self.silence.now_s())
        self.silence.unheard(error)
        silent_s = self.silence.now_s() - since_s
        if silent_s <= self.silence.longest_s:
            return error
        said = (
            f"{error.summary}; no look was answered for {silent_s:.0f} s, and {SETTING} is {self.silence.longest_s:g}"
        )
        return Permanent(
            said, hint="the copy goes on in the cloud, run pulumi up again to wait for it", meaning=error.meaning
        )

    def _heard(self, region: RegionId) -> None:
        self._silent_since_s.pop(region, None)
        self.silence.heard()
