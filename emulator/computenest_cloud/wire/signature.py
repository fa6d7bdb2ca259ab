"""Who sent a request: ACS3-HMAC-SHA256 verified the way the real gateway does, and temporary credentials.

The query travels form-encoded (a space is `+`) but is signed percent-encoded, so it is parsed and quoted again
(fact: wire-002). Never logs or returns a secret.
"""

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from computenest_cloud.clock import parse_time
from computenest_cloud.errors import ServiceError
from computenest_cloud.store.database import Store
from computenest_cloud.store.records import Account

ALGORITHM = "ACS3-HMAC-SHA256"
MUST_BE_SIGNED = frozenset({"host", "x-acs-date", "x-acs-content-sha256"})
DATE_TOLERANCE_S = 900.0
NONCE_LIMIT = 100_000


@dataclass(frozen=True)
class SignedRequest:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes


@dataclass(frozen=True)
class _Authorization:
    access_key_id: str
    signed_headers: tuple[str, ...]
    signature: str


def canonical_request(request: SignedRequest, signed_headers: tuple[str, ...], body_hash: str) -> str:
    query = "&".join(f"{key}={quote(request.query[key], safe='~')}" for key in sorted(request.query))
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in signed_headers)
    return "\n".join((request.method, request.path, query, headers, ";".join(signed_headers), body_hash))


def sign(canonical: str, secret: str) -> str:
    text = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _parse_authorization(text: str) -> _Authorization:
    algorithm, _, rest = text.partition(" ")
    if algorithm != ALGORITHM:
        raise ServiceError(400, "IncompleteSignature", f"The request is not signed with {ALGORITHM}.")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    try:
        return _Authorization(parts["Credential"], tuple(parts["SignedHeaders"].split(";")), parts["Signature"])
    except KeyError as error:
        raise ServiceError(400, "IncompleteSignature", f"The Authorization header lacks {error}.") from error


class Verifier:
    """fact: wire-003 to wire-009."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._nonces: OrderedDict[str, None] = OrderedDict()

    def account_of(self, request: SignedRequest, *, now_s: float, wall_s: float) -> Account:
        text = request.headers.get("authorization", "")
        if not text:
            raise ServiceError(400, "MissingParameter", "The request is not signed: it has no Authorization header.")
        authorization = _parse_authorization(text)
        account, secret = self._credentials(authorization.access_key_id, request, now_s)
        self._check_signature(request, authorization, secret)
        self._check_freshness(request, wall_s)
        return account

    def _credentials(self, key_id: str, request: SignedRequest, now_s: float) -> tuple[Account, str]:
        token = request.headers.get("x-acs-security-token", "")
        for account in self._store.accounts:
            if account.access_key_id == key_id:
                if token:
                    message = "Specified SecurityToken mismatch with the AccessKey: the key is not a temporary one."
                    raise ServiceError(400, "InvalidSecurityToken.MismatchWithAccessKey", message)
                return account, account.access_key_secret
        session = self._store.sessions.get(key_id)
        if session is None or session.object_key:  # an upload's credentials are for object storage only
            raise ServiceError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        if not token:
            raise ServiceError(400, "MissingSecurityToken", "The SecurityToken is mandatory for temporary credentials.")
        if not hmac.compare_digest(token, session.security_token):
            raise ServiceError(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
        if now_s >= session.expires_at:
            raise ServiceError(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
        owner = self._store.accounts.get(session.account)
        if owner is None:
            raise ServiceError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        return owner, session.access_key_secret

    @staticmethod
    def _check_signature(request: SignedRequest, authorization: _Authorization, secret: str) -> None:
        carried = {name for name in request.headers if name.startswith("x-acs-")} | MUST_BE_SIGNED
        unsigned = carried - set(authorization.signed_headers)
        if unsigned:
            raise ServiceError(
                400, "IncompleteSignature", f"Not covered by the signature: {', '.join(sorted(unsigned))}."
            )
        body_hash = hashlib.sha256(request.body).hexdigest()
        canonical = canonical_request(request, authorization.signed_headers, body_hash)
        same_body = request.headers.get("x-acs-content-sha256", "") == body_hash
        if not same_body or not hmac.compare_digest(sign(canonical, secret), authorization.signature):
            raise ServiceError(400, "SignatureDoesNotMatch", "Specified signature is not matched with our calculation.")

    def _check_freshness(self, request: SignedRequest, wall_s: float) -> None:
        date_s = parse_time(request.headers.get("x-acs-date", ""))
        if date_s is None or abs(wall_s - date_s) > DATE_TOLERANCE_S:
            raise ServiceError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
        nonce = request.headers.get("x-acs-signature-nonce", "")
        if nonce in self._nonces:
            raise ServiceError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
        if nonce:
            self._nonces[nonce] = None
            if len(self._nonces) > NONCE_LIMIT:
                self._nonces.popitem(last=False)
