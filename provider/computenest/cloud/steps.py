"""The seven steps of a push or pull, and which of them a failure belongs to. Pure.

1 the client asks the registry; 2 the registry answers 401 and names the authorization service; 3 the client asks that
service for a token; 4 the service grants one; 5 the client repeats its request with the token; 6 the registry verifies
the token and takes or names the data; 7 the client downloads from, or the data reaches, object storage.

A failure is in exactly one of them, and its message says which: whose door to knock at follows from that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Self

from computenest.kernel.errors import ComputeNestError, Meaning, Permanent, Transient


class Step(IntEnum):
    """A step of a push or pull."""

    words: str

    ASK_REGISTRY = 1, "asking the registry"
    CHALLENGE = 2, "the registry names the authorization service"
    ASK_TOKEN = 3, "asking the authorization service for a token"
    GRANT = 4, "the authorization service grants the token"
    REPEAT = 5, "repeating the request with the token"
    VERIFY = 6, "the registry verifies the token and the data"
    STORAGE = 7, "transferring the data with object storage"

    def __new__(cls, number: int, words: str = "") -> Self:
        made = int.__new__(cls, number)
        made._value_, made.words = number, words
        return made


class _Kind(Enum):
    PASSING = "passes"
    UNSENT = "nothing was sent"


@dataclass(frozen=True, slots=True)
class _Row:
    step: Step
    what: str
    hint: str
    kind: _Kind | None = None
    """None: another attempt does not help."""


class Fault(Enum):
    """What can go wrong, each in one step."""

    UNREACHABLE = _Row(
        Step.ASK_REGISTRY,
        "the registry cannot be reached",
        "check the network and the registry's address",
        _Kind.UNSENT,
    )
    BROKEN = _Row(Step.REPEAT, "the connection to the registry broke", "", _Kind.PASSING)
    FAILED_AT_WORK = _Row(Step.VERIFY, "the registry failed at it", "", _Kind.PASSING)
    REFUSED_BY_ACL = _Row(
        Step.ASK_REGISTRY,
        "the registry's access control refuses this machine's address",
        "add the address to the instance's internet access control list, or go through a linked VPC",
    )
    REGISTRY_FAILED = _Row(Step.ASK_REGISTRY, "the registry failed", "", _Kind.PASSING)
    NO_TOKEN_SERVICE = _Row(
        Step.CHALLENGE,
        "the registry answers 401 but names no authorization service",
        "check the address: a proxy in between, or another server, answers like this",
    )
    UNTRUSTED_TOKEN_SERVICE = _Row(
        Step.CHALLENGE,
        "the registry names an authorization service that is not spoken to over TLS",
        "the key is not sent there; use https, plain http is for this machine only",
    )
    TOKEN_SERVICE_UNREACHABLE = _Row(
        Step.ASK_TOKEN,
        "the authorization service cannot be reached",
        "check that this network may reach it: it has another address than the registry",
        _Kind.UNSENT,
    )
    TOKEN_SERVICE_FAILED = _Row(Step.ASK_TOKEN, "the authorization service failed", "", _Kind.PASSING)
    TOKEN_REFUSED = _Row(
        Step.GRANT,
        "the authorization service refuses the key",
        "the temporary key is wrong or has expired: run pulumi up again, which gets a new one",
    )
    SCOPE_MISSING = _Row(
        Step.GRANT,
        "the token that was granted does not carry the permission asked for",
        "the key may not do this there: check the namespace, which is the supplier's own, and the repository",
    )
    TOKEN_REJECTED = _Row(
        Step.VERIFY,
        "the registry rejects the token as invalid or expired",
        "check this machine's clock, and that registry and authorization service belong together",
    )
    DENIED = _Row(
        Step.VERIFY, "the registry denies the request", "check the repository and what the account may do with it"
    )
    NOT_FOUND = _Row(Step.VERIFY, "the registry has no such manifest or blob", "check the repository, tag and digest")
    DIGEST_MISMATCH = _Row(
        Step.VERIFY,
        "the data does not have the digest that it was announced with",
        "the source changed while it was read, or is damaged: make it again, then run pulumi up",
    )
    NOT_HELD = _Row(
        Step.VERIFY,
        "the registry refuses a manifest for what that names",
        "layers that lie elsewhere (with `urls`, as Windows' base) are not taken by every registry: build the image "
        "without them; otherwise something was deleted meanwhile: run pulumi up again",
    )
    MALFORMED = _Row(Step.VERIFY, "the registry does not accept the data", "")
    STORAGE_UNREACHABLE = _Row(
        Step.STORAGE,
        "object storage cannot be reached",
        "check that this network may reach the storage's address: it is neither the registry's nor the authorization "
        "service's",
        _Kind.UNSENT,
    )
    STORAGE_BROKEN = _Row(Step.STORAGE, "the connection to object storage broke", "", _Kind.PASSING)
    URL_EXPIRED = _Row(
        Step.STORAGE,
        "object storage refuses the time-limited address: it has expired",
        "the address was used too late: try again, and check this machine's clock",
        _Kind.PASSING,
    )
    STORAGE_KEY_EXPIRED = _Row(
        Step.STORAGE,
        "object storage refuses the temporary key: it has expired",
        "run pulumi up again, which gets a new key; parts that arrived are not sent again",
        _Kind.PASSING,
    )
    STORAGE_REFUSED = _Row(Step.STORAGE, "object storage refuses the request", "check the temporary key's permissions")
    STORAGE_DENIED = _Row(
        Step.STORAGE,
        "object storage denies the request",
        "the temporary key that Compute Nest gave does not carry the RAM permission {right} there: run pulumi up "
        "again, which gets a new one; if it stays so, give the cloud's support this sentence",
    )
    STORAGE_DIGEST_MISMATCH = _Row(
        Step.STORAGE,
        "what object storage delivers does not have the digest asked for",
        "something in between changed it, or the store is damaged: push the package again",
    )

    @property
    def step(self) -> Step:
        """The step that it belongs to."""
        return self.value.step


_OF_HOSTS = frozenset({Fault.REFUSED_BY_ACL, Fault.NO_TOKEN_SERVICE, Fault.UNTRUSTED_TOKEN_SERVICE})
"""What a host says to everybody, whatever is asked for."""


def failure(fault: Fault, *, doing: str, host: str, detail: str = "", right: str = "") -> ComputeNestError:
    """The error to raise.

    Args:
        fault: what went wrong.
        doing: `push of ns/web:1.0`.
        host: whose answer it was, or who did not answer.
        detail: codes and statuses, never a credential: `HTTP 401`, `DENIED`.
        right: that is missing, of a denial: `oss:PutObject`.
    """
    row: _Row = fault.value
    hint = row.hint.format(right=right) if right else row.hint
    said = f" ({detail})" if detail else ""
    summary = f"{doing}: step {row.step} of 7 ({row.step.words}): {row.what}: {host}{said}"
    if row.kind is _Kind.UNSENT:
        return Transient(summary, hint=hint, meaning=Meaning.UNREACHABLE, root=f"cannot reach {host}")
    if row.kind is _Kind.PASSING:
        return Transient(summary, hint=hint, effect_unknown=True)
    root = f"{fault.name} {host}" if fault in _OF_HOSTS else ""
    return Permanent(summary, hint=hint, code=fault.name, root=root)
