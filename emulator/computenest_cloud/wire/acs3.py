"""Signature version 3, ACS3-HMAC-SHA256: everything about the request stands in headers.

The query travels form-encoded (a space is `+`) but is signed percent-encoded, so it is parsed and quoted again
(fact: wire-002).
"""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

from computenest_cloud.errors import ServiceError
from computenest_cloud.wire.claim import Claim, SignedRequest, Target

ALGORITHM = "ACS3-HMAC-SHA256"
MUST_BE_SIGNED = frozenset({"host", "x-acs-date", "x-acs-content-sha256"})


def target_of(request: SignedRequest) -> Target:
    """fact: wire-001."""
    return Target(request.headers.get("x-acs-action", ""), request.headers.get("x-acs-version", ""))


def claim_of(request: SignedRequest) -> Claim:
    """fact: wire-002 to wire-004."""
    headers = request.headers
    text = headers.get("authorization", "")
    if not text:
        raise ServiceError(400, "MissingParameter", "The request is not signed: it has no Authorization header.")
    authorization = _parse_authorization(text)
    signed_headers = tuple(authorization["SignedHeaders"].split(";"))
    unsigned = ({name for name in headers if name.startswith("x-acs-")} | MUST_BE_SIGNED) - set(signed_headers)
    if unsigned:
        raise ServiceError(400, "IncompleteSignature", f"Not covered by the signature: {', '.join(sorted(unsigned))}.")
    body_hash = hashlib.sha256(request.body).hexdigest()
    canonical = canonical_request(request, signed_headers, body_hash)
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"

    return Claim(
        key_id=authorization["Credential"],
        security_token=headers.get("x-acs-security-token", ""),
        date=headers.get("x-acs-date", ""),
        nonce=headers.get("x-acs-signature-nonce", ""),
        signature=authorization["Signature"],
        text=to_sign,
        sign=lambda secret: hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest(),
        parameters=request.parameters(),
        is_body_intact=headers.get("x-acs-content-sha256", "") == body_hash,
    )


def canonical_request(request: SignedRequest, signed_headers: tuple[str, ...], body_hash: str) -> str:
    query = "&".join(f"{key}={quote(request.query[key], safe='~')}" for key in sorted(request.query))
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in signed_headers)
    return "\n".join((request.method, request.path, query, headers, ";".join(signed_headers), body_hash))


def _parse_authorization(text: str) -> Mapping[str, str]:
    algorithm, _, rest = text.partition(" ")
    if algorithm != ALGORITHM:
        raise ServiceError(400, "IncompleteSignature", f"The request is not signed with {ALGORITHM}.")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    missing = [name for name in ("Credential", "SignedHeaders", "Signature") if name not in parts]
    if missing:
        raise ServiceError(400, "IncompleteSignature", f"The Authorization header lacks {missing[0]}.")
    return parts
