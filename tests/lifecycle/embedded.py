"""The embedded cloud as a world for stories: the real adapters, the real wire protocol, time that is moved on."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from computenest.resources._packages.api import CloudArtifacts
from computenest.resources.ecs_image_package.copies_api import CloudCopies
from emulator.harness import Cloud
from lifecycle.driver import HOME, Stack, custom
from lifecycle.world import SERVICE

TICK_S = 60.0
_YIELDS = 20


class SteppedClock:
    """`ports.Clock`: moves the server on to the next sleeper whenever no call is under way.

    A deadline of two hours beside polls of a minute must not move time by two hours: all sleepers of a process wait
    in one queue, as they would for one clock on the wall.
    """

    def __init__(self, server: Cloud) -> None:
        self._server = server
        self._now_s = float(server.control("GET", "status")["now"])
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._mover: asyncio.Task[None] | None = None
        self._is_idle = asyncio.Event()
        self._calls = 0
        self._events = 0

    def begin_call(self) -> None:
        self._calls += 1
        self._events += 1

    def end_call(self) -> None:
        self._calls -= 1
        self._events += 1
        if not self._calls:
            self._is_idle.set()

    def now_s(self) -> float:
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_s + max(0.0, seconds), next(self._order), woken))
        if self._mover is None or self._mover.done():
            self._mover = asyncio.create_task(self._move())
        await woken

    async def _move(self) -> None:
        while self._sleepers:
            before = self._events
            for _ in range(_YIELDS):  # whoever can go on without time goes on
                await asyncio.sleep(0)
            if self._calls:
                self._is_idle.clear()
                await self._is_idle.wait()
            if self._events != before:  # a call that ended only now has somebody going on from it
                continue
            moment_s, _, woken = heapq.heappop(self._sleepers)
            if woken.done():
                continue
            if moment_s > self._now_s:
                self._server.control("POST", "clock", {"advance_s": moment_s - self._now_s})
                self._now_s = moment_s
            woken.set_result(None)


class Counted:
    """A port whose calls the clock waits for."""

    def __init__(self, port: Any, clock: SteppedClock) -> None:
        self._port = port
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        async def counted(*args: Any, **options: Any) -> Any:
            self._clock.begin_call()
            try:
                return await method(*args, **options)
            finally:
                self._clock.end_call()

        return counted


class EmbeddedWorld:
    """One story's cloud: the server, empty again."""

    def __init__(self, server: Cloud, switches: Mapping[str, Any]) -> None:
        self._server = server
        server.control("POST", "reset")
        server.control("PUT", "faults", [])
        server.control("PUT", "facts", dict(switches))
        third = {"account": "supplier", "region": HOME, "name": "golden-web-3", "image_id": custom(3)["imageId"]}
        server.control("POST", "images", third)
        self.session = server.session()
        clock = SteppedClock(server)
        artifacts, images = (
            Counted(port, clock) for port in (self.session.port(CloudArtifacts), self.session.port(CloudCopies))
        )
        self.stack = Stack(artifacts=artifacts, images=images, clock=clock, interval_s=TICK_S)

    def close(self) -> None:
        self.session.close()

    def lose(self, region: str) -> None:
        image = self.stack.state["images"][region]
        self._server.control("DELETE", "images", {"region": region, "image_id": image})

    def fail_copy(self, region: str, reason: str) -> None:
        self._fail("fail_copy", reason, match={"region": region})

    def fail_scan(self, reason: str) -> None:
        self._fail("fail_scan", reason)

    def fail_build(self, reason: str, *printed: str) -> None:
        self._fail("fail_build", reason, printed=printed)

    def _fail(
        self, kind: str, reason: str, *, match: Mapping[str, str] | None = None, printed: Sequence[str] = ()
    ) -> None:
        code, _, message = reason.partition(": ")
        effect = {"kind": kind, "code": code, "message": message, "log": list(printed)}
        self._server.control("PUT", "faults", [{"match": dict(match or {}), "times": 1, "effect": effect}])

    def associate(self, version: str) -> None:
        self._server.control("POST", "associations", self._use(version))

    def dissociate(self, version: str) -> None:
        self._server.control("DELETE", "associations", self._use(version))

    def _use(self, version: str) -> dict[str, str]:
        return {"artifact_id": self.stack.state["artifactId"], "version": version, "service_id": SERVICE}

    def describe_by_hand(self, description: str) -> None:
        edit = {"artifact_id": self.stack.state["artifactId"], "set": {"description": description}}
        self._server.control("POST", "artifacts/edit", edit)

    def copies(self) -> int:
        return int(self._server.control("GET", "ledger")["accounts"]["hub"]["images_created"])

    def leftovers(self) -> Sequence[Any]:
        report = self._server.control("GET", "ledger")
        if report["is_empty"]:
            return []
        return [(name, rows) for name, rows in report["accounts"].items()]
