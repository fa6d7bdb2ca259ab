"""The embedded cloud inside the test's own process: the same services, rules, control plane and official SDKs, without
server, signature and socket, so that a call costs what a fake's would.

Time is virtual here, too: a test moves it by `advance`, or hands `advance` to the clock of its loop.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alibabacloud_tea_openapi.exceptions import ClientException

from computenest.cloud.caller import CloudCaller
from computenest.cloud.client import Client, Options
from computenest.cloud.clock import RealClock
from computenest.cloud.endpoints import Product
from computenest.cloud.failures import Call, NoAnswer, Refusal, failure_of, no_answer
from computenest.cloud.secret import Secret
from computenest.cloud.settings import StaticKeys
from computenest.cloud.wire import flatten
from computenest.kernel.names import AccountName
from computenest.resources._program.session import Session
from computenest_cloud.cloud import Cloud as Inside
from computenest_cloud.control import Control
from computenest_cloud.gateway import Gateway, Hangup
from computenest_cloud.seeding import Seeding
from computenest_cloud.wire.replies import Reply
from emulator.harness import REGIONS, Cloud

_KEYS = StaticKeys(access_key=Secret("inside"), secret_key=Secret("inside"))


class InProcess(Cloud):
    """As the harness' cloud, whose process this is; `inside` is what a server would serve."""

    def __init__(self, folder: Path) -> None:
        state = folder / "state.sqlite"
        made = {"seed": 1, "time_scale": 1.0, "is_virtual": True, "faults": None, "switches": {}}
        self.folder, self.inside = folder, Inside(state=state, **made)
        self._gateway = Gateway(self.inside)
        self._table = Control(self.inside, "", Seeding(self.inside)).table()
        accounts = self.inside.store.accounts
        self.handle = {"accounts": {one.name: one.model_dump(exclude={"name"}) for one in accounts}}

    def stop(self, number: int = 0) -> int:
        self.inside.close()
        return number

    @property
    def now_s(self) -> float:
        return self.inside.world.clock.now()

    def control(self, method: str, path: str, body: object = None) -> Any:
        self.inside.world.catch_up()
        answer = self._table[method, path]({} if body is None else body)
        self.inside.commit()
        return answer

    def advance(self, seconds: float) -> None:
        self.inside.world.clock.advance(seconds)

    def ask(self, version: str, action: str, account: str, parameters: Mapping[str, str]) -> Reply | Hangup:
        """What the gateway answers a call of an account."""
        return self._gateway.ask(version, action, account, parameters)

    def sdk(self, kind: type[Any], account: str = "supplier") -> Any:
        """A client of an official SDK, whose requests are carried out here."""

        def call_api(params: Any, request: Any, _runtime: Any) -> dict[str, Any]:
            reply = self.ask(params.version, params.action, account, request.query or {})
            assert isinstance(reply, Reply), f"{params.action} has no answer"
            body = json.loads(reply.body)
            if reply.status >= 400:
                told = {"code": body["Code"], "message": body["Message"], "status_code": reply.status, "data": body}
                raise ClientException(**told)
            return {"body": body, "headers": {}, "statusCode": reply.status}

        made = kind(self.sdk_config(account))
        made.call_api = call_api
        return made

    @property
    def endpoint(self) -> str:
        return "127.0.0.1:1"  # where nobody listens

    def keys(self, account: str = "supplier") -> tuple[str, str]:
        return account, account

    def session(self, account: str = "supplier") -> Session:
        client = _Client(self, account)
        return Session(account=AccountName(""), caller=CloudCaller(client), clock=RealClock(), client=client)


class _Client(Client):
    """The provider's, whose calls are answered at once."""

    def __init__(self, cloud: InProcess, account: str) -> None:
        super().__init__(Options(credentials=_KEYS, default_credentials=_KEYS, region=REGIONS[0]))
        self._cloud, self._account = cloud, account

    async def call(
        self, product: Product, action: str, parameters: Mapping[str, object], *, region: str | None = None
    ) -> dict[str, Any]:
        await asyncio.sleep(0)
        return self._call(product, action, flatten(parameters), region or self.region)

    def _call(self, product: Product, action: str, query: dict[str, str], region: str) -> dict[str, Any]:
        call = Call(action, region, "", is_local=True, product=product.value)
        reply = self._cloud.ask(product.version, action, self._account, query)
        if isinstance(reply, Hangup):
            raise no_answer(NoAnswer.READ_TIMEOUT, call=call)
        answer: dict[str, Any] = json.loads(reply.body)
        if reply.status >= 400:
            after = reply.headers.get("x-acs-retry-after")
            after_ms = None if after is None else int(after)
            refusal = Refusal(answer["Code"], reply.status, answer["Message"], retry_after_ms=after_ms)
            raise failure_of(refusal, call=call)
        return answer
