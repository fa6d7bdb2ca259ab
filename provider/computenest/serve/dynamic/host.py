"""The core of the process that the engine starts for dynamic resources: an event loop, one core a configuration."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from computenest.cloud.settings import parse_settings
from computenest.kernel.identity import digest
from computenest.resources._program.core import Core
from computenest.serve.dynamic.status import EngineStatus, row_of_request
from computenest.serve.lifecycles import lifecycles
from computenest.serve.served import Served

T = TypeVar("T")


@dataclass(slots=True)
class Host:
    """The core on an event loop of its own, for the worker threads of the stock host."""

    core: Core
    lifecycles: Mapping[str, Served] = field(init=False)
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
