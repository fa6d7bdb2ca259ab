"""The embedded cloud of the simulated lives: two accounts and six regions in virtual time, what people do there behind
the provider's back, and the books: which copies began, and which of them had to be made again."""

from __future__ import annotations

import functools
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from computenest.kernel.regions import PREFIX_OF_REGION
from computenest_cloud.gateway import Hangup
from computenest_cloud.services.ecs.copying import Copier
from computenest_cloud.services.ecs.records import IMAGES, SHARES, Image, Share
from computenest_cloud.wire.replies import Reply
from emulator.in_process import InProcess, lasting_folder

HUB = "2000000000000002"
REGIONS = tuple(sorted(PREFIX_OF_REGION))[:6]
ACCOUNTS = {"supplier": "supplier", "hub": "holder"}
"""The provider's accounts, and whose they are: Compute Nest's own hub account has no quota."""
QUOTA = 10
_SIX = json.dumps({"Regions": {"Region": [{"RegionId": region} for region in REGIONS]}}).encode()


@dataclass(frozen=True)
class Rules:
    """What the real cloud may do either way, and how long things take there."""

    copies_per_region: int = 5
    limit_counts: str = "source"
    s_per_gib: float = 1.5
    lag_s: float = 0.0
    throttled: float = 0.0
    replays_deleted: bool = True
    latency_s: float = 0.0
    seed: int = 0


class Watched(InProcess):
    """The cloud of one life after the other."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.control("POST", "accounts", {"name": ACCOUNTS["hub"], "uid": HUB})
        self.inside.site.part(Copier).on_copied(self._copied)
        self.begin(Rules())

    def begin(self, rules: Rules) -> None:
        """Everything is as on the first day, and the books are empty."""
        self.inside.world.mint.seed = rules.seed
        self.control("POST", "reset")
        self.control("DELETE", "calls")
        positions = {
            "ecs.copies_per_region": rules.copies_per_region,
            "ecs.copy_limit_counts": rules.limit_counts,
            "ecs.copy_s_per_gib": rules.s_per_gib,
            "ecs.image_quota": QUOTA,
            "client_token.replays_deleted": rules.replays_deleted,
        }
        self.control("PUT", "facts", positions)
        self.rules = rules
        self.started: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self.excused: Counter[tuple[str, str]] = Counter()
        self.wanted: Mapping[str, str] = {}
        """Copies that must not be deleted and made again: region -> name."""
        self._bad: list[str] = []
        self._fillers: list[Image] = []
        self._misbehave()

    # --- what people do behind the provider's back

    def plant(self, account: str, region: str, name: str, *, size_gib: int = 40) -> Image:
        """An image that is there."""
        body = {"account": ACCOUNTS[account], "region": region, "name": name, "size_gib": size_gib}
        return self.image(self.control("POST", "images", body)["image_id"])

    def lose(self, image: Image) -> None:
        """It disappears, and whatever was made of it."""
        if not image.is_copying:  # of one that is, the copying ends
            self._excuse(image)
        self.take_away(image)

    def take_away(self, image: Image) -> None:
        """What was planted, which excuses nothing."""
        self.control("DELETE", "images", {"region": image.region, "image_id": image.image_id})

    def permit(self, image: Image, *uids: str) -> None:
        """These accounts may use it from now on, and no others."""
        shares = self.inside.store[SHARES]
        for share in shares.grouped(image.image_id):
            shares.remove(share.key)
        for uid in uids:
            shares.add(Share(image_id=image.image_id, account_uid=uid, shared_at=self.now_s))

    def fail(self, region: str) -> None:
        """The next copy to this region fails."""
        self._bad.append(region)
        self._misbehave()

    def fill(self, *regions: str) -> None:
        """The hub has as many images there as it may have."""
        for region in regions:
            self._fillers += [self.plant("hub", region, f"full-{number}") for number in range(QUOTA)]

    def drain(self) -> None:
        """Everything goes well again."""
        for image in self._fillers:
            self.take_away(image)
        self._fillers.clear()
        self._bad.clear()
        self._misbehave()

    def _misbehave(self) -> None:
        copying: dict[str, str] = {"action": "CopyImage"}
        failing: dict[str, Any] = {"times": 1, "effect": {"kind": "fail_copy"}}
        rules: list[Any] = [{**failing, "match": {**copying, "region": region}} for region in self._bad]
        if self.rules.lag_s:
            rules.append({"match": copying, "effect": {"kind": "list_lag", "seconds": self.rules.lag_s}})
        if self.rules.throttled:
            rules.append({"probability": self.rules.throttled, "effect": {"kind": "throttle"}})
        self.faults(*rules)

    # --- what is there

    @property
    def images(self) -> list[Image]:
        self.inside.world.catch_up()
        return list(self.inside.store[IMAGES])

    def image(self, image_id: str) -> Image:
        found = self.inside.store[IMAGES].get(image_id)
        assert found is not None, image_id
        return found

    def permitted(self, image: Image) -> set[str]:
        return {share.account_uid for share in self.inside.store[SHARES].grouped(image.image_id)}

    # --- the books

    def ask(self, version: str, action: str, account: str, parameters: Mapping[str, str]) -> Reply | Hangup:
        images = self.inside.store[IMAGES]
        deleted = images.get(parameters["ImageId"]) if action == "DeleteImage" else None
        reply = super().ask(version, action, account, parameters)
        is_done = isinstance(reply, Reply) and reply.status == 200
        if is_done and action == "DescribeRegions":  # each of them is looked at, and six say as much as thirty
            return replace(reply, body=_SIX)
        if is_done and action == "CopyImage":
            place = parameters["DestinationRegionId"], parameters["DestinationImageName"]
            self.started[place].add(json.loads(reply.body)["ImageId"])  # a replayed answer begins nothing
        if deleted is not None and deleted.image_id not in images and self.wanted.get(deleted.region) != deleted.name:
            self._excuse(deleted)
        return reply

    def _copied(self, image: Image) -> None:
        if image.status == "CreateFailed":  # or cancelled
            self._excuse(image)

    def _excuse(self, image: Image) -> None:
        self.excused[(image.region, image.name)] += 1


@functools.cache
def cloud() -> Watched:
    """One for all lives of this process: to empty it takes less than to make it."""
    return Watched(lasting_folder())
