"""What an API error means: one table from codes to the five kinds of `kernel.errors`, and to what is acted upon.

Codes and HTTP statuses decide, never message text (the cloud rewords messages and translates them). Every failure of
every call passes through here exactly once, so that no other module needs to know an error code, and the retry
layer only needs the kind. Messages never quote a credential: those of refused credentials are not quoted at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from computenest.cloud.secret import Secret, redactor_of
from computenest.kernel.errors import ComputeNestError, Conflict, Meaning, NotFound, Permanent, Transient
from computenest.kernel.identity import digest

MAX_QUOTED_CHARS = 300
_LONG_QUERY_CHARS = 16_384  # half of what the smallest common limit of a request line and its headers leaves
_TOO_LONG = frozenset({413, 414, 431})
UNREADABLE = "UnreadableBody"  # our transport's stand-in for a body that is not the API's (transport.py)


@dataclass(frozen=True, slots=True)
class Call:
    """Which call failed: for messages."""

    action: str
    region: str
    host: str
    is_local: bool = False
    product: str = ""
    """The product's code in RAM policies, "" where nothing is refused by them."""

    def __str__(self) -> str:
        return f"{self.action} in {self.region}"

    @property
    def permission(self) -> str:
        """What a RAM policy allows, as it is written there: `ecs:CopyImage`."""
        return f"{self.product}:{self.action}" if self.product else "for this action"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error that the API answered with."""

    code: str
    status: int
    message: str = ""
    request_id: str = ""
    retry_after_ms: int | None = None
    recommend: str = ""


class NoAnswer(Enum):
    """Ways not to get an answer; the value says what happened."""

    REFUSED = "the connection was refused"
    UNKNOWN_HOST = "the host's name cannot be resolved"
    CONNECT_TIMEOUT = "no connection was made in time"
    READ_TIMEOUT = "no answer came in time"
    BROKEN = "the connection broke before an answer came"
    UNREADABLE = "the answer is not one of the API's (a gateway or proxy between?)"
    PROXY = "the proxy could not be used"
    TLS = "the host's certificate was not accepted"


# Nothing was sent, so nothing can have happened.
_NEVER_SENT = {NoAnswer.REFUSED, NoAnswer.UNKNOWN_HOST, NoAnswer.CONNECT_TIMEOUT, NoAnswer.PROXY, NoAnswer.TLS}


class Match(Enum):
    """How much of a code a row's `code` must be."""

    EXACT = "exact"
    FAMILY = "family"  # the code itself, and everything that begins with it


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: which codes, which kind, what to do next, whether the message may be quoted, and what is acted upon."""

    code: str
    kind: type[ComputeNestError]
    hint: str = ""
    match: Match = Match.FAMILY
    is_credential: bool = False
    meaning: Meaning = Meaning.OTHER


class Entity(Enum):
    """What a call may be about; the value is the entity's name within an error code."""

    ARTIFACT = "Artifact"
    ARTIFACT_VERSION = "ArtifactVersion"
    REPOSITORY = "Repository"
    TAG = "Tag"
    SERVICE = "Service"
    SERVICE_VERSION = "ServiceVersion"
    SERVICE_REGISTRATION = "ServiceRegistration"
    SERVICE_INSTANCE = "ServiceInstance"
    STACK = "Stack"

    @property
    def absences(self) -> tuple[str, str]:
        """The code that says that there is none, in each of the two families: the API renamed its codes, per action
        perhaps, and client code of either generation is in use."""
        return f"{_MISSING}.{self.value}", f"{self.value}NotFound"


_MISSING = "EntityNotExist"
_KEYS = (
    "check the access key (computenest:accessKey, computenest:secretKey, computenest:securityToken, alicloud:*, the"
    " environment or the profile) and that it belongs to this cloud"
)
_EXPIRED = "the temporary credentials are no longer valid: get new ones (a role or profile renews them by itself)"
_RIGHTS = (
    "give the user or role that these credentials belong to the RAM permission {permission}, and run it again; nothing"
    " that exists is lost"
)
_CLOCK = "check this machine's clock: requests are signed with its time"
_QUOTA = "ask for a higher quota, or delete what is no longer used"
_BUSY = "wait until what is running has ended; `pulumi up` then goes on from there"

