"""What people see while work is long: the engine's log channel, a live line in the row of the resource at work.

Which resource that is travels in a context variable, set by the servicer for each call: so the core says what it
does, and never has to know a URN.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

import grpc
import grpc.aio

from computenest.kernel.told import Told
from computenest.kernel.urn import CURRENT_URN
from computenest.serve.plugin.protos import engine_pb2, engine_pb2_grpc
from computenest.serve.rows import Rows, own_text

_TIMEOUT_S = 2.0
_FLUSH_S = 3.0


@dataclass(slots=True)
class EngineStatus:
    """`ports.Progress` on the engine at `address`; silent where there is none."""

    address: str = ""
    told: Told = field(default_factory=Told)
    """What this run has said; a process that serves several begins anew with each."""
    _rows: Rows = field(default_factory=Rows)
    _channel: grpc.aio.Channel | None = None
    _unsent: set[asyncio.Task[None]] = field(default_factory=set)
    _awaited: set[asyncio.Task[None]] = field(default_factory=set)

    def show(self, text: str) -> None:
        """Shows a line in the row of the resource at work, now or as soon as the row may change again."""
        if not self.address:
            return
        row = CURRENT_URN.get()
        wait_s = self._rows.offer(row, text, now_s=time.monotonic())
        if wait_s is not None:
            asyncio.get_running_loop().call_later(wait_s, self._send_waiting, row)

    def warn(self, text: str) -> None:
        if not self.told.is_news(text):
            return
        self._send_for_sure(engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=text, urn=CURRENT_URN.get()))

    def tell(self, text: str) -> None:
        """Lines that stay, of what is as it should be."""
        self._send_for_sure(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=text, urn=CURRENT_URN.get()))

    def debug(self, text: str) -> None:
        """Only seen with `--debug` or in the engine's log."""
        self._send(engine_pb2.LogRequest(severity=engine_pb2.DEBUG, message=text, urn=CURRENT_URN.get()))

    async def flush(self) -> None:
        """Before an answer: drops what is not shown yet, takes away the line that stands there (a finished row would
        keep it), and waits until the engine has every warning, for the answer may be the last of the run."""
        row = CURRENT_URN.get()
        if self._rows.end(row):
            self._send_for_sure(engine_pb2.LogRequest(severity=engine_pb2.INFO, message="", ephemeral=True, urn=row))
        if self._awaited:
            await asyncio.wait(set(self._awaited), timeout=_FLUSH_S)

    def _send_waiting(self, row: str) -> None:
        text = self._rows.take(row, now_s=time.monotonic())
        if text is not None:
            message = own_text(row, text)
            self._send(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=message, ephemeral=True, urn=row))

    def _send_for_sure(self, request: engine_pb2.LogRequest) -> None:
        """`flush` waits for it."""
        if (task := self._send(request)) is not None:
            self._awaited.add(task)
            task.add_done_callback(self._awaited.discard)

    def _send(self, request: engine_pb2.LogRequest) -> asyncio.Task[None] | None:
        if not self.address:
            return None
        task = asyncio.get_running_loop().create_task(self._log(request))
        self._unsent.add(task)
        task.add_done_callback(self._unsent.discard)
        return task

    async def _log(self, request: engine_pb2.LogRequest) -> None:
        if self._channel is None:  # one for the life of the process: a dropped one takes its messages with it
            self._channel = grpc.aio.insecure_channel(self.address)
        with contextlib.suppress(grpc.RpcError):  # what is said beside the work is never a reason to fail
            await engine_pb2_grpc.EngineStub(self._channel).Log(request, timeout=_TIMEOUT_S)
