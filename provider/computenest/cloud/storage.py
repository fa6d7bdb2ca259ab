"""Object storage by its official SDK, one bucket at a time: whole objects, parts, heads. Blocking; callers use threads.

The SDK is imported on first use (a third of a second), never retries (the engine's one retry layer does), and each of
its errors becomes one of ours that names step 7 of a transfer: storage is where the data goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from computenest.cloud.endpoints import Endpoint, Product
from computenest.cloud.failures import rule_of
from computenest.cloud.secret import Secret, redactor_of
from computenest.cloud.steps import Fault, failure
from computenest.kernel.errors import ComputeNestError, Meaning, NotFound

_CONNECT_S, _TRANSFER_S = 10.0, 120.0
_WITHOUT_CODE = frozenset({"BadErrorResponse", "HTTP 403"})  # as the SDK calls an answer to HEAD, which has no body
_MAX_PAGES = 20  # 20,000 objects: more are not worth looking through to save one upload


@dataclass(frozen=True, slots=True)
class Head:
    """What HeadObject says. `checksum` is the CRC-64 (ECMA-182) in decimal, `digest` what we wrote beside it."""

    size_bytes: int
    checksum: str
    digest: str


class Bucket:
    """One bucket, with one set of keys."""

    def __init__(
        self, endpoint: Endpoint, region: str, name: str, keys: tuple[Secret, Secret, Secret], *, doing: str
    ) -> None:
        self.name = name
        self._endpoint, self._region, self._keys, self._doing = endpoint, region, keys, doing
        self._client: Any = None

    def head(self, key: str) -> Head | None:
        """None where there is no such object."""
        found = self._ask("GetObject", "head_object", key=key, absent=True)
        if found is None:
            return None
        metadata: Mapping[str, str] = {k.lower(): v for k, v in (found.metadata or {}).items()}
        digest = metadata.get("sha256") or metadata.get("x-oss-meta-sha256") or ""
        return Head(int(found.content_length or 0), str(found.hash_crc64 or ""), digest)

    def put(self, key: str, data: bytes, *, digest: str) -> str:
        """Stores a small object whole; the checksum that the storage counted."""
        done = self._ask("PutObject", "put_object", key=key, body=data, metadata={"sha256": digest})
        return str(done.hash_crc64 or "")

    def begin(self, key: str, *, digest: str) -> str:
        """Begins a multipart upload; its id."""
        return str(self._ask("PutObject", "initiate_multipart_upload", key=key, metadata={"sha256": digest}).upload_id)

    def begun(self, prefix: str, part: str) -> list[tuple[str, str]]:
        """Keys and ids of unfinished multipart uploads below `prefix` whose key holds `part`, the newest first; none
        where it cannot be told: a temporary key that may not list begins anew."""
        try:
            about: dict[str, Any] = {"prefix": prefix, "max_uploads": 1000}
            found = self._ask("ListMultipartUploads", "list_multipart_uploads", absent=True, **about)
        except ComputeNestError:
            return []
        uploads = [one for one in (getattr(found, "uploads", None) or ()) if part in one.key]
        return [
            (str(one.key), str(one.upload_id))
            for one in sorted(uploads, key=lambda one: str(one.initiated), reverse=True)
        ]

    def abort(self, key: str, upload_id: str) -> None:
        """Gives up a multipart upload and what arrived of it; gone is success."""
        self._ask("AbortMultipartUpload", "abort_multipart_upload", key=key, upload_id=upload_id, absent=True)

    def ending_in(self, prefix: str, suffix: str) -> str:
        """The first key below `prefix` that ends in `suffix`, "" for none or where it cannot be told."""
        try:
            pages = islice(self._pages(prefix), _MAX_PAGES)
            return next((key for page in pages for key in page if key.endswith(suffix)), "")
        except ComputeNestError:
            return ""

    def keys(self, prefix: str) -> list[str]:
        """All keys below `prefix`."""
        return [key for page in self._pages(prefix) for key in page]

    def _pages(self, prefix: str) -> Iterator[list[str]]:
        """The keys below `prefix`, page by page."""
        token = None
        while True:
            about: dict[str, Any] = {"prefix": prefix, "max_keys": 1000, "continuation_token": token}
            page = self._ask("ListObjects", "list_objects_v2", absent=True, **about)
            yield [str(one.key) for one in getattr(page, "contents", None) or ()]
            token = getattr(page, "next_continuation_token", None)
            if not token:
                return

    def parts(self, key: str, upload_id: str) -> dict[int, tuple[str, int]]:
        """Number -> (MD5 in lower-case hexadecimal, size in bytes) of the parts that arrived."""
        found: dict[int, tuple[str, int]] = {}
        marker = 0
        while True:
            about: dict[str, Any] = {"upload_id": upload_id, "max_parts": 1000, "part_number_marker": marker}
            page = self._ask("ListParts", "list_parts", key=key, absent=True, **about)
            for part in getattr(page, "parts", None) or ():
                found[int(part.part_number)] = (str(part.etag).strip('"').lower(), int(part.size))
            following = int(getattr(page, "next_part_number_marker", 0) or 0)
            if page is None or not page.is_truncated or following <= marker:
                return found
            marker = following

    def send_part(self, key: str, upload_id: str, number: int, data: bytes) -> str:
        """Sends one part; its ETag."""
        about: dict[str, Any] = {"key": key, "upload_id": upload_id, "part_number": number}
        return str(self._ask("PutObject", "upload_part", body=data, content_length=len(data), **about).etag)

    def finish(self, key: str, upload_id: str, etags: Mapping[int, str]) -> str:
        """Makes an object of the parts; the checksum that the storage counted."""
        import alibabacloud_oss_v2 as oss

        parts = [oss.UploadPart(part_number=number, etag=etag) for number, etag in sorted(etags.items())]
        whole = oss.CompleteMultipartUpload(parts=parts)
        about: dict[str, Any] = {"key": key, "upload_id": upload_id, "complete_multipart_upload": whole}
        return str(self._ask("PutObject", "complete_multipart_upload", **about).hash_crc64 or "")

    def delete(self, key: str) -> None:
        """Deletes an object; gone is success."""
        self._ask("DeleteObject", "delete_object", key=key, absent=True)

    def _ask(self, right: str, what: str, *, absent: bool = False, **given: Any) -> Any:
        """Asks the SDK; None for what is not there where `absent` says that this is an answer.

        Args:
            right: what a RAM policy has to allow for it: all of a multipart upload is PutObject, a head is GetObject.
            what: the SDK's name of it, `put_object`.
            given: what is asked, in the SDK's words.
        """
        import alibabacloud_oss_v2 as oss

        request = getattr(oss, f"{what.title().replace('_', '')}Request")(bucket=self.name, **given)
        try:
            if self._client is None:
                self._client = self._open()
            return getattr(self._client, what)(request)
        except ComputeNestError:
            raise
        except Exception as error:  # the SDK wraps what happened in one of its own, at any depth
            code, status = _refusal(error)
            if absent and (status == 404 or rule_of(code, status=status).kind is NotFound):
                return None
            raise self._failure(code, status, error, right=f"{Product.OSS.value}:{right}") from error

    def _open(self) -> Any:
        import alibabacloud_oss_v2 as oss

        config = oss.config.load_default()
        config.region = self._region
        config.endpoint = f"{self._endpoint.protocol}://{self._endpoint.host}"
        config.use_path_style = self._endpoint.is_loopback  # the embedded cloud has no host for each bucket
        config.retry_max_attempts = 1
        config.connect_timeout, config.readwrite_timeout = _CONNECT_S, _TRANSFER_S
        key_id, secret, token = (key.reveal() for key in self._keys)
        config.credentials_provider = oss.credentials.StaticCredentialsProvider(key_id, secret, token or None)
        return oss.Client(config)

    def _failure(self, code: str, status: int, error: Exception, *, right: str) -> ComputeNestError:
        host, detail = self._endpoint.host, redactor_of(self._keys).text(code) or type(error).__name__
        meaning = rule_of(code, status=status).meaning
        if meaning is Meaning.KEY_EXPIRED:
            fault = Fault.STORAGE_KEY_EXPIRED
        elif meaning is Meaning.DENIED or (status == 403 and code in _WITHOUT_CODE):
            fault = Fault.STORAGE_DENIED
        elif status >= 500 or status == 429:
            fault = Fault.STORAGE_BROKEN
        elif status:
            fault = Fault.STORAGE_REFUSED
        elif _is_mismatch(error):
            fault = Fault.STORAGE_DIGEST_MISMATCH
        else:
            fault = Fault.STORAGE_UNREACHABLE if _never_sent(error) else Fault.STORAGE_BROKEN
        return failure(fault, doing=self._doing, host=host, detail=detail, right=right)


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        inner = error.unwrap() if hasattr(error, "unwrap") else None
        error = inner if isinstance(inner, BaseException) else error.__cause__ or error.__context__
    return found


def _refusal(error: Exception) -> tuple[str, int]:
    """Code and HTTP status of an answer, "" and 0 where none came."""
    import alibabacloud_oss_v2 as oss

    for one in _chain(error):
        if isinstance(one, oss.exceptions.ServiceError):
            status = int(one.status_code or 0)
            return str(one.code or f"HTTP {status}"), status
    return "", 0


def _is_mismatch(error: Exception) -> bool:
    return any("InconsistentError" in type(one).__name__ for one in _chain(error))


def _never_sent(error: Exception) -> bool:
    names = {type(one).__name__ for one in _chain(error)}
    return bool(
        names & {"ConnectionRefusedError", "NewConnectionError", "ConnectTimeout", "ConnectTimeoutError", "gaierror"}
    )