# Sources: facts §1.1 (artifacts), §3.2 (throttling), §4 (ECS), and the error families all RPC gateways share. What is
# in no source falls to its HTTP status, where 404 is not "gone": an unknown action or a wrong host answers 404 as well.
# The longest matching row wins, an exact one before a family.
TABLE: tuple[Rule, ...] = (
    Rule("Throttling", Transient),
    Rule("Rejected.Throttling", Transient),
    Rule("ServiceUnavailable", Transient),
    Rule("InternalError", Transient),
    Rule("SystemBusy", Transient),
    Rule("SignatureNonceUsed", Transient),  # a proxy sent the request twice; the next one has a new nonce
    Rule("LastTokenProcessing", Transient),  # the same ClientToken is at work
    Rule("IdempotentProcessing", Transient),
    Rule(UNREADABLE, Transient),
    Rule(_MISSING, NotFound),
    *(Rule(entity.absences[1], NotFound, match=Match.EXACT) for entity in Entity),
    Rule("InvalidImageId.NotFound", NotFound, match=Match.EXACT),
    Rule("InvalidResourceId.NotFound", NotFound, match=Match.EXACT),
    Rule("ProductNotFound", NotFound, match=Match.EXACT),  # unverified: the marketplace publishes no codes
    *(Rule(code, NotFound, match=Match.EXACT) for code in ("NoSuchKey", "NoSuchBucket", "NoSuchUpload")),  # storage
    Rule("EntityAlreadyExist", Conflict, meaning=Meaning.NAME_TAKEN),
    Rule("EntityAlreadyExist.Draft", Conflict, meaning=Meaning.HAS_DRAFT),
    Rule("IdempotentParameterMismatch", Conflict, meaning=Meaning.TOKEN_REUSED),  # products name it differently
    Rule("InvalidIdempotenceParameter", Conflict, meaning=Meaning.TOKEN_REUSED),
    Rule("OperationDenied", Conflict, _BUSY, match=Match.EXACT, meaning=Meaning.BUSY),
    Rule("OperationDenied.", Conflict, meaning=Meaning.BUSY),
    Rule("OperationDenied.ArtifactAssociated", Conflict, meaning=Meaning.IN_USE),
    Rule("OperationDenied.ServiceInUse", Conflict, meaning=Meaning.IN_USE),
    Rule("OperationDenied.InstanceStatus", Conflict, meaning=Meaning.WRONG_STATUS),
    Rule("OperationDenied.SameRegionOnly", Permanent, match=Match.EXACT),
    Rule("OperationDenied.NotPublished", Permanent, match=Match.EXACT),
    Rule("OperationDenied.ImageCopying", Conflict, _BUSY, match=Match.EXACT, meaning=Meaning.COPYING),
    Rule("IncorrectImageStatus", Conflict, _BUSY, meaning=Meaning.WRONG_STATUS),
    Rule("InvalidImageName.Duplicated", Conflict, match=Match.EXACT, meaning=Meaning.NAME_TAKEN),
    Rule("ImageUsingByInstance", Conflict, meaning=Meaning.IN_USE),
    Rule("ImageUseShared", Conflict),
    Rule("QuotaExceed", Permanent, _QUOTA),
    Rule("InvalidRegionId", Permanent, "check the region's name"),
    Rule("InvalidAccessKeyId", Permanent, _KEYS, is_credential=True),
    Rule("SignatureDoesNotMatch", Permanent, _KEYS, is_credential=True),
    Rule("IncompleteSignature", Permanent, _KEYS, is_credential=True),
    Rule("InvalidCredentials", Permanent, _KEYS, is_credential=True),
    Rule("MissingSecurityToken", Permanent, _KEYS, is_credential=True),
    Rule("InvalidSecurityToken", Permanent, _EXPIRED, is_credential=True, meaning=Meaning.KEY_EXPIRED),
    Rule("SecurityTokenExpired", Permanent, _EXPIRED, is_credential=True, meaning=Meaning.KEY_EXPIRED),  # storage
    Rule("InvalidTimeStamp", Permanent, _CLOCK, is_credential=True),
    Rule("Forbidden", Permanent, _RIGHTS, meaning=Meaning.DENIED),
    Rule("NoPermission", Permanent, _RIGHTS, meaning=Meaning.DENIED),
    Rule("AccessDenied", Permanent, _RIGHTS, meaning=Meaning.DENIED),  # object storage
)


def is_absent(error: NotFound, *asked: Entity) -> bool:
    """Whether an error says that one of the entities that were asked for is not there, in either family of codes. What
    else may be missing (a service role) is no answer to that."""
    return error.code == _MISSING or any(error.code in entity.absences for entity in asked)


@contextmanager
def unless_absent(*asked: Entity) -> Iterator[None]:
    """Ends a question where the answer is that one of the entities that were asked for is not there."""
    try:
        yield
    except NotFound as error:
        if not is_absent(error, *asked):
            raise


@lru_cache(maxsize=1024)
def rule_of(code: str, *, status: int) -> Rule:
    """The row for a code; by status where no row matches: 5xx, 429 and 408 pass, everything else stays refused."""
    exact = [rule for rule in TABLE if rule.code == code]
    if exact:
        return exact[0]
    family = [rule for rule in TABLE if rule.match is Match.FAMILY and code.startswith(rule.code)]
    if family:
        return max(family, key=lambda rule: len(rule.code))
    passes = status >= 500 or status in (408, 429)
    return Rule(code, Transient if passes else Permanent)


