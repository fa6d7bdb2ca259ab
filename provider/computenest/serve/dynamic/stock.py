"""What the stock host of dynamic providers lacks, mended in the process that the engine starts: four workers, stack
traces in users' faces, a process that lives on after its engine was killed, and a garbage collector that walks all of
Pulumi's SDK again and again while the provider is loaded.

Each mend stands on its own and is harmless where it does not apply. They are done when this module is imported, which
is when the host unpickles its first provider; a program imports it as well, so it stays light.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from computenest.serve import COLLECTED_AT_ONCE
from computenest.serve.dynamic.call import engine_address, is_inside_host

__all__ = ["end_with_engine", "engine_address", "is_inside_host", "widen_workers"]

_STOCK_WORKERS = 4  # the number in the stock host's source
_WORKERS = 512  # the engine's own --parallel is the limit that users set
_ENGINE_LOOKS_S = 1.0
_ENGINE_MISSES = 2


def widen_workers() -> None:
    """Raises the stock host's limit of four operations at a time, in the pool that this thread is a worker of.

    `_max_workers` is a private attribute of the standard library's pool, read whenever work is submitted. Where it
    is not as expected nothing happens, and four at a time stay four. A pool begins a thread only when it is handed
    work, so for what waits already, as when the first calls of a `destroy` all come at once, it is asked to here.
    """
    frame = sys._getframe()  # noqa: SLF001
    while frame.f_back is not None and frame.f_code.co_name != "_worker":
        frame = frame.f_back
    pool = frame.f_locals.get("executor_reference", lambda: None)()
    if isinstance(pool, ThreadPoolExecutor) and getattr(pool, "_max_workers", None) == _STOCK_WORKERS:
        with contextlib.suppress(AttributeError):
            pool._max_workers = _WORKERS  # noqa: SLF001
            for _ in range(pool._work_queue.qsize()):  # noqa: SLF001
                pool._adjust_thread_count()  # noqa: SLF001


def collect_less() -> None:
    """Lets the garbage collector leave alone what is there, and look seldom at what comes, which people wait for
    in a preview (docs/benchmarks.md)."""
    gc.freeze()
    gc.set_threshold(COLLECTED_AT_ONCE)


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


if is_inside_host():
    logging.getLogger("grpc._server").setLevel(logging.CRITICAL + 1)  # it would print a stack trace for each error
    widen_workers()
    collect_less()
    if (address := engine_address()) is not None:
        end_with_engine(address)
