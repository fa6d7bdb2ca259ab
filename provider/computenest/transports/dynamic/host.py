"""The process that the engine starts for dynamic resources: one event loop, one core, and what the host lacks.

It mends three defects of the stock host, each on its own and harmless where it does not apply: four workers, stack
traces in users' faces, and a process that lives on after its engine was killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from computenest.cloud.settings import parse_settings
from computenest.domain.identity import digest
from computenest.transports.core import Core
from computenest.transports.dynamic.status import EngineStatus, row_of_request
from computenest.transports.lifecycle import Lifecycle
from computenest.transports.lifecycles import lifecycles

__all__ = ["Host", "end_with_engine", "host", "is_inside_host", "now_s", "widen_workers"]

T = TypeVar("T")

_STOCK_WORKERS = 4  # the number in the stock host's source
_WORKERS = 512  # the engine's own --parallel is the limit that users set
_ENGINE_LOOKS_S = 1.0
_ENGINE_MISSES = 2


@dataclass(slots=True)
class Host:
    """The core on an event loop of its own, for the worker threads of the stock host."""

    core: Core
    lifecycles: Mapping[str, Lifecycle] = field(init=False)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def __post_init__(self) -> None:
        self.lifecycles = lifecycles(self.core)
        threading.Thread(target=self._loop.run_forever, name="computenest", daemon=True).start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs `work` on the process's event loop and waits for it, from a worker thread of the host."""
        with row_of_request():
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()


_HOSTS: dict[str, Host] = {}
_HOSTS_LOCK = threading.Lock()


def host(config: Mapping[str, Any]) -> Host:
    """The host of this process for this configuration; a test process may have several.

    Raises:
        Invalid: the configuration is wrong, or there is none.
    """
    key = digest(*(f"{name}={value}" for name, value in sorted(config.items())))  # never the secrets themselves
    with _HOSTS_LOCK:
        if key not in _HOSTS:
            settings = parse_settings(config, environ=os.environ)
            _HOSTS[key] = Host(Core(settings, EngineStatus.of_this_process()))
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
        if getattr(pool, "_max_workers", None) == _STOCK_WORKERS:
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


def now_s() -> float:
    """The wall clock, epoch seconds: only to tell a failure of this run from one of an earlier run."""
    return time.time()


if is_inside_host():
    logging.getLogger("grpc._server").setLevel(logging.CRITICAL + 1)  # it would print a stack trace for each error
    widen_workers()
    if (address := engine_address()) is not None:
        end_with_engine(address)