def failure_of(refusal: Refusal, *, call: Call, secrets: Iterable[Secret] = ()) -> ComputeNestError:
    """The error to raise for what the API answered.

    Args:
        refusal: what it answered.
        call: what was asked.
        secrets: credentials in use, blotted out should a message repeat one (SignatureDoesNotMatch of old does).
    """
    rule = rule_of(refusal.code, status=refusal.status)
    said = "" if rule.is_credential else _quoted(refusal.message, secrets)
    named = f"{refusal.code or 'no code'}, HTTP {refusal.status}"
    summary = f"{call}: the cloud answered {named}" + (f": {said}" if said else "")
    hint = rule.hint.format(permission=call.permission) or _quoted(refusal.recommend, secrets)
    told: dict[str, Any] = {
        "hint": hint,
        "code": refusal.code,
        "request_id": refusal.request_id,
        "meaning": rule.meaning,
    }
    # fact §3.1: whatever the code, the header x-acs-retry-after means "throttled".
    is_throttled = refusal.retry_after_ms is not None and rule.kind is Permanent and not rule.is_credential
    if rule.kind is Transient or is_throttled:
        after_s = None if refusal.retry_after_ms is None else refusal.retry_after_ms / 1000
        return Transient(summary, retry_after_s=after_s, effect_unknown=_may_have_happened(refusal), **told)
    return rule.kind(summary, root=_root(rule, call, secrets), **told)


def _root(rule: Rule, call: Call, secrets: Iterable[Secret]) -> str:
    """Of keys and rights, which stop every resource of an account; "" for what is about one object."""
    if not rule.is_credential and rule.meaning is not Meaning.DENIED:
        return ""
    right = call.permission if rule.meaning is Meaning.DENIED else ""
    return f"{rule.code} {right} {digest(*(secret.reveal() for secret in secrets))}"  # whose keys, and not the keys


def _may_have_happened(refusal: Refusal) -> bool:
    """A gateway's page and a server's fault say nothing about the effect; throttled and turned away means none."""
    if refusal.code == UNREADABLE:
        return True
    return refusal.status >= 500 and not refusal.code.startswith(("Throttling", "Rejected.", "ServiceUnavailable"))


def no_answer(cause: NoAnswer, *, call: Call) -> ComputeNestError:
    """The error to raise where no answer came, or none that is the API's."""
    summary = f"cannot reach {call.host} for {call}: {cause.value}"
    if call.is_local:
        hint = "`computenest cloud start` starts the embedded cloud, `computenest cloud status` shows it"
    elif cause is NoAnswer.PROXY:
        hint = "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY"
    elif cause in _NEVER_SENT:
        hint = "check the network, the region and computenest:endpoints"
    else:
        hint = ""
    root = f"cannot reach {call.host}"
    if cause is NoAnswer.TLS:
        return Permanent(summary, hint=hint, root=root)
    was_sent = cause not in _NEVER_SENT
    meaning = Meaning.UNANSWERED if was_sent else Meaning.UNREACHABLE
    if cause is NoAnswer.UNREADABLE:  # no answer of the API's, but somebody is there: tried as often as any refusal
        meaning = Meaning.OTHER
    return Transient(summary, effect_unknown=was_sent, hint=hint, meaning=meaning, root=root)


def too_long(query: Mapping[str, str], *, call: Call, said: NoAnswer | Refusal) -> ComputeNestError | None:
    """The error for a request that was turned away for its size, None where that is not why it failed.

    Servers and gateways break the connection at a long request line, or answer 413, 414, 431 or a page of their own: of
    which limit they have, nothing is published, so the size is named wherever a long request fails in such a way.
    """
    if not query or sum(map(len, query.values())) <= _LONG_QUERY_CHARS:
        return None
    if isinstance(said, NoAnswer):
        is_refused = said is NoAnswer.BROKEN
    else:
        is_refused = said.status in _TOO_LONG or (said.code == UNREADABLE and said.status == 400)
    if not is_refused:
        return None
    name = max(query, key=lambda key: len(query[key]))
    summary = f"{call}: the request is too long: parameter {name} has {len(query[name]):,} characters"
    return Permanent(summary, hint="shorten it: let a command or template fetch what is long")


def unusable_answer(what: str, *, call: Call, request_id: str = "") -> ComputeNestError:
    """The error for an answer of HTTP 200 that lacks what it must have: the effect may well have happened."""
    return Transient(f"{call}: the cloud answered without {what}", effect_unknown=True, request_id=request_id)


def _quoted(message: str, secrets: Iterable[Secret]) -> str:
    """One line of a cloud's message, capped, without credentials."""
    line = " ".join(redactor_of(secrets).text(message).split())
    return line if len(line) <= MAX_QUOTED_CHARS else line[: MAX_QUOTED_CHARS - 1] + "…"
