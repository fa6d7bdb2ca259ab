"""A client of the OCI distribution protocol: blobs and manifests of one registry, streamed, with scoped tokens.

Every request goes through the seven steps of `domain.content.steps`, and a failure names its step. What the protocol
means is the caller's affair (`registry_push`); which login to use is `Keys`'. Nothing here keeps a blob in memory, puts
a credential into a URL or message, or sends a token to another host than the registry's.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import aiohttp
from yarl import URL

from computenest.cloud.endpoints import is_loopback
from computenest.cloud.registry.auth import Challenge, Tokens, at_most, error_codes, parse_challenge
from computenest.cloud.registry.login import Keys
from computenest.cloud.registry.oci import ACCEPTED, MAX_MANIFEST_BYTES, Manifest, parse_manifest, read_tags
from computenest.cloud.secret import Secret
from computenest.cloud.steps import Fault, failure
from computenest.kernel.errors import ComputeNestError, Transient

Body = Callable[[int], AsyncIterator[bytes]]
"""A blob's bytes from an offset on."""

_BLOCK_BYTES = 1 << 20
_TRIES = 3  # with the token at hand, with a fresh one, and once more where the answer to that was that it is too old
_RESUMES = 4
_MAX_PAGES = 1000  # of tags
_RESUME_WAIT_S = 0.2
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10.0, sock_read=120.0)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(slots=True)
class Traffic:
    """What was sent: blobs' bytes count, requests and manifests do not."""

    blob_bytes_sent: int = 0
    blobs_sent: int = 0
    blobs_mounted: int = 0
    blobs_present: int = 0
    manifests_sent: int = 0
    blob_bytes_received: int = 0


