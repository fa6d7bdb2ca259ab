"""The five kinds of failure that a caller may branch on; nothing else gets a class.

    ComputeNestError
    ├── Invalid        your input: carries the property path
    ├── NotFound       the cloud has no such object (and had one before)
    ├── Conflict       an object stands in the way: a stranger's, or one still in use
    ├── Transient      try again; carries how long the cloud asked to wait
    └── Permanent      the cloud refused, and will again

Every message says what happened and where; `hint` says what to do next. No message ever holds a credential.
"""

from __future__ import annotations

__all__ = [
    "FAULT",
    "TOKEN_MISMATCH",
    "UNANSWERED",
    "UNREACHABLE",
    "ComputeNestError",
    "Conflict",
    "Invalid",
    "NotFound",
    "Permanent",
    "Transient",
    "printable",
]

TOKEN_MISMATCH = ("IdempotentParameterMismatch", "InvalidIdempotenceParameter")
"""Codes of a ClientToken that was used with other parameters before: products name it differently."""
UNANSWERED = "Unanswered"  # the code of a call that got out, and to which nobody said anything
UNREACHABLE = "Unreachable"  # the code of a call that never got out: refused, no such host, no route
FAULT = "Fault"  # the code of what none of the kinds foresees: a fault of this provider


def printable(text: str) -> str:
    """Text that can be sent on: half a surrogate, which JSON and names of files may hold, is no UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()


class ComputeNestError(Exception):
    """What went wrong, and what to do next.

    Args:
        summary: one sentence: what happened, to what, where, why.
        hint: what to do next, or "".
        code: the cloud's error code where there is one (`Throttling.User`).
        request_id: the cloud's request id where there is one.
    """

    def __init__(self, summary: str, *, hint: str = "", code: str = "", request_id: str = "") -> None:
        summary = printable(summary)
        super().__init__(summary)
        self.summary = summary
        self.hint = hint
        self.code = code
        self.request_id = request_id

    def __str__(self) -> str:
        parts = [self.summary]
        if self.hint:
            parts.append(self.hint)
        text = "; ".join(parts)
        return f"{text} (request {self.request_id})" if self.request_id else text


class Invalid(ComputeNestError):
    """The user's input is at fault. `path` is the property path: `source.imageId`, `regions[2]`."""

    def __init__(self, summary: str, *, path: str = "", hint: str = "", code: str = "", request_id: str = "") -> None:
        super().__init__(summary, hint=hint, code=code, request_id=request_id)
        self.path = path


class NotFound(ComputeNestError):
    """The cloud answers that the object does not exist. Gone only if it was seen before."""


class Conflict(ComputeNestError):
    """Something else holds what is needed: a stranger's artifact of that name, a service that uses a version."""


class Transient(ComputeNestError):
    """Worth another attempt. `retry_after_s` is what the cloud asked for, or None; `effect_unknown` says that the
    call may have taken effect (no answer came back), so that the next attempt must carry the same token."""

    def __init__(
        self,
        summary: str,
        *,
        retry_after_s: float | None = None,
        effect_unknown: bool = False,
        hint: str = "",
        code: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(summary, hint=hint, code=code, request_id=request_id)
        self.retry_after_s = retry_after_s
        self.effect_unknown = effect_unknown


class Permanent(ComputeNestError):
    """The cloud (or this provider) cannot do it, now or later, with this input."""
