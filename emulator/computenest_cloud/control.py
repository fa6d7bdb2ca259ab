"""The control plane, `/_cloud/…`: what a test or a demo does to the cloud from outside it. JSON, unsigned, loopback
only.

It gives keys of every account, so each call carries the handle's `control_token` in the header `x-cloud-control`, and
no page of another origin is answered (admission.py). Everything a client could not do in the real cloud is here, and
nothing else is; what is about one service stands in that service's folder.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pydantic import Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from computenest_cloud import VERSION, catalogue, ledger
from computenest_cloud.admission import is_from_another_origin, is_same
from computenest_cloud.bodies import Body
from computenest_cloud.cloud import Cloud
from computenest_cloud.errors import ControlError
from computenest_cloud.faults import RULES
from computenest_cloud.ids import new_access_key_id, new_secret
from computenest_cloud.rules import UnknownRuleError, load_facts
from computenest_cloud.seeding import Seeding
from computenest_cloud.store.records import Session
from computenest_cloud.wire.values import parse_json

LAST_S = datetime(9999, 1, 1, tzinfo=UTC).timestamp()  # with room for what takes long


class ClockBody(Body):
    advance_s: float


class HoldBody(Body):
    action: str = ""  # empty: any
    calls: int = Field(default=1, ge=1)


class SessionBody(Body):
    account: str
    expires_in_s: float = 3600.0


class Control:
    def __init__(self, cloud: Cloud, token: str, seeding: Seeding) -> None:
        self._cloud = cloud
        self._seeding = seeding
        self._token = token
        self._world = cloud.world

    def routes(self) -> list[Route]:
        return [self._route(method, path, handler) for (method, path), handler in self.table().items()]

    def table(self) -> dict[tuple[str, str], Callable[[Any], Any]]:
        """Method and path below `/_cloud/`, and what it does with the JSON body."""
        table: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "status"): self.status,
            ("POST", "reset"): self.reset,
            ("POST", "clock"): self.advance,
            ("GET", "ledger"): self.ledger,
            ("GET", "calls"): self.calls,
            ("DELETE", "calls"): self.forget_calls,
            ("GET", "hold"): self.held,
            ("PUT", "hold"): self.put_hold,
            ("DELETE", "hold"): self.end_hold,
            ("GET", "faults"): self.faults,
            ("PUT", "faults"): self.put_faults,
            ("GET", "facts"): self.facts,
            ("PUT", "facts"): self.put_facts,
            ("POST", "sts"): self.new_session,
            ("GET", "traffic"): self.traffic,
            ("POST", "accounts"): self._seeding.new_account,
            ("POST", "seed"): self._seeding.seed,
        }
        for service in self._cloud.services.values():
            table |= service.control()
        return table

    def _route(self, method: str, path: str, handler: Callable[[Any], Any]) -> Route:
        async def endpoint(request: Request) -> JSONResponse:
            try:
                self._check(request)
                text = (await request.body()).decode()
                body = parse_json(text) if text else {}
                if (
                    path == "hold" or self._cloud.hold.is_reached
                ):  # whoever is to end it must not wait for what it holds
                    self._world.catch_up()
                else:
                    await self._world.settle()
                result = handler(body)
                self._cloud.commit()
            except (ControlError, UnknownRuleError, ValueError) as failure:
                self._cloud.roll_back()
                status = failure.status if isinstance(failure, ControlError) else 400
                return JSONResponse({"error": str(failure)}, status)
            return JSONResponse(result)

        return Route(f"/_cloud/{path}", endpoint, methods=[method])

    def _check(self, request: Request) -> None:
        if is_from_another_origin(request):
            raise ControlError(403, "the control plane answers to no page of another origin")
        if not is_same(request.headers.get("x-cloud-control", ""), self._token):
            raise ControlError(403, "the header 'x-cloud-control' must carry the control_token of the handle file")

    def status(self, _: Any) -> dict[str, Any]:
        store, clock = self._cloud.store, self._world.clock
        return {
            "version": VERSION,
            "pid": os.getpid(),
            "now": self._world.now,
            "time_scale": clock.scale,
            "is_virtual": clock.is_virtual,
            "seed": self._cloud.seed,
            "counts": {
                kind: count for service in self._cloud.services.values() for kind, count in service.counts().items()
            },
            "accounts": {account.name: account.uid for account in store.accounts},
            "regions": list(catalogue.regions()),
            "init": self._seeding.told(),
            "failures": self._world.guard.failures,
            "is_in_transaction": self._cloud.store.is_in_transaction,
        }

    def reset(self, _: Any) -> dict[str, Any]:
        self._seeding.again(self._cloud.reset)
        return {}

    def advance(self, body: Any) -> dict[str, Any]:
        seconds = ClockBody.of(body).advance_s
        if not self._world.clock.now() + seconds < LAST_S:
            raise ControlError(400, "advance_s: no time after the year 9998 can be written")
        self._world.clock.advance(seconds)
        self._world.catch_up()
        return {"now": self._world.clock.now()}

    def held(self, _: Any) -> dict[str, Any]:
        return {"is_reached": self._cloud.hold.is_reached}

    def put_hold(self, body: Any) -> dict[str, Any]:
        wanted = HoldBody.of(body)
        self._cloud.hold.put(wanted.action, wanted.calls)
        return {}

    def end_hold(self, _: Any) -> dict[str, Any]:
        self._cloud.hold.end()
        return {}

    def ledger(self, _: Any) -> dict[str, Any]:
        return ledger.report(self._cloud)

    def calls(self, _: Any) -> dict[str, Any]:
        return self._world.calls.report()

    def forget_calls(self, _: Any) -> dict[str, Any]:
        self._world.calls.clear()
        return {}

    def faults(self, _: Any) -> list[dict[str, Any]]:
        return self._world.faults.statistics()

    def put_faults(self, body: Any) -> list[dict[str, Any]]:
        self._world.faults.replace(RULES.validate_python(body))
        return self._world.faults.statistics()

    def facts(self, _: Any) -> dict[str, Any]:
        topics = load_facts()
        return {
            "positions": self._world.rules.positions(),
            "facts": [fact.model_dump(mode="json") | {"topic": topic} for topic in topics for fact in topics[topic]],
        }

    def put_facts(self, body: Any) -> dict[str, Any]:
        self._world.rules.change(TypeAdapter(dict[str, Any]).validate_python(body))
        return {"positions": self._world.rules.positions()}

    def traffic(self, _: Any) -> dict[str, Any]:
        """Bytes of bodies since the server started."""
        return self._cloud.traffic.report()

    def new_session(self, body: Any) -> dict[str, Any]:
        wanted = SessionBody.of(body)
        session = Session(
            access_key_id=new_access_key_id(temporary=True),
            access_key_secret=new_secret(44),
            security_token=new_secret(200),
            account=self._world.named_account(wanted.account).name,
            expires_at=self._world.now + wanted.expires_in_s,
        )
        self._cloud.store.sessions.add(session)
        return session.model_dump()
