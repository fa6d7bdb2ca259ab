"""A registry's front door: what the managed service adds to a plain registry. fact: cr-003 to cr-011

Refuses addresses outside the access control list, ends tokens by the cloud's clock, names the authorization service at
the address that the client used, signs the storage's URL for the side that the client is on, and keeps the books.
Everything else is the registry's own answer; bodies stream through.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
from starlette.types import Receive, Scope, Send

from computenest_cloud.calls import CallRecord
from computenest_cloud.doors import Door, Doors
from computenest_cloud.errors import ServiceError, Unreachable
from computenest_cloud.faults import ANSWER_KINDS, Effect, Occasion
from computenest_cloud.networks import ANYWHERE, Place, internal_host
from computenest_cloud.service import Front
from computenest_cloud.services.oss.seam import SignedRequest, sign, string_to_sign
from computenest_cloud.services.registry import authorization
from computenest_cloud.services.registry.authorization import Authorization
from computenest_cloud.services.registry.calls import RegistryCall, call_of
from computenest_cloud.services.registry.contents import Contents
from computenest_cloud.services.registry.process import Backend, CannotStartError, Processes
from computenest_cloud.services.registry.records import REGISTRIES, REGISTRY_KEYS, RegistryInstance
from computenest_cloud.services.registry.registries import REGISTRY, Registries
from computenest_cloud.services.registry.tokens import Tokens
from computenest_cloud.traffic import Traffic
from computenest_cloud.wire.replies import JSON, Reply
from computenest_cloud.world import World

HOP_BY_HOP = frozenset(
    {"connection", "date", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "host", "expect"}
)
FORM_BYTES = 1 << 16
CHUNK_BYTES = 1 << 18


def _unexpected() -> ServiceError:
    return ServiceError(404, "UNSUPPORTED", "there is nothing here but /v2/ and the authorization service")


def of_registry(failure: ServiceError) -> Reply:
    body = {"errors": [{"code": failure.code, "message": failure.message}]}
    return Reply(failure.status, json.dumps(body).encode(), JSON)


class RegistryFront(Front):
    def __init__(
        self,
        world: World,
        doors: Doors,
        registries: Registries,
        contents: Contents,
        tokens: Tokens,
        processes: Processes,
        traffic: Traffic,
        save: Callable[[], None],
    ) -> None:
        self._world = world
        self._save = save
        self._doors = doors
        self._registries = registries
        self._contents = contents
        self._tokens = tokens
        self._processes = processes
        self._authorization = Authorization(world, registries, tokens)
        self._traffic = traffic
        self._client: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    def takes(self, scope: Scope, door: Door) -> bool:
        del scope
        return door.kind == REGISTRY

    def refusal(self, scope: Scope, failure: ServiceError, *, request_id: str, host: str) -> Reply:
        del scope, request_id, host
        return of_registry(failure)

    async def serve(
        self, scope: Scope, receive: Receive, send: Send, *, place: Place, door: Door, request_id: str
    ) -> None:
        del request_id
        instance: RegistryInstance | None = None
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        call = call_of(scope["method"], scope["path"])
        account, result, product = "", "OK", "registry"
        try:
            instance = self._admitted(door.name, place)
            if scope["path"] == authorization.PATH:
                product, call = "registry-auth", RegistryCall("GetToken", "", "")
                account = await self._serve_token(instance, scope, receive, send, headers)
            elif call.action == "Unknown":
                raise _unexpected()
            else:
                account, headers = self._who(instance, headers)
                result = await self._forward(instance, scope, receive, send, headers, call, place, account)
        except ServiceError as failure:
            result = failure.code
            await of_registry(failure).send(send)
        except (aiohttp.ClientError, CannotStartError) as failure:
            result = "UNAVAILABLE"
            await of_registry(ServiceError(503, result, str(failure))).send(send)
        except Unreachable:
            result = "Unreachable"
            raise
        finally:
            region = "" if instance is None else instance.region
            self._world.calls.add(CallRecord(product, call.action, account, region, self._world.now, result))

    def _admitted(self, name: str, place: Place) -> RegistryInstance:
        """Step 1."""
        instance = self._world.store[REGISTRIES].get(name)
        if instance is None:
            raise _unexpected()
        if not self._registries.admits(instance, place):
            raise ServiceError(403, "DENIED", "the address is not in the registry's access control list")
        return instance

    # --- steps 3 and 4

    async def _serve_token(
        self, instance: RegistryInstance, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str]
    ) -> str:
        body = b"".join([chunk async for chunk in _chunks(receive)])[:FORM_BYTES]
        self._interfere("registry-auth", RegistryCall("GetToken", "", ""), "anonymous")
        answer, account = self._authorization.answer(
            instance, scope["method"], scope["query_string"].decode("latin-1"), headers, body
        )
        await Reply(200, json.dumps(answer).encode(), JSON).send(send)
        return account

    # --- the rest

    def _who(self, instance: RegistryInstance, headers: dict[str, str]) -> tuple[str, dict[str, str]]:
        """The account that the token names, and the headers to pass on: a token that has expired is none."""
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return "anonymous", headers
        claims = self._tokens.read(token, instance.instance_id, now_s=self._world.clock.lifetime_now())
        if claims is None:
            return "anonymous", {**headers, "authorization": "Bearer expired"}
        key = self._world.store[REGISTRY_KEYS].get(f"{instance.instance_id}/{claims['sub']}")
        return "anonymous" if key is None else key.account, headers

    def _interfere(self, product: str, call: RegistryCall, account: str) -> Effect | None:
        effect = self._world.faults.take(Occasion(product, (call.action,), account, ("",)), ANSWER_KINDS)
        if effect is None or effect.kind == "timeout_after":
            return effect
        if effect.kind in {"timeout_before", "drop"}:
            raise Unreachable(effect.seconds)
        if effect.kind == "expired_credentials":
            raise ServiceError(401, "UNAUTHORIZED", "authentication required: the token has expired")
        status, code = (429, "TOOMANYREQUESTS") if effect.kind == "throttle" else (503, "UNAVAILABLE")
        raise ServiceError(effect.status or status, effect.code or code, effect.message or "please try again later")

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, force_close=False),
                timeout=aiohttp.ClientTimeout(total=None),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Content-Type", "Accept", "Accept-Encoding"),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._client

    async def _forward(
        self,
        instance: RegistryInstance,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: Mapping[str, str],
        call: RegistryCall,
        place: Place,
        account: str,
    ) -> str:
        effect = self._interfere("registry", call, account)
        self._refuse_fixed_tag(instance, call)
        backend = await self._processes.backend(instance)
        doomed = self._doomed(instance, call)
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        path = scope["raw_path"].decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        url = f"http://{backend.address}{path}{'?' if query else ''}{query}"
        given = [(key.decode("latin-1"), value.decode("latin-1")) for key, value in scope["headers"]]
        sent = [(key, value) for key, value in given if key not in {*HOP_BY_HOP, "authorization"}]  # Accept comes often
        sent += [("authorization", headers["authorization"])] if "authorization" in headers else []
        async with self._session().request(
            scope["method"],
            _raw(url),
            data=self._counted(receive) if has_body else None,
            headers=sent,
            allow_redirects=False,
        ) as answer:
            self._keep_books(instance, call, answer.status, doomed)
            if effect is not None:  # it has happened, and nobody is told
                raise Unreachable(effect.seconds)
            host = headers.get("host", self._registries.host(instance))
            passed = self._headers(instance, answer.headers, backend, host=host, place=place)
            pairs = [(key.lower().encode("latin-1"), value.encode("latin-1")) for key, value in passed]
            await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
            if scope["method"] != "HEAD":
                async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
                    self._traffic.add(self._traffic.sent, "registry", len(chunk))
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        return "OK" if answer.status < 400 else str(answer.status)

    async def _counted(self, receive: Receive) -> AsyncIterator[bytes]:
        async for chunk in _chunks(receive):
            self._traffic.add(self._traffic.received, "registry", len(chunk))
            yield chunk

    def _headers(
        self, instance: RegistryInstance, given: Mapping[str, str], backend: Backend, *, host: str, place: Place
    ) -> list[tuple[str, str]]:
        passed = []
        for key, value in given.items():
            text = value
            match key.lower():
                case "www-authenticate":  # step 2
                    text = value.replace(
                        f"{ANYWHERE}:{instance.port}{authorization.PATH}", f"{host}{authorization.PATH}"
                    )
                case "location" if "Signature=" in value:  # step 6
                    text = self._storage_url(instance, value, backend, place)
                case "location":
                    text = f"http://{host}{value}" if value.startswith("/") else value
            if key.lower() not in HOP_BY_HOP:
                passed.append((key, text))
        return passed

    def _storage_url(self, instance: RegistryInstance, url: str, backend: Backend, place: Place) -> str:
        """The same object by the domain of the client's side, for as long as the cloud's clock says. fact: cr-008"""
        name = urlsplit(url).path.removeprefix("/")
        host, port = ANYWHERE, self._doors.port
        if place.calls:
            host = internal_host(place.calls)
            port = self._doors.open_internal(host)
        expires = str(int(self._world.clock.lifetime_now() + self._world.rules.number("registry.url_s")))
        session = backend.session
        request = SignedRequest("GET", instance.bucket, name, {}, {})
        signature = quote(sign(string_to_sign(request, expires), session.access_key_secret), safe="")
        query = f"Expires={expires}&OSSAccessKeyId={session.access_key_id}&Signature={signature}"
        return f"http://{host}:{port}/{instance.bucket}/{quote(name)}?{query}"

    # --- the books

    def _refuse_fixed_tag(self, instance: RegistryInstance, call: RegistryCall) -> None:
        """fact: cr-009"""
        if call.action != "PushManifest" or call.reference.startswith("sha256:"):
            return
        found = self._registries.repository(instance.instance_id, call.repository)
        if found is not None and found.has_fixed_tags and self._contents.tag(found, call.reference) is not None:
            raise ServiceError(403, "DENIED", f"the tag {call.reference} exists, and tags here never change")

    def _doomed(self, instance: RegistryInstance, call: RegistryCall) -> set[str]:
        """What a deletion may leave behind; asked before it happens, while the manifest is still there."""
        found = self._registries.repository(instance.instance_id, call.repository)
        if found is None or call.action not in {"DeleteManifest", "DeleteBlob"}:
            return set()
        if call.action == "DeleteBlob":
            return {call.reference}
        tag = self._contents.tag(found, call.reference)
        return self._contents.named_by(found, call.reference if tag is None else tag.digest)

    def _keep_books(self, instance: RegistryInstance, call: RegistryCall, status: int, doomed: set[str]) -> None:
        if status >= 300:
            return
        if call.action in {"StartUpload", "PushManifest"}:
            self._registries.pushed(instance.instance_id, call.repository)
        found = self._registries.repository(instance.instance_id, call.repository)
        if doomed and found is not None:
            self._contents.sweep(found, doomed)
        self._save()  # before anybody is told


def _raw(url: str) -> Any:
    """As it came: not quoted a second time."""
    from yarl import URL  # noqa: PLC0415 - aiohttp's own, needed for this only

    return URL(url, encoded=True)


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError
        more = message.get("more_body", False)
        if chunk := message.get("body", b""):
            yield chunk
