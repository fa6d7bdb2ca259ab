"""What people see while work is long: the engine's own log channel, one live line that leaves nothing behind.

A dynamic host never learns which resource a call is for, so the line appears in the stack's own row.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from dataclasses import dataclass

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

__all__ = ["EngineStatus"]

_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """`ports.Progress` on the engine that started this process; silent where there is none."""

    stub: engine_pb2_grpc.EngineStub | None

    @classmethod
    def of_this_process(cls) -> EngineStatus:
        spec = getattr(sys.modules.get("__main__"), "__spec__", None)
        if spec is None or spec.name != "pulumi.dynamic.__main__" or len(sys.argv) < 2:
            return cls(None)
        return cls(_stub(sys.argv[1]))

    def show(self, text: str) -> None:
        self._log(text, severity=engine_pb2.INFO, ephemeral=True)

    def warn(self, text: str) -> None:
        """Waits until the engine has it: the answer that follows may be the last of the run."""
        self._log(text, severity=engine_pb2.WARNING, ephemeral=False)

    def _log(self, text: str, *, severity: engine_pb2.LogSeverity.ValueType, ephemeral: bool) -> None:
        if self.stub is None:
            return
        request = engine_pb2.LogRequest(severity=severity, message=text, ephemeral=ephemeral)
        with contextlib.suppress(grpc.RpcError):  # what is said beside the work is never a reason to fail
            if ephemeral:
                self.stub.Log.future(request, timeout=_TIMEOUT_S)
            else:
                self.stub.Log(request, timeout=_TIMEOUT_S)


@functools.cache
def _stub(address: str) -> engine_pb2_grpc.EngineStub:
    """One channel for the life of the process: a channel that is dropped takes its unsent messages with it."""
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