@dataclass(slots=True)
class Registry:
    """One registry, as one login sees it. Made by `open_registry`."""

    host: str
    http: aiohttp.ClientSession
    tokens: Tokens
    traffic: Traffic
    _challenge: Challenge | None = None
    _greeted: bool = False
    _greeting: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def base(self) -> str:
        """The registry's address: plain HTTP for this machine only."""
        return f"{'http' if is_loopback(self.host) else 'https'}://{self.host}"

    async def manifest(self, repository: str, name: str, *, doing: str) -> Manifest | None:
        """A manifest by tag or digest, its digest checked; None where the registry has none.

        Raises:
            ComputeNestError: naming the step that failed.
        """
        headers = {"Accept": ", ".join(ACCEPTED)}
        url = f"{self.base}/v2/{repository}/manifests/{name}"
        async with self._ask("GET", url, _pull(repository), headers=headers, doing=doing) as answer:
            if answer.status == 404:
                return None
            await self._require(answer, (200,), doing=doing)
            data = await at_most(answer, MAX_MANIFEST_BYTES + 1)
            kind = answer.headers.get("Content-Type", "").partition(";")[0]
        found = parse_manifest(data, media_type=kind if kind in ACCEPTED else "", where=f"{repository}:{name}")
        if name.startswith("sha256:") and found.digest != name:
            raise failure(Fault.STORAGE_DIGEST_MISMATCH, doing=doing, host=self.host, detail=name)
        return found

    async def digest(self, repository: str, name: str, *, doing: str) -> str | None:
        """The digest that a tag stands for, None where there is no such tag."""
        headers = {"Accept": ", ".join(ACCEPTED)}
        url = f"{self.base}/v2/{repository}/manifests/{name}"
        async with self._ask("HEAD", url, _pull(repository), headers=headers, doing=doing) as answer:
            if answer.status == 404:
                return None
            await self._require(answer, (200,), doing=doing)
            told = answer.headers.get("Docker-Content-Digest", "")
        if told:
            return told
        found = await self.manifest(repository, name, doing=doing)  # not every registry says it in the header
        return None if found is None else found.digest

    async def has_blob(self, repository: str, digest: str, *, doing: str) -> bool:
        """Whether the blob is in this repository; a redirect to storage says yes."""
        url = f"{self.base}/v2/{repository}/blobs/{digest}"
        async with self._ask("HEAD", url, _pull(repository), doing=doing) as answer:
            if answer.status == 404:
                return False
            if answer.status in _REDIRECTS:
                return True
            await self._require(answer, (200,), doing=doing)
            return True

    async def mount(self, repository: str, digest: str, *, source: str, doing: str) -> bool:
        """Takes a blob over from another repository of the registry, without a byte of it sent; False: cannot."""
        url = f"{self.base}/v2/{repository}/blobs/uploads/?mount={digest}&from={quote(source, safe='/')}"
        scopes = (*_push(repository), *_pull(source))
        async with self._ask("POST", url, scopes, doing=doing) as answer:
            await self._require(answer, (201, 202), doing=doing)
            upload = answer.headers.get("Location", "")
            mounted = answer.status == 201
        if mounted:
            self.traffic.blobs_mounted += 1
        elif upload:  # the registry began an upload instead; it is not what was wanted
            async with self._ask("DELETE", urljoin(url, upload), _push(repository), doing=doing):
                pass
        return mounted

    async def send_blob(self, repository: str, digest: str, size_bytes: int, body: Body, *, doing: str) -> None:
        """Uploads a blob; where the connection breaks the upload goes on from what the registry kept of it.

        Raises:
            ComputeNestError: naming the step that failed.
        """
        location, offset = await self._begin(repository, doing=doing), 0
        for resumed in range(_RESUMES + 1):
            try:
                location = await self._send_rest(repository, location, size_bytes, offset, body, doing=doing)
                break
            except Transient:
                if resumed == _RESUMES:
                    raise
                await asyncio.sleep(_RESUME_WAIT_S * 2**resumed)
                location, offset = await self._resume(repository, location, doing=doing)
        mark = "&" if urlsplit(location).query else "?"
        async with self._ask(
            "PUT", f"{location}{mark}digest={quote(digest)}", _push(repository), doing=doing
        ) as answer:
            await self._require(answer, (201, 204), doing=doing)
        self.traffic.blobs_sent += 1

    async def _send_rest(
        self, repository: str, location: str, size_bytes: int, offset: int, body: Body, *, doing: str
    ) -> str:
        if offset >= size_bytes:
            return location
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size_bytes - offset)}
        if offset:
            headers["Content-Range"] = f"{offset}-{size_bytes - 1}"

        async def counted() -> AsyncIterator[bytes]:
            async for block in body(offset):
                yield block
                self.traffic.blob_bytes_sent += len(block)

        async with self._ask(
            "PATCH", location, _push(repository), headers=headers, body=counted, doing=doing
        ) as answer:
            await self._require(answer, (202, 204), doing=doing)
            return urljoin(location, answer.headers.get("Location", location))

    async def _begin(self, repository: str, *, doing: str) -> str:
        start = f"{self.base}/v2/{repository}/blobs/uploads/"
        async with self._ask("POST", start, _push(repository), doing=doing) as answer:
            await self._require(answer, (202,), doing=doing)
            return urljoin(start, answer.headers.get("Location", ""))

    async def _resume(self, repository: str, location: str, *, doing: str) -> tuple[str, int]:
        """Where an upload goes on, and from which byte; a new one where the registry gave the old one up, as
        distribution does with an upload that broke within a request."""
        async with self._ask("GET", location, _push(repository), doing=doing) as answer:
            if answer.status in (200, 204):
                last = answer.headers.get("Range", "").rpartition("-")[2]
                done = int(last) + 1 if last.isdigit() and int(last) > 0 else 0
                return urljoin(location, answer.headers.get("Location", location)), done
            if answer.status != 404:
                await self._require(answer, (), doing=doing)
        return await self._begin(repository, doing=doing), 0

    async def put_manifest(self, repository: str, name: str, manifest: Manifest, *, doing: str) -> None:
        """Stores a manifest, byte for byte, under a tag or its digest."""
        url = f"{self.base}/v2/{repository}/manifests/{name}"
        headers = {"Content-Type": manifest.media_type}
        async with self._ask("PUT", url, _push(repository), headers=headers, body=manifest.data, doing=doing) as answer:
            await self._require(answer, (201,), doing=doing)
            told = answer.headers.get("Docker-Content-Digest", manifest.digest)
        if told != manifest.digest:
            raise failure(Fault.DIGEST_MISMATCH, doing=doing, host=self.host, detail=f"stored as {told}")
        self.traffic.manifests_sent += 1

    async def tags(self, repository: str, *, doing: str) -> tuple[str, ...]:
        """All tags of a repository, page by page; none where there is no such repository."""
        found: list[str] = []
        url = f"{self.base}/v2/{repository}/tags/list"
        for _ in range(_MAX_PAGES):
            async with self._ask("GET", url, _pull(repository), doing=doing) as answer:
                if answer.status == 404:
                    break
                await self._require(answer, (200,), doing=doing)
                found += read_tags(await at_most(answer, MAX_MANIFEST_BYTES), where=repository)
                following = answer.links.get("next")
            if following is None:
                break
            url = urljoin(url, str(following["url"]))
        return tuple(found)

    async def delete(self, repository: str, name: str, *, doing: str) -> bool:
        """Deletes a manifest with all its tags, or a tag; gone is success. False where the registry does not do it."""
        url = f"{self.base}/v2/{repository}/manifests/{name}"
        async with self._ask("DELETE", url, (f"repository:{repository}:pull,delete",), doing=doing) as answer:
            return answer.status in (200, 202, 204, 404)

    async def blob(self, repository: str, digest: str, *, doing: str) -> AsyncIterator[bytes]:
        """A blob's bytes, checked against its digest at the end; step 7 goes to storage without the token."""
        url = f"{self.base}/v2/{repository}/blobs/{digest}"
        seen = hashlib.sha256()
        async with self._ask("GET", url, _pull(repository), doing=doing) as answer:
            if answer.status in _REDIRECTS:
                target = urljoin(url, answer.headers.get("Location", ""))
            else:
                await self._require(answer, (200,), doing=doing)
                target = ""
                async for block in answer.content.iter_chunked(_BLOCK_BYTES):
                    seen.update(block)
                    self.traffic.blob_bytes_received += len(block)
                    yield block
        if target:
            async for block in self._from_storage(target, doing=doing):
                seen.update(block)
                yield block
        if "sha256:" + seen.hexdigest() != digest:
            raise failure(
                Fault.STORAGE_DIGEST_MISMATCH, doing=doing, host=urlsplit(target or url).netloc, detail=digest
            )

    async def _from_storage(self, url: str, *, doing: str) -> AsyncIterator[bytes]:
        host = urlsplit(url).netloc
        try:
            async with self.http.get(URL(url, encoded=True), allow_redirects=False) as answer:
                if answer.status != 200:
                    detail = await error_codes(answer)
                    fault = Fault.URL_EXPIRED if answer.status == 403 else Fault.STORAGE_REFUSED
                    raise failure(
                        Fault.STORAGE_BROKEN if answer.status >= 500 else fault, doing=doing, host=host, detail=detail
                    )
                async for block in answer.content.iter_chunked(_BLOCK_BYTES):
                    self.traffic.blob_bytes_received += len(block)
                    yield block
        except aiohttp.ClientConnectorError as error:
            raise failure(Fault.STORAGE_UNREACHABLE, doing=doing, host=host, detail=type(error).__name__) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise failure(Fault.STORAGE_BROKEN, doing=doing, host=host, detail=type(error).__name__) from error

    async def greet(self, *, doing: str) -> None:
        """Steps 1 and 2: asks what the registry wants, so that no body is ever sent without a token."""
        async with self._greeting:
            if self._greeted:
                return
            try:
                async with self.http.get(f"{self.base}/v2/", allow_redirects=False) as answer:
                    status = answer.status
                    self._challenge = parse_challenge(answer.headers.get("WWW-Authenticate", ""))
                    detail = "" if status in (200, 401) else await error_codes(answer)
            except (aiohttp.ClientConnectorError, aiohttp.ServerTimeoutError, TimeoutError) as error:
                raise failure(Fault.UNREACHABLE, doing=doing, host=self.host, detail=type(error).__name__) from error
            except aiohttp.ClientError as error:
                raise failure(
                    Fault.REGISTRY_FAILED, doing=doing, host=self.host, detail=type(error).__name__
                ) from error
            if status == 401 and self._challenge is None:
                raise failure(Fault.NO_TOKEN_SERVICE, doing=doing, host=self.host)
            if status == 403:
                raise failure(Fault.REFUSED_BY_ACL, doing=doing, host=self.host, detail=detail)
            if status >= 500 or status == 429:
                raise failure(Fault.REGISTRY_FAILED, doing=doing, host=self.host, detail=detail)
            if status not in (200, 401):
                raise failure(Fault.NO_TOKEN_SERVICE, doing=doing, host=self.host, detail=detail)
            self._greeted = True

    @asynccontextmanager
    async def _ask(
        self,
        method: str,
        url: str,
        scopes: tuple[str, ...],
        *,
        doing: str,
        headers: Mapping[str, str] | None = None,
        body: Callable[[], AsyncIterator[bytes]] | bytes | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Steps 3 to 6 of one request: with a token, and with a fresh one where the registry rejects that."""
        await self.greet(doing=doing)
        target = URL(url, encoded=True)
        is_home = urlsplit(url).netloc == self.host
        for attempt in range(1, _TRIES + 1):
            token, sent = await self._authorization(scopes, doing=doing) if is_home else (None, {})
            data: Any = body() if callable(body) else body
            try:
                async with self.http.request(
                    method, target, headers={**(headers or {}), **sent}, data=data, allow_redirects=False
                ) as answer:
                    if answer.status != 401 or not is_home:
                        yield answer
                        return
                    told = parse_challenge(answer.headers.get("WWW-Authenticate", ""))
                    detail = await error_codes(answer)
            except ComputeNestError:
                raise
            except (aiohttp.ClientError, TimeoutError) as error:
                raise failure(Fault.BROKEN, doing=doing, host=self.host, detail=type(error).__name__) from error
            if told is None:
                raise failure(Fault.NO_TOKEN_SERVICE, doing=doing, host=self.host, detail=detail)
            self._challenge = told
            if token is not None:
                self.tokens.forget(scopes, token)
            if attempt == _TRIES:
                lacks = told.error == "insufficient_scope" or "DENIED" in detail
                fault = Fault.SCOPE_MISSING if lacks else Fault.TOKEN_REJECTED
                raise failure(fault, doing=doing, host=self.host, detail=detail)

    async def _authorization(self, scopes: tuple[str, ...], *, doing: str) -> tuple[Secret | None, dict[str, str]]:
        if self._challenge is None:
            return None, {}
        if self._challenge.scheme == "basic":
            login = await self.tokens.login(renew=False)
            if login is None:
                raise failure(Fault.TOKEN_REFUSED, doing=doing, host=self.host, detail="a login is needed")
            return None, {"Authorization": login.basic()}
        token = await self.tokens.get(self._challenge, scopes, doing=doing)
        return token, {"Authorization": f"Bearer {token.reveal()}"}

    async def _require(self, answer: aiohttp.ClientResponse, statuses: tuple[int, ...], *, doing: str) -> None:
        if answer.status in statuses:
            return
        detail = await error_codes(answer)
        raise failure(_fault_of(answer.status, detail), doing=doing, host=self.host, detail=detail)


def _fault_of(status: int, detail: str) -> Fault:
    if "DIGEST_INVALID" in detail:
        return Fault.DIGEST_MISMATCH
    if "MANIFEST_BLOB_UNKNOWN" in detail:  # with 500 too, by distribution, of layers that lie elsewhere
        return Fault.NOT_HELD
    if status >= 500 or status == 429:
        return Fault.FAILED_AT_WORK
    if "UPLOAD_UNKNOWN" in detail:
        return Fault.FAILED_AT_WORK  # the upload session is gone: another attempt begins a new one
    if status in (403, 405):
        return Fault.DENIED
    return Fault.NOT_FOUND if status == 404 else Fault.MALFORMED


def _pull(repository: str) -> tuple[str, ...]:
    return (f"repository:{repository}:pull",)


def _push(repository: str) -> tuple[str, ...]:
    return (f"repository:{repository}:pull,push",)


@asynccontextmanager
async def open_registry(host: str, keys: Keys, *, traffic: Traffic | None = None) -> AsyncIterator[Registry]:
    """A registry for the time of one operation.

    Args:
        host: with its port; `127.0.0.1:5000` is spoken to in plain HTTP, every other over TLS.
        keys: the login's source.
        traffic: counts what is sent and received.
    """
    async with aiohttp.ClientSession(
        timeout=_TIMEOUT,
        trust_env=not is_loopback(host),
        cookie_jar=aiohttp.DummyCookieJar(),
        connector=aiohttp.TCPConnector(limit=16),
        auto_decompress=False,
    ) as http:
        tokens = Tokens(http, keys)
        try:
            yield Registry(host, http, tokens, traffic or Traffic())
        except ComputeNestError as error:  # whoever answers may quote what it was sent, encoded or not
            if (redacted := tokens.redactor().error(error)) is not error:
                raise redacted from error
            raise
