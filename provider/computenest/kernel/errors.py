"""The five kinds of failure that a caller may branch on; nothing else gets a class.

    ComputeNestError
    ├── Invalid        your input: carries the property path
    ├── NotFound       the cloud has no such object (and had one before)
    ├── Conflict       an object stands in the way: a stranger's, or one still in use
    ├── Transient      try again; carries how long the cloud asked to wait
    └── Permanent      the cloud refused, and will again

Every message says what happened and where; `hint` says what to do next. No message ever holds a credential. What a
caller does differently for one error of a kind than for another, it reads from the `Meaning`; codes are for people.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Self


class Meaning(Enum):
    """What an error says that somebody acts upon; the cloud's codes are given theirs by one table
    (`cloud/failures.py`), so nobody else reads a code."""

    OTHER = "nothing that its kind does not say"
    UNANSWERED = "the call got out, and nobody said anything to it"
    UNREACHABLE = "the call never got out: refused, no such host, no route"
    FAULT = "nothing that anybody expected: a fault of this provider"
    TOKEN_REUSED = "the ClientToken was used with other parameters before"  # noqa: S105
    NAME_TAKEN = "an object of that name exists"
    HAS_DRAFT = "the object has a draft already"
    BUSY = "the cloud will not do it while the object is what it is at the moment"
    WRONG_STATUS = "the object's status does not allow it"
    COPYING = "the image is being copied"
    IN_USE = "something that runs uses the object"
    DENIED = "the keys do not carry the right to it"
    KEY_EXPIRED = "the temporary key is no longer valid"


def printable(text: str) -> str:
    """Text that can be sent on: half a surrogate, which JSON and names of files may hold, is no UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()


class ComputeNestError(Exception):
    """What went wrong, and what to do next.

    Args:
        summary: one sentence: what happened, to what, where, why.
        hint: what to do next, or "".
        code: the cloud's error code where there is one (`Throttling.User`), for people.
        request_id: the cloud's request id where there is one.
        meaning: what is to be read from it by a program.
        root: what is wrong, where many calls fail of it, without what differs from call to call; never shown.
    """

    def __init__(
        self,
        summary: str,
        *,
        hint: str = "",
        code: str = "",
        request_id: str = "",
        meaning: Meaning = Meaning.OTHER,
        root: str = "",
    ) -> None:
        summary = printable(summary)
        super().__init__(summary)
        self.summary = summary
        self.hint = hint
        self.code = code
        self.request_id = request_id
        self.meaning = meaning
        self.root = root or f"{summary}\n{hint}"

    def reworded(self, summary: str, *, hint: str | None = None) -> Self:
        """The same failure in other words: all that it carries besides stays."""
        told = copy.copy(self)
        told.summary = printable(summary)
        told.args = (told.summary,)
        told.hint = self.hint if hint is None else hint
        return told

    def __str__(self) -> str:
        parts = [self.summary]
        if self.hint:
            parts.append(self.hint)
        text = "; ".join(parts)
        return f"{text} (request {self.request_id})" if self.request_id else text


class Invalid(ComputeNestError):
    """The user's input is at fault. `path` is the property path: `source.imageId`, `regions[2]`."""

    def __init__(
        self,
        summary: str,
        *,
        path: str = "",
        hint: str = "",
        code: str = "",
        request_id: str = "",
        root: str = "",
    ) -> None:
        super().__init__(summary, hint=hint, code=code, request_id=request_id, root=root)
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
        meaning: Meaning = Meaning.OTHER,
        root: str = "",
    ) -> None:
        super().__init__(summary, hint=hint, code=code, request_id=request_id, meaning=meaning, root=root)
        self.retry_after_s = retry_after_s
        self.effect_unknown = effect_unknown


class Permanent(ComputeNestError):
    """The cloud (or this provider) cannot do it, now or later, with this input."""


class Reason(str):
    """A text that says an error: why a check failed, or what a warning says was left out. It knows the error's `root`,
    so that a run tells it once, and not once a resource."""

    __slots__ = ("root",)
    root: str

    @classmethod
    def of(cls, error: ComputeNestError, *, left_out: str = "", name: str = "") -> Self:
        """The error's own words, after what was left out for it.

        Args:
            left_out: what did not happen, of a warning.
            name: the resource's, where nothing else says which it is.
        """
        text = f"{left_out}: {error} (said once a run)" if left_out else str(error)
        return cls(f"{name}: {text}" if name else text).rooted(f"{left_out}\n{error.root}" if left_out else error.root)

    def rooted(self, root: str) -> Self:
        """The same text, of that root."""
        self.root = root
        return self


@contextmanager
def unless_denied() -> Iterator[None]:
    """Ends what these credentials may not do, where that is no failure."""
    try:
        yield
    except Permanent as error:
        if error.meaning is not Meaning.DENIED:
            raise
