"""Object storage's own protocol: who asks, from where, for which bucket; then one of the actions, and XML if it fails.

Bodies stream in both directions. fact: oss-001, oss-002, oss-007, oss-012
"""

from collections.abc import Callable
from dataclasses import replace

from starlette.types import Receive, Scope, Send

from computenest_cloud.calls import CallRecord
from computenest_cloud.doors import Door
from computenest_cloud.errors import ServiceError, Unreachable
from computenest_cloud.faults import ANSWER_KINDS, Effect, Occasion
from computenest_cloud.networks import Place
from computenest_cloud.service import Front
from computenest_cloud.services.oss.actions import Actions
from computenest_cloud.services.oss.buckets import Signer
from computenest_cloud.services.oss.keys import signer_of
from computenest_cloud.services.oss.objects import Uploads
from computenest_cloud.services.oss.requests import ObjectReply, ObjectRequest, Stream, action_of, address
from computenest_cloud.traffic import Traffic
from computenest_cloud.wire import xml
from computenest_cloud.wire.params import parse_query
from computenest_cloud.wire.replies import Reply
from computenest_cloud.world import World

DRAIN_BYTES = 64 << 20
BUCKET = "bucket"
"""The door of a registry's storage."""


def of_storage(failure: ServiceError, request_id: str, host: str, *, is_head: bool) -> Reply:
    body = {"Code": failure.code, "Message": failure.message, "RequestId": request_id, "HostId": host}
    content = b"" if is_head else xml.document("Error", body)
    return Reply(failure.status, content, b"application/xml", {"x-oss-request-id": request_id})


class ObjectFront(Front):
    def __init__(self, world: World, uploads: Uploads, traffic: Traffic, save: Callable[[], None]) -> None:
        self._world = world
        self._save = save
        self._objects = objects = uploads.objects
        self._buckets = uploads.buckets
        self._actions = Actions(world, objects, self._buckets)
        self._traffic = traffic

    def takes(self, scope: Scope, door: Door) -> bool:
        """By a bucket's own door, or with a path or a signature that no product's request has."""
        if door.kind != "main":
            return door.kind == BUCKET
        is_signed = any(name == b"authorization" and b"OSS" in value[:4] for name, value in scope["headers"])
        is_of_a_product = any(name == b"x-acs-action" for name, _ in scope["headers"])
        return not is_of_a_product and (scope["path"] != "/" or is_signed)

    def refusal(self, scope: Scope, failure: ServiceError, *, request_id: str, host: str) -> Reply:
        return of_storage(failure, request_id, host, is_head=scope["method"] == "HEAD")

    async def serve(
        self, scope: Scope, receive: Receive, send: Send, *, place: Place, door: Door, request_id: str
    ) -> None:
        bound_to = door.name
        service = "oss-registry" if bound_to else "oss"
        counted = self._counting(receive, service)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        query = parse_query(scope["query_string"].decode("latin-1").replace("+", "%2B"))
        bucket, name = address(scope["path"], headers.get("host", ""), bound_to)
        request = ObjectRequest(scope["method"], bucket, name, query, headers, place, counted)
        action = action_of(request) or f"{scope['method'].title()}Object"
        account, effect = "", None
        try:
            request = replace(request, signer=self._signer(request, is_new=action == "PutBucket"))
            account = "" if request.signer is None else request.signer.account.name
            effect = self._check(request, action, account, service)
            reply = await self._actions.table.get(action, self._not_allowed)(request)
            result = "OK"
        except ServiceError as failure:
            reply, result = self._refused(failure, request, request_id), failure.code
        except Unreachable:
            self._log(service, action, account, request, "Unreachable")
            raise
        self._log(service, action, account, request, result)
        if effect is not None:
            raise Unreachable(effect.seconds)
        self._save()  # before anybody is told
        if result != "OK":
            await self._drain(request)
        await self._answer(send, reply, request_id, service)

    @staticmethod
    async def _not_allowed(request: ObjectRequest) -> ObjectReply:
        raise ServiceError(405, "MethodNotAllowed", f"{request.method} is not allowed against this resource.")

    def _counting(self, receive: Receive, service: str) -> Receive:
        is_over = False

        async def counted() -> dict[str, object]:
            nonlocal is_over
            if is_over:  # the server would wait for the client to go away
                return {"type": "http.disconnect"}
            message = await receive()
            is_over = not message.get("more_body", False)
            self._traffic.add(self._traffic.received, service, len(message.get("body", b"")))
            return dict(message)

        return counted

    def _log(self, service: str, action: str, account: str, request: ObjectRequest, result: str) -> None:
        region = request.place.calls
        self._world.calls.add(CallRecord(service, action, account, region, self._world.now, result))

    def _check(self, request: ObjectRequest, action: str, account: str, service: str) -> Effect | None:
        """Whether the bucket can be reached from there; then what a fault rule wants. fact: oss-012"""
        place = request.place
        is_there = request.bucket and (action != "PutBucket" or self._buckets.exists(request.bucket))
        region = self._buckets.region_of(request.bucket) if is_there else ""
        if place.calls and place.region != place.calls:
            raise Unreachable
        if place.calls and region and region != place.calls:
            raise ServiceError(
                403, "AccessDenied", "The bucket you are attempting to access must be addressed by its own endpoint."
            )
        occasion = Occasion(service, (action,), account or "anonymous", (region,))
        effect = self._world.faults.take(occasion, ANSWER_KINDS)
        if effect is None or effect.kind == "timeout_after":
            return effect
        if effect.kind in {"timeout_before", "drop"}:
            raise Unreachable(effect.seconds)
        if effect.kind == "expired_credentials":
            raise ServiceError(403, "SecurityTokenExpired", "The security token has expired.")
        status = 503 if effect.kind in {"throttle", "http", "html"} else 400
        code = "QpsLimitExceeded" if effect.kind == "throttle" else "ServiceUnavailable"
        raise ServiceError(effect.status or status, effect.code or code, effect.message or "Please try again later.")

    # --- who

    def _signer(self, request: ObjectRequest, *, is_new: bool) -> Signer | None:
        is_there = bool(request.bucket) and (not is_new or self._buckets.exists(request.bucket))
        region = self._buckets.region_of(request.bucket) if is_there else ""
        return signer_of(self._world, request.signed, region)

    # --- the answer

    @staticmethod
    def _refused(failure: ServiceError, request: ObjectRequest, request_id: str) -> ObjectReply:
        host, is_head = request.headers.get("host", ""), request.method == "HEAD"
        reply = of_storage(failure, request_id, host, is_head=is_head)
        return ObjectReply(reply.status, reply.body)

    @staticmethod
    async def _drain(request: ObjectRequest) -> None:
        """So that a client that is still sending reads the refusal instead of a broken pipe."""
        left = DRAIN_BYTES
        try:
            async for chunk in request.chunks():
                left -= len(chunk)
                if left < 0:
                    return
        except ConnectionResetError:
            return

    async def _answer(self, send: Send, reply: ObjectReply, request_id: str, service: str) -> None:
        stream = reply.stream or Stream((), len(reply.body))
        head = {
            "Content-Type": reply.content_type,
            "Content-Length": str(stream.size_bytes),
            "x-oss-request-id": request_id,
            **reply.headers,
        }
        if reply.status in {204, 304}:
            del head["Content-Length"]
        pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in head.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": pairs})
        if reply.stream is not None:
            for chunk in self._objects.bodies.read(stream.segments):
                self._traffic.add(self._traffic.sent, service, len(chunk))
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": reply.body})
