"""The front door: from an HTTP request to a service's answer, as the real gateway does it.

Order: bring the cloud to the present, verify who asks, let fault rules interfere, act, commit, answer. Everything
runs on the event loop's one thread, so that requests are serial without a lock.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.types import Receive, Scope, Send

from computenest_cloud.calls import CallRecord
from computenest_cloud.clock import wall_now
from computenest_cloud.cloud import Cloud
from computenest_cloud.errors import ServiceError, Unreachable
from computenest_cloud.faults import ANSWER_KINDS, Effect, Occasion
from computenest_cloud.networks import place_of
from computenest_cloud.service import Front
from computenest_cloud.wire import acs3, rpc
from computenest_cloud.wire.claim import SignedRequest
from computenest_cloud.wire.params import Params, parse_query
from computenest_cloud.wire.replies import Reply, answer_of_product, of_product
from computenest_cloud.world import Answer, Call

BODY_LIMIT_BYTES = 2 << 20  # a template of ROS's half MiB, percent-encoded, and room
TOO_LONG = 414
PAGE_414 = b"<html><head><title>414 Request-URI Too Large</title></head><body>414 Request-URI Too Large</body></html>"
HTML_BODY = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True)
class Hangup:
    """No answer: the connection is dropped, after it hung for a while."""

    after_s: float = 0.0


@dataclass(frozen=True)
class _Form:
    """How one request is to be answered."""

    request_id: str
    host: str
    is_xml: bool = False

    def answer(self, action: str, answer: Answer) -> Reply:
        return answer_of_product(action, answer.body, self.request_id, is_xml=self.is_xml)

    def refusal(self, failure: ServiceError) -> Reply:
        return of_product(failure, self.request_id, self.host, is_xml=self.is_xml)


class Gateway:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        front = self.front(scope)
        if front is not None:
            await self._serve_streaming(front, scope, receive, send)
            return
        body = await _read_body(receive)
        await self._cloud.world.settle()
        await self._cloud.hold.passed()
        outcome = self._serve(scope, body)
        self._cloud.hold.look()
        await self._cloud.hold.passed()
        if isinstance(outcome, Hangup):
            await _hang_up(scope, receive, outcome.after_s)
            return
        await outcome.send(send)

    def _serve(self, scope: Scope, body: bytes) -> Reply | Hangup:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        world = self._cloud.world
        world.catch_up()
        form = _Form(world.mint.request_id(), headers.get("host", ""))
        action = headers.get("x-acs-action", "")
        try:
            query = parse_query(scope["query_string"].decode("latin-1"))
            request = SignedRequest(scope["method"], scope["path"], query, headers, body)
            self._check_length(scope["query_string"], body, query)
            if rpc.is_rpc(request):
                form = replace(form, is_xml=rpc.wants_xml(request))
                action = rpc.target_of(request).action
            call = self._verified(request)
        except ServiceError as failure:
            world.calls.add(CallRecord("", action, "", "", world.now, failure.code))
            if failure.status == TOO_LONG and world.rules.position("query.too_long") == "page":
                return Reply(TOO_LONG, PAGE_414, b"text/html")
            return form.refusal(failure)
        return self._answered(call, form)

    def ask(self, version: str, action: str, account: str, parameters: Mapping[str, str]) -> Reply | Hangup:
        """A call from within this process, which nobody signed and nothing carries; answered as any other."""
        world, product = self._cloud.world, self._cloud.product_of(version)
        world.catch_up()
        who = world.account(account)
        call = Call(world, product.name, action, who, Params(parameters), "", product.mismatch)
        return self._answered(call, _Form(world.mint.request_id(), ""))

    def _answered(self, call: Call, form: _Form) -> Reply | Hangup:
        outcome, result = self._act(call, form)
        region, world = call.params.text("RegionId"), call.world
        world.calls.add(CallRecord(call.service, call.action, call.account.name, region, world.now, result))
        self._cloud.commit()
        return outcome

    def front(self, scope: Scope) -> Front | None:
        """Whose protocol a request speaks, where it is not the products'."""
        door = self._cloud.doors.at(scope["server"][1])
        return next((front for front in self._cloud.fronts if front.takes(scope, door)), None)

    async def _serve_streaming(self, front: Front, scope: Scope, receive: Receive, send: Send) -> None:
        """What has bodies of any size. Others are answered while one is under way, so the store is saved at its end."""
        world = self._cloud.world
        await self._cloud.hold.passed()
        world.catch_up()
        place, door = place_of(scope["client"][0], scope["server"][0]), self._cloud.doors.at(scope["server"][1])
        try:
            number = world.mint.request_id()
            await front.serve(scope, receive, send, place=place, door=door, request_id=number)
        except Unreachable as failure:
            self._cloud.commit()
            await _hang_up(scope, receive, failure.after_s)
        else:
            self._cloud.commit()
        finally:
            self._cloud.hold.look()

    def _check_length(self, text: bytes, body: bytes, query: Mapping[str, str]) -> None:
        """fact: wire-040, wire-041"""
        limit = int(self._cloud.world.rules.number("query.limit_bytes"))
        size, given = len(text), query
        if len(body) > BODY_LIMIT_BYTES:
            limit, size, given = BODY_LIMIT_BYTES, len(body), parse_query(body.decode("latin-1"))
        if size <= limit:
            return
        name = max(given, key=lambda key: len(given[key]), default="Query")
        why = f"it has {len(given.get(name, '')):,} characters, and a request may have {limit:,} bytes."
        raise ServiceError(
            TOO_LONG, f"InvalidParameter.{name[:64]}", f"The specified parameter {name[:64]} is not valid: {why}"
        )

    def _verified(self, request: SignedRequest) -> Call:
        world, is_rpc = self._cloud.world, rpc.is_rpc(request)
        target = rpc.target_of(request) if is_rpc else acs3.target_of(request)
        if not target.action:
            raise ServiceError(400, "MissingAction", "Action is mandatory for this action.")
        product = self._cloud.product_of(target.version)
        if is_rpc:
            claim = rpc.claim_of(request, takes_sha256=world.rules.is_on("rpc.takes_sha256"))
        else:
            claim = acs3.claim_of(request)
        account = self._cloud.verifier.account_of(claim, now_s=world.now, wall_s=wall_now())
        host = request.headers.get("host", "")
        return Call(world, product.name, target.action, account, Params(claim.parameters), host, product.mismatch)

    def _act(self, call: Call, form: _Form) -> tuple[Reply | Hangup, str]:
        regions = (call.params.text("RegionId"), call.params.text("DestinationRegionId"))
        occasion = Occasion(call.service, (call.action,), call.account.name, regions)
        effect = call.world.faults.take(occasion, ANSWER_KINDS)
        self._cloud.commit()  # a call that is refused changes nothing; that a rule was asked stays
        try:
            if effect is not None and effect.kind != "timeout_after":
                return self._interfere(effect), effect.kind
            answer = self._cloud.answer(call)
        except ServiceError as failure:
            self._cloud.roll_back()
            if effect is None or effect.kind != "timeout_after":
                return form.refusal(failure), failure.code
            answer = Answer({})
        if effect is not None:
            return Hangup(effect.seconds), effect.kind
        return form.answer(call.action, answer), "OK"

    @staticmethod
    def _interfere(effect: Effect) -> Reply | Hangup:
        """What a fault rule answers in the service's place."""
        match effect.kind:
            case "throttle":
                headers = {} if effect.retry_after_ms is None else {"x-acs-retry-after": str(effect.retry_after_ms)}
                message = effect.message or "Request was denied due to user flow control."
                raise ServiceError(effect.status or 429, effect.code or "Throttling.User", message, headers)
            case "html":
                return Reply(effect.status or 502, HTML_BODY, b"text/html")
            case "http":
                message = effect.message or "The request has failed due to a temporary failure of the server."
                raise ServiceError(effect.status or 503, effect.code or "ServiceUnavailable", message)
            case "expired_credentials":
                raise ServiceError(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
            case "error":
                raise ServiceError(effect.status or 400, effect.code or "InternalError", effect.message or "Denied.")
            case _:
                return Hangup(effect.seconds)


async def _read_body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size - len(chunk) <= BODY_LIMIT_BYTES:  # one more than may be, so that it is seen to be too long
            chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _hang_up(scope: Scope, receive: Receive, after_s: float) -> None:
    if after_s:
        await asyncio.sleep(after_s)
    scope["state"]["transport"].abort()
    while (await receive())["type"] != "http.disconnect":
        pass
