"""Where templates are put for Compute Nest to read.

GetUploadCredentials names a bucket, a key that is new each time, and temporary keys good for that one object; the
object storage's official SDK does the rest (facts §1.5). It is imported on the first use: a third of a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, unquote, urlsplit

from computenest.cloud.calls import Calls
from computenest.cloud.endpoints import Endpoint, Product
from computenest.cloud.failures import Call, NoAnswer, Refusal, failure_of, no_answer, unusable_answer
from computenest.cloud.secret import Secret
from computenest.cloud.wire import object_in, text
from computenest.kernel.errors import ComputeNestError, NotFound, Permanent

if TYPE_CHECKING:
    import alibabacloud_oss_v2 as oss

T = TypeVar("T")

_CONTENT_TYPE = "text/plain; charset=utf-8"
_CONNECT_S, _TRANSFER_S = 5.0, 30.0


class CloudTemplates(Calls):
    """Templates of one account."""

    async def put(self, *, name: str, text: str) -> str:
        """GetUploadCredentials and one upload: the address of the text."""
        action = "GetUploadCredentials"
        answer = await self._client.call(Product.COMPUTE_NEST, action, {"FileName": name, "Visibility": "private"})
        data = object_in(answer.get("Data"))
        lacking = [key for key in ("BucketName", "Key", "AccessKeyId", "AccessKeySecret") if not data.get(key)]
        if lacking:
            raise unusable_answer(", ".join(lacking), call=Call(action, self._client.region, ""))
        keys = tuple(Secret(str(data.get(k) or "")) for k in ("AccessKeyId", "AccessKeySecret", "SecurityToken"))
        region = str(data.get("RegionId") or self._client.region)
        bucket, key = str(data["BucketName"]), str(data["Key"])
        await asyncio.to_thread(self._put, region, bucket, key, text.encode("utf-8"), keys)
        return f"https://{bucket}.oss-{region}.aliyuncs.com/{quote(key)}"

    async def get(self, *, url: str) -> str | None:
        """The text at an address; None where it is gone or may not be read."""
        place = _place(url)
        if place is None:
            return None
        try:
            data = await asyncio.to_thread(self._get, *place)
        except (NotFound, Permanent):
            return None  # not there, or not for this account
        return data.decode("utf-8", "surrogateescape")

    def _put(self, region: str, bucket: str, key: str, data: bytes, keys: tuple[Secret, ...]) -> None:
        import alibabacloud_oss_v2 as oss

        request = oss.PutObjectRequest(bucket=bucket, key=key, body=data, content_type=_CONTENT_TYPE)
        self._ask("PutObject", region, keys, lambda client: client.put_object(request))

    def _get(self, region: str, bucket: str, key: str) -> bytes:
        import alibabacloud_oss_v2 as oss

        def read(client: oss.Client) -> bytes:
            answer = client.get_object(oss.GetObjectRequest(bucket=bucket, key=key))
            try:
                return bytes(answer.body.content)
            finally:
                answer.body.close()

        return self._ask("GetObject", region, self._client.keys(), read)

    def _ask(self, action: str, region: str, keys: tuple[Secret, ...], ask: Callable[[oss.Client], T]) -> T:
        endpoint = self._client.endpoint(Product.OSS, region=region)
        where = Product.OSS.value
        call = Call(action=action, region=region, host=endpoint.host, is_local=endpoint.is_loopback, product=where)
        try:
            return ask(_storage(endpoint, region, keys))
        except Exception as error:  # the SDK wraps what happened in one of its own, at any depth
            raise _failure(error, call=call, secrets=keys) from error


def _storage(endpoint: Endpoint, region: str, keys: tuple[Secret, ...]) -> oss.Client:
    import alibabacloud_oss_v2 as oss

    config = oss.config.load_default()
    config.region = region
    config.endpoint = f"{endpoint.protocol}://{endpoint.host}"
    config.use_path_style = endpoint.is_loopback  # the embedded cloud has no host for each bucket
    config.retry_max_attempts = 1  # the engine's one retry layer retries
    config.connect_timeout, config.readwrite_timeout = _CONNECT_S, _TRANSFER_S
    key_id, secret, token = (key.reveal() for key in keys)
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(key_id, secret, token or None)
    return oss.Client(config)


def _failure(error: Exception, *, call: Call, secrets: tuple[Secret, ...]) -> ComputeNestError:
    import alibabacloud_oss_v2 as oss

    found: BaseException | None = error
    while found is not None:
        if isinstance(found, oss.exceptions.ServiceError):
            refusal = Refusal(
                code=text(found.code),
                status=int(found.status_code or 0),
                message=text(found.message),
                request_id=text(found.request_id),
            )
            return failure_of(refusal, call=call, secrets=secrets)
        inner = found.unwrap() if hasattr(found, "unwrap") else None
        found = inner if isinstance(inner, BaseException) else found.__cause__
    return no_answer(NoAnswer.BROKEN, call=call)


def _place(url: str) -> tuple[str, str, str] | None:
    """Region, bucket and key of an address in the object storage, None for any other."""
    parts = urlsplit(url)
    bucket, _, rest = (parts.hostname or "").partition(".oss-")
    region = rest.removesuffix(".aliyuncs.com").removesuffix("-internal")
    if not bucket or not rest.endswith(".aliyuncs.com") or not parts.path.lstrip("/"):
        return None
    return region, bucket, unquote(parts.path.lstrip("/"))
