"""How an operation that fails is answered: a sentence a person can act on, the state that there is, no stack trace.

Whose fault it is can be read from the message: the user's input and the cloud's refusals speak for themselves, a fault
of this provider says that it is one and how to report it.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from typing import NoReturn

import grpc
import grpc.aio
from google.protobuf import any_pb2, struct_pb2

from computenest.domain.errors import ComputeNestError, Conflict, Invalid, NotFound, Permanent, Transient
from computenest.domain.identity import digest
from computenest.transports.plugin.protos import provider_pb2, status_pb2
from computenest.transports.plugin.status import EngineStatus

__all__ = ["abort", "abort_incomplete", "sentence"]

_CODES: Mapping[type[ComputeNestError], grpc.StatusCode] = {
    Invalid: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    Conflict: grpc.StatusCode.ALREADY_EXISTS,
    Transient: grpc.StatusCode.UNAVAILABLE,
    Permanent: grpc.StatusCode.FAILED_PRECONDITION,
}


def sentence(error: BaseException, status: EngineStatus) -> str:
    """What the user reads; for a fault of ours the trace goes to the debug log, under a number that the user sees."""
    if isinstance(error, ComputeNestError):
        path = getattr(error, "path", "")
        return f"{path}: {error}" if path and not str(error).startswith(path) else str(error)
    trace = "".join(traceback.format_exception(error))
    number = digest(trace, length=8)
    status.debug(f"computenest fault {number}\n{trace}")
    return (
        f"{type(error).__name__}: {error}; this is a fault of the provider computenest ({number}), "
        "please report it with the output of `pulumi up --debug`"
    )


async def abort(context: grpc.aio.ServicerContext, error: BaseException, status: EngineStatus) -> NoReturn:
    """Answers with an error; the state stays as it was."""
    code = _CODES.get(type(error), grpc.StatusCode.INTERNAL)  # type: ignore[arg-type]
    await context.abort(code, sentence(error, status))
    raise AssertionError  # abort never returns


async def abort_incomplete(
    context: grpc.aio.ServicerContext, id_: str, properties: struct_pb2.Struct, reasons: Sequence[str]
) -> NoReturn:
    """Answers that the resource exists but is not what it should be: its state is kept, and refreshed next time."""
    failed = provider_pb2.ErrorResourceInitFailed(
        id=id_, properties=properties, reasons=reasons, refresh_before_update=True
    )
    packed = any_pb2.Any()
    packed.Pack(failed)
    message = "it is incomplete; what was delivered is kept, run `pulumi up` again to do only what is missing"
    code = grpc.StatusCode.UNKNOWN
    details = status_pb2.Status(code=code.value[0], message=message, details=[packed])
    trailer = (("grpc-status-details-bin", details.SerializeToString()),)
    await context.abort(code, message, trailing_metadata=trailer)
    raise AssertionError  # abort never returns
