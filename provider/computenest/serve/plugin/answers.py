"""How an operation that fails is answered: a sentence a person can act on, the state that there is, no stack trace.

Whose fault it is can be read from the message: the user's input and the cloud's refusals speak for themselves, a fault
of this provider says that it is one and how to report it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

import grpc
import grpc.aio
from google.protobuf import any_pb2, struct_pb2

from computenest.kernel.errors import ComputeNestError, Conflict, Invalid, Meaning, NotFound, Permanent, Transient
from computenest.kernel.urn import CURRENT_URN
from computenest.serve.plugin.protos import provider_pb2, status_pb2
from computenest.serve.plugin.status import EngineStatus

_CODES: Mapping[type[ComputeNestError], grpc.StatusCode] = {
    Invalid: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    Conflict: grpc.StatusCode.ALREADY_EXISTS,
    Transient: grpc.StatusCode.UNAVAILABLE,
    Permanent: grpc.StatusCode.FAILED_PRECONDITION,
}


async def abort(context: grpc.aio.ServicerContext, error: BaseException, status: EngineStatus) -> NoReturn:
    """Answers with an error; the state stays as it was. Details of a fault go to the engine's debug log."""
    from computenest.cloud.faults import as_domain_error  # noqa: PLC0415 - most runs never need it

    told = as_domain_error(error, log=status.debug)
    is_fault = told.meaning is Meaning.FAULT
    code = grpc.StatusCode.INTERNAL if is_fault else _CODES.get(type(told), grpc.StatusCode.INTERNAL)
    said = status.told.sentence(told, name="::".join(CURRENT_URN.get().split("::")[3:]))
    await context.abort(code, said.encode(errors="replace").decode())
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
