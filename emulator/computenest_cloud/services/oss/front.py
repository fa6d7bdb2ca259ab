"""Object storage's own protocol: PUT, GET, HEAD and DELETE of one object, signed with HMAC-SHA1. fact: oss-001, oss-002

`Authorization: OSS <key id>:<signature>` over the verb, Content-MD5, Content-Type, Date, the x-oss-* headers and
`/bucket/name`; or Expires, OSSAccessKeyId and Signature in the query. Errors are XML. Never logs a secret.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from xml.sax.saxutils import escape

from computenest_cloud.errors import ServiceError
from computenest_cloud.services.oss.objects import HOST, Uploads
from computenest_cloud.store.records import Account
from computenest_cloud.world import World

SUBRESOURCES = frozenset({"security-token", "response-content-type", "x-oss-process"})


@dataclass(frozen=True)
class ObjectRequest:
    method: str
    path: str  # percent-decoded
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    def address(self) -> tuple[str, str]:
        found = HOST.match(self.headers.get("host", "").partition(":")[0])
        path = self.path.lstrip("/")
        if found is not None:
            return found["bucket"], path
        bucket, _, name = path.partition("/")
        return bucket, name


@dataclass(frozen=True)
class ObjectReply:
    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str]


def string_to_sign(request: ObjectRequest, date: str) -> str:
    bucket, name = request.address()
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
    return "\n".join(lines) + f"\n/{bucket}/{name}" + (f"?{query}" if query else "")


def sign(text: str, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


class ObjectFront:
    def __init__(self, world: World, uploads: Uploads) -> None:
        self._world = world
        self._uploads = uploads

    def answer(self, request: ObjectRequest, request_id: str) -> ObjectReply:
        headers = {"x-oss-request-id": request_id, "Date": formatdate(self._world.now, usegmt=True)}
        try:
            return self._act(request, headers)
        except ServiceError as failure:
            text = (
                f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(failure.code)}</Code>'
                f"<Message>{escape(failure.message)}</Message><RequestId>{request_id}</RequestId></Error>"
            )
            body = b"" if request.method == "HEAD" else text.encode()
            return ObjectReply(failure.status, body, "application/xml", headers)

    def _act(self, request: ObjectRequest, headers: Mapping[str, str]) -> ObjectReply:
        bucket, name = request.address()
        account = self._signer(request, f"{bucket}/{name}")
        if request.method in {"GET", "HEAD"}:
            found = self._uploads.get(bucket, name, account=account)
            content = found.content.encode("latin-1")
            etag = {"ETag": f'"{_md5(content)}"'}
            return ObjectReply(
                200, b"" if request.method == "HEAD" else content, found.content_type, {**headers, **etag}
            )
        if account is None:
            raise ServiceError(403, "AccessDenied", "You have no right to access this object.")
        if request.method == "PUT":
            kind = request.headers.get("content-type", "application/octet-stream")
            self._uploads.put(account, bucket, name, request.body, kind)
            return ObjectReply(200, b"", "text/plain", {**headers, "ETag": f'"{_md5(request.body)}"'})
        if request.method == "DELETE":
            self._uploads.get(bucket, name, account=account)
            self._world.store.objects.remove(f"{bucket}/{name}")
            return ObjectReply(204, b"", "text/plain", headers)
        raise ServiceError(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")

    def _signer(self, request: ObjectRequest, key: str) -> Account | None:
        """None: nobody signed."""
        header = request.headers.get("authorization", "")
        if header.startswith("OSS "):
            key_id, _, signature = header[4:].partition(":")
            date = request.headers.get("date", "")
        elif "OSSAccessKeyId" in request.query:
            key_id, signature = request.query["OSSAccessKeyId"], request.query.get("Signature", "")
            date = request.query.get("Expires", "")
            if not date.isdigit() or int(date) < self._world.now:
                raise ServiceError(403, "AccessDenied", "Request has expired.")
        elif header:
            raise ServiceError(400, "InvalidArgument", "This object storage verifies OSS signatures of version 1 only.")
        else:
            return None
        account, secret = self._key(key_id, request, key)
        if not hmac.compare_digest(sign(string_to_sign(request, date), secret), signature):
            raise ServiceError(403, "SignatureDoesNotMatch", "The signature does not match the one calculated.")
        return account

    def _key(self, key_id: str, request: ObjectRequest, key: str) -> tuple[Account, str]:
        store = self._world.store
        for account in store.accounts:
            if account.access_key_id == key_id:
                return account, account.access_key_secret
        session = store.sessions.get(key_id)
        if session is None:
            raise ServiceError(403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist.")
        token = request.headers.get("x-oss-security-token") or request.query.get("security-token", "")
        if token != session.security_token:
            raise ServiceError(403, "InvalidSecurityToken", "The security token is not valid.")
        if session.expires_at <= self._world.now:
            raise ServiceError(403, "SecurityTokenExpired", "The security token has expired.")
        if session.object_key and session.object_key != key:
            raise ServiceError(403, "AccessDenied", "The credentials are for another object.")
        return self._world.account(session.account), session.access_key_secret


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest().upper()
