"""The process that the engine starts for dynamic resources: one event loop, one core, and what the host lacks.

Polls can only be coalesced where everything meets, so this module holds the one process-wide object. It also mends
three defects of the stock host, each on its own and harmless where it does not apply: four workers, stack traces in
users' faces, and a process that lives on after its engine was killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import logging
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from computenest.cloud.clock import RealClock
from computenest.cloud.session import Session, open_session
from computenest.cloud.settings import Settings, parse_settings
from computenest.domain.distribution.check import Recorded
from computenest.domain.identity import digest
from computenest.domain.names import AccountName, OwnerId
from computenest.engine.checks import PackageChecks
from computenest.engine.packages import Packages
from computenest.engine.retry import Retry, retrying
from computenest.engine.watch import ArtifactWatch, ImageReader
from computenest.transports.dynamic.status import EngineStatus

__all__ = ["Core", "Host", "host", "is_inside_host"]

T = TypeVar("T")

_WORKERS = 512  # the engine's own --parallel is the limit that users set
_ENGINE_LOOKS_S = 1.0
_ENGINE_MISSES = 2
_LEASE_LOOKS_S = 0.25
_LEASE_LONGEST_S = 10.0

# The network answers in real time, however fast the cloud's own clock runs.
_NETWORK_CLOCK = RealClock()
_LOCAL_RETRY = Retry(base_s=0.05, cap_s=1.0)
_CHECK_RETRY = Retry(attempts=3, budget_s=10.0, base_s=0.2, cap_s=2.0)


@dataclass(frozen=True, slots=True)
class Core:
    """The use cases of one account."""

    session: Session
    packages: Packages
    checks: PackageChecks


@dataclass(slots=True)
class Host:
    """Everything that lives as long as this process, and nothing else does."""

    settings: Settings
    recorded: dict[str, Recorded] = field(default_factory=dict)
    """Minted owner id -> what the state says of it: how a replacement knows that it is one."""
    _cores: dict[AccountName, Core] = field(default_factory=dict)
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def __post_init__(self) -> None:
        threading.Thread(target=self._loop.run_forever, name="computenest", daemon=True).start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs `work` on the process's event loop and waits for it, from a worker thread of the host."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def core(self, account: AccountName) -> Core:
        """The use cases of `account`, opened on first use."""
        async with self._opening:
            if account not in self._cores:
                session = await asyncio.to_thread(open_session, self.settings, account)  # may start the embedded cloud
                self._cores[account] = Core(session, self._packages(session), self._checks(session))
            return self._cores[account]

    def _packages(self, session: Session) -> Packages:
        retry = _LOCAL_RETRY if self.settings.cloud == "local" else Retry()
        artifacts = retrying(session.artifacts, retry=retry, clock=_NETWORK_CLOCK)
        reader = ImageReader(retrying(session.images, retry=retry, clock=_NETWORK_CLOCK), session.clock)
        watch = ArtifactWatch(artifacts, session.clock, self.settings.poll_interval_s)
        return Packages(artifacts, reader, watch, session.clock, EngineStatus.of_this_process(), _lease)

    @staticmethod
    def _checks(session: Session) -> PackageChecks:
        """Checks give up early: a cloud that cannot be reached is a warning there, not a reason to wait."""
        images = retrying(session.images, retry=_CHECK_RETRY, clock=_NETWORK_CLOCK)
        return PackageChecks(
            artifacts=retrying(session.artifacts, retry=_CHECK_RETRY, clock=_NETWORK_CLOCK),
            images=images,
            market=retrying(session.market, retry=_CHECK_RETRY, clock=_NETWORK_CLOCK),
            reader=ImageReader(images, session.clock),
        )


_HOSTS: dict[str, Host] = {}
_HOSTS_LOCK = threading.Lock()


def host(config: Mapping[str, Any]) -> Host:
    """The host of this process for this configuration; a test process may have several."""
    key = digest(*(f"{name}={value}" for name, value in sorted(config.items())))  # never the secrets themselves
    with _HOSTS_LOCK:
        if key not in _HOSTS:
            _HOSTS[key] = Host(parse_settings(config, environ=os.environ))
        return _HOSTS[key]


def is_inside_host() -> bool:
    """Whether this process is the engine's host of dynamic providers."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return spec is not None and spec.name == "pulumi.dynamic.__main__"


def engine_address() -> str | None:
    """The engine's address, which the host is started with."""
    return sys.argv[1] if is_inside_host() and len(sys.argv) > 1 else None


def widen_workers() -> int:
    """Raises the stock host's limit of four operations at a time; the number of pools widened.

    `_max_workers` is a private attribute of the standard library's pool, read whenever work is submitted. Where it
    is not as expected nothing happens, and four at a time stay four.
    """
    pools = [found for found in gc.get_objects() if isinstance(found, ThreadPoolExecutor)]
    widened = 0
    for pool in pools:
        if getattr(pool, "_max_workers", None) == 4:
            with contextlib.suppress(AttributeError):
                pool._max_workers = _WORKERS  # noqa: SLF001
                widened += 1
    return widened


def end_with_engine(address: str) -> threading.Thread:
    """Ends this process soon after the engine that started it is gone, wherever it is: every run can be resumed.

    The engine kills its hosts when it ends by itself; after SIGKILL it cannot, and the host would go on creating
    beside the next run.
    """
    host_name, _, port = address.rpartition(":")

    def watch() -> None:
        misses = 0
        while misses < _ENGINE_MISSES:
            threading.Event().wait(_ENGINE_LOOKS_S)
            try:
                socket.create_connection((host_name, int(port)), timeout=1.0).close()
                misses = 0
            except OSError:
                misses += 1
        os._exit(1)

    thread = threading.Thread(target=watch, name="computenest-engine-watch", daemon=True)
    thread.start()
    return thread


@contextlib.asynccontextmanager
async def _lease(owner_id: OwnerId) -> AsyncIterator[None]:
    """A lock file of this machine, held by the kernel for as long as the process that took it lives.

    A courtesy, not what correctness rests on: names and tokens make two runs at once do one thing. So the wait is
    bounded, and a holder that is stuck stops nobody for good.
    """
    folder = Path(tempfile.gettempdir()) / f"computenest-leases-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    clock = RealClock()
    with (folder / owner_id).open("w") as file:
        while clock.now_s() < _LEASE_LONGEST_S:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await clock.sleep(_LEASE_LOOKS_S)
        yield


def now_s() -> float:
    """The wall clock, epoch seconds: only to tell a failure of this run from one of an earlier run."""
    return time.time()


if is_inside_host():
    logging.getLogger("grpc._server").setLevel(logging.CRITICAL + 1)  # it would print a stack trace for each error
    widen_workers()
    if (address := engine_address()) is not None:
        end_with_engine(address)
