"""The few calls of a cluster's API that the provider makes itself: what helm does, helm does.

Reads, dry runs of patches, labels by an own field manager, revisions, removals. Objects are foreign documents.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias
from urllib.parse import quote, urlencode

from computenest.cloud.kubernetes.kubeconfig import Access
from computenest.kernel.errors import ComputeNestError, Conflict, Meaning, NotFound, Permanent, Transient

if TYPE_CHECKING:
    import aiohttp

APPLY = "application/apply-patch+yaml"
STRATEGIC_MERGE = "application/strategic-merge-patch+json"
JSON_MERGE = "application/merge-patch+json"

_PAGE = 500
_MOMENT_S = 0.01  # in which those who ask at once are gathered
_PROBE_S = 3.0  # a server that was stopped answers nothing at all, and `helm list` needs 10 s to notice (facts §11.7)
_CALL_S = 30.0
_AT_ONCE = 16
_NO_FIELD = "failed to create typed patch object"
"""Of what is applied with a field that its schema has not; the server calls it its own failure (Kubernetes 1.37)."""
_REFUSED_OBJECT, _NO_RIGHT = " is forbidden: ", re.compile(r'\bUser ".*" cannot ')
"""Whoever may do it is refused this object all the same, by a quota or what is checked at admission; or may not."""
_DISCOVERED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@dataclass(frozen=True, slots=True)
class ApiResource:
    """A kind that the cluster serves."""

    group: str
    version: str
    kind: str
    plural: str
    is_namespaced: bool
    verbs: frozenset[str]

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "") -> str:
        """Of a collection, or of one object of it."""
        base = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        within = f"/namespaces/{quote(namespace, safe='')}" if self.is_namespaced and namespace else ""
        return f"{base}{within}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")


class ApiError(Permanent):
    """The server refused; `status` is its Status document, with the causes.

    Args:
        summary: what was asked, and the server's own words.
        status: the document.
        code: HTTP's.
    """

    def __init__(self, summary: str, *, status: Mapping[str, Any], code: int) -> None:
        meaning = Meaning.DENIED if code == 403 else Meaning.OTHER
        super().__init__(summary, code=str(status.get("reason") or code), meaning=meaning)
        self.status = status
        self.http_code = code

    @property
    def causes(self) -> tuple[Mapping[str, Any], ...]:
        """What is wrong, field by field."""
        details = self.status.get("details")
        listed = details.get("causes") if isinstance(details, Mapping) else None
        return tuple(one for one in listed if isinstance(one, Mapping)) if isinstance(listed, list) else ()


_Objects: TypeAlias = list[Mapping[str, Any]]


@dataclass(slots=True)
class _Together:
    """A list that several have asked for, each with a value of one label."""

    values: set[str] = field(default_factory=set)
    answer: asyncio.Task[_Objects] | None = None


class ApiClient:
    """Calls to one cluster.

    Raises (each call):
        NotFound: the server has no such object, or no such kind.
        Conflict: the object was changed meanwhile, or is there already.
        ApiError: it refused.
        Transient: it did not answer, or asks to come back later.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._session: aiohttp.ClientSession | None = None
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._kinds: dict[tuple[str, str], ApiResource] | None = None
        self._served: tuple[tuple[str, ...], ...] = ()
        self._version: Mapping[str, Any] = {}
        self._asking_kinds = asyncio.Lock()
        self._together: dict[tuple[str, str, str], _Together] = {}

    async def __aenter__(self) -> Self:
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=_CALL_S, sock_connect=_PROBE_S)
        self._session = aiohttp.ClientSession(timeout=timeout, trust_env=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def probe(self) -> str:
        """The server's version (`v1.37.2`), asked with little patience."""
        self._version = await self.call("GET", "/version", timeout_s=_PROBE_S, queues=False)
        return str(self._version.get("gitVersion", ""))

    async def kinds(self) -> Mapping[tuple[str, str], ApiResource]:
        """(group, kind) -> what the cluster serves, in the version that it prefers; read once."""
        async with self._asking_kinds:
            if self._kinds is None:
                pages = await asyncio.gather(
                    *(self.call("GET", path, accept=_DISCOVERED) for path in ("/api", "/apis"))
                )
                groups = [item for page in pages for item in page.get("items") or ()]
                self._served = tuple(sorted({each for group in groups for each in _served(group)}))
                self._kinds = {}
                for resource in (one for group in groups for one in _discovered(group)):
                    self._kinds.setdefault((resource.group, resource.kind), resource)
                if not self._kinds:
                    raise Permanent(
                        f"the cluster at {self._access.server} does not tell what it serves",
                        hint="Kubernetes 1.27 or newer does (aggregated discovery)",
                    )
            return self._kinds

    async def serves(self) -> str:
        """A digest of all that a template is told of the cluster (`.Capabilities`): its version, and every kind that it
        serves in each of its versions."""
        await self.kinds()
        if not self._version:
            await self.probe()
        version = [self._version.get(name) for name in ("gitVersion", "major", "minor")]
        return hashlib.sha256(json.dumps([version, self._served]).encode()).hexdigest()

    def forget_kinds(self) -> None:
        """A CRD came or went."""
        self._kinds = None

    async def get(self, resource: ApiResource, namespace: str, name: str) -> Mapping[str, Any] | None:
        """The object, None where it is not there."""
        try:
            return await self.call("GET", resource.path(namespace, name))
        except NotFound:
            return None

    async def list(self, resource: ApiResource, *, namespace: str = "", labels: str = "") -> list[Mapping[str, Any]]:
        """Every object of a kind, of all namespaces where none is named."""
        found: list[Mapping[str, Any]] = []
        more = ""
        while True:
            query = {"limit": str(_PAGE), "labelSelector": labels, "continue": more}
            page = await self.call("GET", resource.path(namespace), query={k: v for k, v in query.items() if v})
            found += page.get("items") or ()
            more = str((page.get("metadata") or {}).get("continue") or "")
            if not more:
                return found

    async def list_labelled(
        self, resource: ApiResource, *, namespace: str, labels: str, key: str, value: str
    ) -> _Objects:
        """The objects with these labels whose label `key` is `value`. Who asks within a moment is answered by one call:
        a preview of a service asks for each of its releases."""
        asked = (resource.path(namespace), labels, key)
        together = self._together.setdefault(asked, _Together())
        together.values.add(value)
        if together.answer is None:
            together.answer = asyncio.create_task(self._list_of_all(resource, namespace, asked))
            together.answer.add_done_callback(_heard)
        found = await asyncio.shield(together.answer)
        return [one for one in found if ((one.get("metadata") or {}).get("labels") or {}).get(key) == value]

    async def _list_of_all(self, resource: ApiResource, namespace: str, asked: tuple[str, str, str]) -> _Objects:
        await asyncio.sleep(_MOMENT_S)
        _, labels, key = asked
        values = sorted(self._together.pop(asked).values)
        return await self.list(resource, namespace=namespace, labels=f"{labels},{key} in ({','.join(values)})")

    async def patch(
        self,
        resource: ApiResource,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        *,
        content_type: str,
        manager: str,
        is_dry: bool = False,
        force: bool = False,
    ) -> Mapping[str, Any]:
        """The object as it is then, or would be."""
        query = {"fieldManager": manager}
        query |= {"dryRun": "All"} if is_dry else {}
        query |= {"force": "true"} if force else {}
        return await self.call(
            "PATCH", resource.path(namespace, name), query=query, body=body, content_type=content_type
        )

    async def create(
        self, resource: ApiResource, namespace: str, body: Mapping[str, Any], *, is_dry: bool = False
    ) -> Mapping[str, Any]:
        """The object as it was made."""
        query = {"dryRun": "All"} if is_dry else {}
        return await self.call("POST", resource.path(namespace), query=query, body=body)

    async def replace(
        self, resource: ApiResource, namespace: str, name: str, body: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """The object in a new form; refused where somebody changed it meanwhile."""
        return await self.call("PUT", resource.path(namespace, name), body=body)

    async def delete(self, resource: ApiResource, namespace: str, name: str) -> None:
        """Asks for its end, and of what it owns; gone already is as good."""
        try:
            await self.call("DELETE", resource.path(namespace, name), query={"propagationPolicy": "Background"})
        except NotFound:
            return

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        timeout_s: float = _CALL_S,
        queues: bool = True,
    ) -> Mapping[str, Any]:
        """One call, as the server takes it; one that does not queue is made beside the others, however many wait."""
        code, content = await self._ask(method, path, query, body, content_type, accept, timeout_s, queues=queues)
        return self._read(method, path, code, content)

    async def text(self, path: str, *, query: Mapping[str, str]) -> str:
        """What the server says in plain text: a container's log."""
        code, content = await self._ask("GET", path, query, None, "", "*/*", _CALL_S, queues=True)
        if not 200 <= code < 300:
            self._read("GET", path, code, content)
        return content.decode(errors="replace")

    async def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Mapping[str, Any] | None,
        content_type: str,
        accept: str,
        timeout_s: float,
        *,
        queues: bool,
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise RuntimeError("the client is not open")
        import aiohttp

        url = self._access.server + path + (f"?{urlencode(query)}" if query else "")
        headers = {key: value.reveal() for key, value in self._access.headers.items()}
        headers |= {"Accept": accept} | ({"Content-Type": content_type} if body is not None else {})
        try:
            async with (
                self._room if queues else nullcontext(),
                asyncio.timeout(timeout_s),
                self._session.request(
                    method,
                    url,
                    headers=headers,
                    data=json.dumps(body).encode() if body is not None else None,
                    ssl=self._access.trust if self._access.trust is not None else True,
                    server_hostname=self._access.server_name or None,
                    allow_redirects=False,
                ) as answer,
            ):
                return answer.status, await answer.read()
        except TimeoutError as error:
            raise self._silent(f"did not answer within {timeout_s:.0f} s", Meaning.UNANSWERED) from error
        except aiohttp.ClientError as error:
            raise self._silent(_why(error), Meaning.UNREACHABLE) from error

    def _silent(self, why: str, meaning: Meaning) -> Transient:
        return Transient(
            f"the cluster at {self._access.server} {why}",
            hint="is it running, and does this machine reach it? `kubectl version` with the same kubeconfig tells",
            meaning=meaning,
        )

    def _read(self, method: str, path: str, code: int, content: bytes) -> Mapping[str, Any]:
        try:
            found = json.loads(content)
        except ValueError:  # nothing, too
            found = None
        document = found if isinstance(found, dict) else {}
        if 200 <= code < 300:
            return document
        raise _refused(f"{method} {path}", self._access.server, code, document)


def _heard(answer: asyncio.Task[_Objects]) -> None:
    """Of one that nobody waits for any more, nobody is told how it failed."""
    if not answer.cancelled():
        answer.exception()


def _refused(what: str, server: str, code: int, status: Mapping[str, Any]) -> ComputeNestError:
    said = str(status.get("message") or f"HTTP {code}")
    if code == 404:
        return NotFound(f"{what}: {said}")
    if code == 401:
        return Permanent(
            f"the cluster at {server} does not know who asks",
            hint="the credentials in the kubeconfig are wrong, or have expired",
            meaning=Meaning.KEY_EXPIRED,
        )
    refused = ApiError(said, status=status, code=code)
    if code == 403 and _REFUSED_OBJECT in said and not _NO_RIGHT.search(said):
        return refused
    if code == 403:
        return Permanent(f"the cluster at {server} refuses: {said}", meaning=Meaning.DENIED)
    if code == 409 and status.get("reason") in ("Conflict", "AlreadyExists") and not refused.causes:
        return Conflict(f"{what}: {said}")
    if code == 500 and _NO_FIELD in said:
        return refused
    if code == 429 or code >= 500:
        return Transient(f"the cluster at {server}: {said}")
    return refused


def _why(error: Exception) -> str:
    cause = getattr(error, "os_error", error)
    text = " ".join((getattr(cause, "strerror", "") or str(cause)).split())
    return f"cannot be reached: {text[:200] or type(error).__name__}"


def _discovered(group: Mapping[str, Any]) -> list[ApiResource]:
    """The kinds of a group, each in the first version that serves it: the preferred one stands first."""
    name = str((group.get("metadata") or {}).get("name") or "")
    found = []
    for version in group.get("versions") or ():
        for one in version.get("resources") or ():
            kind = one.get("responseKind") or {}
            found.append(
                ApiResource(
                    group=name,
                    version=str(version.get("version", "")),
                    kind=str(kind.get("kind") or ""),
                    plural=str(one.get("resource", "")),
                    is_namespaced=one.get("scope") == "Namespaced",
                    verbs=frozenset(one.get("verbs") or ()),
                )
            )
    return found


def _served(group: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """All that its versions serve, subresources too: the group that a kind is of, its version, its name, and whether it
    has namespaces."""
    name = str((group.get("metadata") or {}).get("name") or "")
    for version in group.get("versions") or ():
        yield name, str(version.get("version", ""))
        for one in version.get("resources") or ():
            for each in (one, *(one.get("subresources") or ())):
                kind = each.get("responseKind") or {}
                told = (kind.get("group"), kind.get("version"), kind.get("kind"), one.get("scope"))
                yield name, str(version.get("version", "")), *map(str, told)
