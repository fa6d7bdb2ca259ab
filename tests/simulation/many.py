"""Many packages of one hub account at once, in one process.

Every call is in the cloud's own log with its moment, and what is copied is noted each time before time moves: so what
was asked can be compared with what was running.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from computenest.kernel.outcome import Outcome
from computenest.reconcile.retry import Retry
from emulator.harness import Cloud
from lifecycle.cores import session_on
from lifecycle.driver import HOME, Screen
from lifecycle.faults import Faults
from lifecycle.images import check, package_of
from lifecycle.virtual import VirtualClock, run
from simulation.stack import CoreOfAccounts
from simulation.world import wish


class Many:
    """On a cloud that is empty again: within this process, or a server."""

    def __init__(self, cloud: Cloud, *, tick_s: float = 20.0, screen: Any = None) -> None:
        self.cloud, self.running = cloud, list[tuple[float, dict[str, str]]]()
        cloud.control("POST", "reset")
        cloud.control("DELETE", "calls")
        self._clock = VirtualClock(self._advance, now_s=cloud.now_s)
        self._sessions = {name: session_on(cloud, name, self._clock, Faults()) for name in ("supplier", "hub")}
        self._core = CoreOfAccounts.of(screen or Screen(), self._sessions, Retry(), tick_s)

    def distribute(
        self, number: int, regions: Sequence[str], *, permit: int, account: str = "supplier", faults: Sequence[Any] = ()
    ) -> None:
        """So many packages at once, from images of `account`; all complete."""
        wishes = [self._wish(f"gold-{one}", regions, permit, account) for one in range(number)]
        self.cloud.faults(*faults)

        async def everything() -> list[Outcome[Any]]:
            packages = self._core.packages(account)
            return await asyncio.gather(*(packages.create(package_of(inputs)) for inputs in wishes))

        for outcome in run(self._clock, everything()):
            assert outcome.is_complete, outcome.reasons
            assert set(outcome.state.images) == set(regions)
        for session in self._sessions.values():
            session.close()
        book = self.cloud.control("GET", "ledger")["accounts"]
        made = {HOME, *regions} if account == "supplier" else regions  # what others share is copied at home first
        assert len(book["hub"]["images_outstanding"]) == number * len(regions)
        assert book["hub"]["images_created"] == number * len(made)
        assert len(book["hub"]["shares_outstanding"]) == number * len(regions) * permit
        assert book["supplier"]["shares_outstanding"] == []

    def _wish(self, name: str, regions: Sequence[str], permit: int, account: str) -> dict[str, Any]:
        """Checked inputs of one package, whose source is there."""
        planted = self.cloud.control("POST", "images", {"account": account, "region": HOME, "name": name})
        source = {"kind": "custom", "imageId": planted["image_id"], "region": HOME}
        more = {"ownerId": f"o-{name}", "name": name, "source": source, "regions": list(regions), "account": account}
        uid = str(self.cloud.handle["accounts"]["hub"]["uid"])
        found = check({}, {**wish((), image="", permit=permit, hubUid=uid), **more}, recorded=None)
        assert not found.failures, found.failures
        return dict(found.inputs)

    @property
    def calls(self) -> Counter[str]:
        """How often each action was asked for, refused or not."""
        return Counter(self.cloud.calls()["counts"])

    def polls(self) -> dict[float, Counter[str]]:
        """The hub's list calls since the first copy ran, by moment and region."""
        calls = self.cloud.calls()["last"]
        first_s = min(call["at"] for call in calls if (call["action"], call["result"]) == ("CopyImage", "OK"))
        found: dict[float, Counter[str]] = {}
        for call in calls:
            if call["action"] == "DescribeImages" and call["account"] == "hub" and call["at"] > first_s:
                found.setdefault(call["at"], Counter())[call["region"]] += 1
        return found

    def unseen(self, polls: Mapping[float, Any]) -> dict[float, dict[str, str]]:
        """For the moment of each poll: the copies that ran since the one before, whose end nobody can have seen."""
        moments, found = sorted(polls), {}
        for earlier_s, now_s in zip([0.0, *moments], moments, strict=False):
            copying: dict[str, str] = {}
            for seen_s, running in self.running:
                if earlier_s <= seen_s < now_s:
                    copying |= running
            found[now_s] = copying
        return found

    def _advance(self, seconds: float) -> None:
        rows = self.cloud.control("GET", "ledger")["accounts"]["hub"]["images_outstanding"]
        copying = {row["image_id"]: row["region"] for row in rows if row["status"] in {"Creating", "Waiting"}}
        self.running.append((self.cloud.now_s, copying))
        self.cloud.advance(seconds)
