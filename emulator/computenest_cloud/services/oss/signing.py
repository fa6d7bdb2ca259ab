"""Signatures of the object storage, versions 1 and 4, in a header or in the URL. fact: oss-001, oss-007

What is signed is always `/bucket/name`, whatever the URL's style. Never logs a secret.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from computenest_cloud.errors import ServiceError
from computenest_cloud.wire.values import whole_number

V4 = "OSS4-HMAC-SHA256"
SKEW_S = 900.0
SUBRESOURCES = frozenset(
    [
        "acl",
        "append",
        "asyncFetch",
        "bucketInfo",
        "callback",
        "callback-var",
        "cname",
        "comp",
        "continuation-token",
        "cors",
        "delete",
        "encryption",
        "endTime",
        "inventory",
        "inventoryId",
        "lifecycle",
        "link",
        "live",
        "location",
        "logging",
        "metaQuery",
        "objectInfo",
        "objectMeta",
        "partNumber",
        "policy",
        "position",
        "qos",
        "qosInfo",
        "referer",
        "replication",
        "replicationLocation",
        "replicationProgress",
        "requestPayment",
        "resourceGroup",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
        "restore",
        "security-token",
        "sequential",
        "startTime",
        "stat",
        "status",
        "style",
        "styleName",
        "symlink",
        "tagging",
        "transferAcceleration",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "vod",
        "website",
        "worm",
        "wormExtend",
        "wormId",
        "x-oss-async-process",
        "x-oss-process",
        "x-oss-request-payer",
        "x-oss-traffic-limit",
    ]
)


@dataclass(frozen=True)
class SignedRequest:
    """What a signature covers."""

    method: str
    bucket: str
    name: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case

    @property
    def resource(self) -> str:
        return f"/{self.bucket}/{self.name}" if self.bucket else "/"


@dataclass(frozen=True)
class Claim:
    """Whose key a request says it is signed with, and the signature."""

    key_id: str
    signature: str
    security_token: str
    expires_at: float | None = None  # of a signed URL
    dated_at: float | None = None  # of a header of version 4
    text: str = ""  # version 1: what is signed
    scope: str = ""  # version 4: date/region/product/request
    date: str = ""
    canonical: str = ""

    @property
    def region(self) -> str:
        return self.scope.split("/")[1] if self.scope else ""

    def matches(self, secret: str) -> bool:
        expected = self._version_4(secret) if self.scope else sign(self.text, secret)
        return hmac.compare_digest(expected, self.signature)

    def _version_4(self, secret: str) -> str:
        key = f"aliyun_v4{secret}".encode()
        for part in self.scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        digest = hashlib.sha256(self.canonical.encode()).hexdigest()
        text = "\n".join((V4, self.date, self.scope, digest))
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def sign(text: str, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def string_to_sign(request: SignedRequest, date: str) -> str:
    extra = sorted((key, value.strip()) for key, value in request.headers.items() if key.startswith("x-oss-"))
    signed = sorted((key, value) for key, value in request.query.items() if key in SUBRESOURCES)
    query = "&".join(f"{key}={value}" if value else key for key, value in signed)
    lines = [
        request.method,
        request.headers.get("content-md5", ""),
        request.headers.get("content-type", ""),
        date,
        *(f"{key}:{value}" for key, value in extra),
    ]
    return "\n".join(lines) + f"\n{request.resource}" + (f"?{query}" if query else "")


def _canonical(request: SignedRequest, additional: tuple[str, ...]) -> str:
    pairs = sorted(
        (quote(key, safe=""), quote(value, safe="")) for key, value in request.query.items() if key != "x-oss-signature"
    )
    query = "&".join(f"{key}={value}" if value else key for key, value in pairs)
    headers = sorted(
        (key, value.strip())
        for key, value in request.headers.items()
        if key.startswith("x-oss-") or key in {"content-type", "content-md5"} or key in additional
    )
    return "\n".join(
        (
            request.method,
            quote(request.resource, safe="/"),
            query,
            "".join(f"{key}:{value}\n" for key, value in headers),
            ";".join(additional),
            request.headers.get("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
        )
    )


def _moment(text: str) -> float:
    """Of x-oss-date, or of a Date in HTTP's form; either is signed as it stands. fact: oss-014"""
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text).replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError) as error:
        raise ServiceError(403, "AccessDenied", "OSS authentication requires a valid Date.") from error


def _version_4(request: SignedRequest, found: Mapping[str, str], date: str, token: str, *, expires: str) -> Claim:
    key_id, _, scope = found.get("Credential", "").partition("/")
    if scope.count("/") != 3 or scope.split("/")[2:] != ["oss", "aliyun_v4_request"]:
        raise ServiceError(403, "InvalidArgument", "The credential's scope is date/region/oss/aliyun_v4_request.")
    additional = tuple(filter(None, found.get("AdditionalHeaders", "").split(";")))
    moment = _moment(date)
    lasts_s = whole_number(expires)
    if expires and lasts_s is None:
        raise ServiceError(400, "AuthorizationQueryParametersError", "x-oss-expires is a number of seconds.")
    return Claim(
        key_id,
        found.get("Signature", ""),
        token,
        expires_at=None if lasts_s is None else moment + lasts_s,
        dated_at=None if expires else moment,
        scope=scope,
        date=date,
        canonical=_canonical(request, additional),
    )


def claim_of(request: SignedRequest) -> Claim | None:
    """None: nobody signed."""
    header, query = request.headers.get("authorization", ""), request.query
    sent = (request.headers.get(name, "") for name in ("x-oss-security-token", "security-token"))  # the newer SDK's
    token = next(filter(None, sent), query.get("security-token", ""))
    date = request.headers.get("x-oss-date") or request.headers.get("date", "")
    if header.startswith("OSS "):
        key_id, _, signature = header[4:].partition(":")
        return Claim(key_id, signature, token, text=string_to_sign(request, date))
    if header.startswith(f"{V4} "):
        found = dict(part.strip().partition("=")[::2] for part in header[len(V4) :].split(","))
        return _version_4(request, found, date, token, expires="")
    is_signed_url = "x-oss-signature" in query or "OSSAccessKeyId" in query
    # A registry's token may follow its redirect here: both are one host to clients, which real domains are not.
    if header and not (is_signed_url and header.lower().startswith("bearer ")):
        raise ServiceError(400, "InvalidArgument", "The Authorization header is of no known signature version.")
    if "x-oss-signature" in query:
        found = {
            "Credential": query.get("x-oss-credential", ""),
            "AdditionalHeaders": query.get("x-oss-additional-headers", ""),
            "Signature": query["x-oss-signature"],
        }
        token = query.get("x-oss-security-token", token)
        expires = query.get("x-oss-expires") or "0"
        return _version_4(request, found, query.get("x-oss-date", ""), token, expires=expires)
    if "OSSAccessKeyId" in query:
        expires = query.get("Expires", "")
        expires_at = whole_number(expires)
        if expires_at is None:
            raise ServiceError(403, "AccessDenied", "Expires must be a number of seconds since 1970.")
        text = string_to_sign(request, expires)
        return Claim(query["OSSAccessKeyId"], query.get("Signature", ""), token, expires_at=expires_at, text=text)
    return None
