"""Direct distribution against the embedded cloud: the real adapters and the real wire, in time that is moved on.

Every call is in the cloud's own log with its moment, and the ledger is read each time before time moves: so what was
asked can be compared with what was running.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from computenest.kernel.outcome import Outcome
from computenest.reconcile.retry import Retry
from computenest.resources.ecs_image_package.copies_api import CloudCopies
from emulator.harness import Cloud
from lifecycle.driver import HOME, Screen
from lifecycle.embedded import Counted, SteppedClock
from lifecycle.images import check, package_of
from simulation.ecs import HUB, SUPPLIER
from simulation.world import sharing

_RETRY = Retry(attempts=20, base_s=0.5, cap_s=15.0, budget_s=3600.0)


@dataclass
class _Watched:
    """The server as the clock sees it: notes what runs before each move."""

    server: Cloud
    is_on: bool
    running: list[tuple[float, dict[str, str]]] = field(default_factory=list)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        if self.is_on and (method, path) == ("POST", "clock"):
            now_s = float(self.server.control("GET", "status")["now"])
            rows = self.server.control("GET", "ledger")["accounts"]["hub"]["images_outstanding"]
            copying = {row["image_id"]: row["region"] for row in rows if row["status"] in {"Creating", "Waiting"}}
            self.running.append((now_s, copying))
        return self.server.control(method, path, body)


class Embedded:
    """Packages of one hub account in one process, on a server that is empty again."""

    def __init__(
        self, server: Cloud, *, tick_s: float, faults: Sequence[Mapping[str, Any]] = (), is_watched: bool = True
    ) -> None:
        self.server, self.tick_s = server, tick_s
        server.control("POST", "reset")
        server.control("DELETE", "calls")
        server.control("PUT", "faults", [])
        self.watched = _Watched(server, is_watched)
        self.clock = SteppedClock(self.watched)  # type: ignore[arg-type]
        self.screen = Screen()
        self.sessions = {name: server.session(name) for name in ("supplier", "hub")}
        names = {"supplier": SUPPLIER, "hub": HUB}
        ports = {names[name]: Counted(one.port(CloudCopies), self.clock) for name, one in self.sessions.items()}
        made = sharing(ports, self.clock, self.screen, tick_s, _RETRY)
        self.packages = {name: made[uid] for name, uid in names.items()}
        server.control("PUT", "faults", list(faults))

    def close(self) -> None:
        for session in self.sessions.values():
            session.close()

    def plant(self, name: str, *, account: str = "supplier", size_gib: int = 40) -> str:
        """A source image."""
        body = {"account": account, "region": HOME, "name": name, "size_gib": size_gib}
        return str(self.server.control("POST", "images", body)["image_id"])

    def inputs(self, name: str, image: str, regions: Sequence[str], *, permit: int = 0, **more: Any) -> dict[str, Any]:
        """Checked inputs of one package."""
        direct = {
            "hubAccount": "hub",
            "hubUid": str(self.server.handle["accounts"]["hub"]["uid"]),
            "permit": [str(3_000_000_000_000_000 + number) for number in range(permit)],
            **more.pop("direct", {}),
        }
        asked = {
            "ownerId": f"o-{name}",
            "name": name,
            "source": {"kind": "custom", "imageId": image, "region": HOME},
            "regions": list(regions),
            "account": "supplier",  # unless `more` says otherwise
            "timeoutS": 1_000_000,
            "direct": direct,
            **more,
        }
        found = check({}, asked, recorded=None)
        assert not found.failures, found.failures
        return dict(found.inputs)

    async def create(self, inputs: Mapping[str, Any]) -> Outcome[Any]:
        return await self.packages[str(inputs["account"])].create(package_of(inputs))

    def calls(self) -> Counter[str]:
        """How often each action was asked for, refused or not."""
        return Counter(self.server.control("GET", "calls")["counts"])

    def polls(self) -> dict[float, Counter[str]]:
        """The hub's list calls since the first copy ran, by moment and region."""
        calls = self.server.control("GET", "calls")["last"]
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
            for seen_s, running in self.watched.running:
                if earlier_s <= seen_s < now_s:
                    copying |= running
            found[now_s] = copying
        return found
