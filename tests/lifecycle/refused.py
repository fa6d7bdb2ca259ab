"""What a cloud in memory raises where the real one answers with an error code: read in the table that ships."""

from __future__ import annotations

from computenest.cloud.failures import Call, Refusal, failure_of
from computenest.kernel.errors import ComputeNestError

_CALL = Call(action="call", region="memory", host="memory")


def refused(code: str, said: str) -> ComputeNestError:
    """The error that a call raises which the API answers with `code`."""
    return failure_of(Refusal(code, 400, said), call=_CALL)
