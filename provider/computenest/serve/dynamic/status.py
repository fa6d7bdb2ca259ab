"""What people see while work is long: the engine's own log channel, a live line that leaves nothing behind.

The line appears in the row of the resource that the host's call is about; where that cannot be told, in the stack's
row, with the package's name.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Iterator
from dataclasses import dataclass

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from computenest.kernel.told import Told
from computenest.kernel.urn import CURRENT_URN
from computenest.serve.dynamic.call import HostCall, engine_address
from computenest.serve.rows import Rows, own_text

_TIMEOUT_S = 2.0
_ROWS = Rows()
TOLD = Told()
"""The engine starts this process for one run."""


@contextlib.contextmanager
def row_of_request() -> Iterator[None]:
    """Around an operation, in the worker thread that the host answers a request in: its lines have that row."""
    urn = HostCall.current().urn
    token = CURRENT_URN.set(urn)
    try:
        yield
    finally:
        CURRENT_URN.reset(token)
        if _ROWS.end(urn):
            EngineStatus.of_this_process().clear(urn)


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """`ports.Progress` on the engine that started this process; silent where there is none."""

    stub: engine_pb2_grpc.EngineStub | None

    @classmethod
    def of_this_process(cls) -> EngineStatus:
        address = engine_address()
        return cls(None if address is None else _stub(address))

    def show(self, text: str) -> None:
        """Shows a line in the row of the operation that says it, now or as soon as the row may change again."""
        row = CURRENT_URN.get()
        wait_s = _ROWS.offer(row, text, now_s=time.monotonic())
        if wait_s is None:
            return
        if wait_s == 0.0 or (loop := _loop()) is None:
            self._send_waiting(row)
        else:
            loop.call_later(wait_s, self._send_waiting, row)

    def warn(self, text: str) -> None:
        """Waits until the engine has it: the answer that follows may be the last of the run."""
        if not TOLD.is_news(text):
            return
        self._log(text, severity=engine_pb2.WARNING, row=CURRENT_URN.get(), ephemeral=False)

    def clear(self, row: str) -> None:
        """Takes away the line of a row whose work is over, before its answer: a finished row would keep it."""
        self._log("", severity=engine_pb2.INFO, row=row, ephemeral=True, awaited=True)

    def tell(self, text: str) -> None:
        """Lines that stay, of what is as it should be."""
        self._log(text, severity=engine_pb2.INFO, row=CURRENT_URN.get(), ephemeral=False)

    def debug(self, text: str) -> None:
        """Only seen with `--debug` or in the engine's log."""
        self._log(text, severity=engine_pb2.DEBUG, row=CURRENT_URN.get(), ephemeral=False)

    def _send_waiting(self, row: str) -> None:
        text = _ROWS.take(row, now_s=time.monotonic())
        if text is not None:
            self._log(own_text(row, text), severity=engine_pb2.INFO, row=row, ephemeral=True)

    def _log(
        self,
        text: str,
        *,
        severity: engine_pb2.LogSeverity.ValueType,
        row: str,
        ephemeral: bool,
        awaited: bool = False,
    ) -> None:
        if self.stub is None:
            return
        request = engine_pb2.LogRequest(severity=severity, message=text, urn=row, ephemeral=ephemeral)
        with contextlib.suppress(grpc.RpcError):  # what is said beside the work is never a reason to fail
            if ephemeral and not awaited:
                self.stub.Log.future(request, timeout=_TIMEOUT_S)
            else:
                self.stub.Log(request, timeout=_TIMEOUT_S)


def _loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


@functools.cache
def _stub(address: str) -> engine_pb2_grpc.EngineStub:
    """One channel for the life of the process: a channel that is dropped takes its unsent messages with it."""
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
