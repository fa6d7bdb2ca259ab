"""The embedded cloud inside the test's own process: the same services, rules, control plane and official SDKs, without
server, signature and socket, so that a call costs what a fake's would.

Time is virtual here, too: a test moves it by `advance`, or hands `advance` to the clock of its loop.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from alibabacloud_tea_openapi.exceptions import ClientException, ServerException
from alibabacloud_tea_openapi.utils import Utils

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
from computenest_cloud.__main__ import parser, settings_of
from computenest_cloud.control import Control
from computenest_cloud.gateway import Gateway, Hangup
from computenest_cloud.server import Tokens, application, handle_of, opened
from computenest_cloud.wire.replies import Reply
from emulator.harness import REGIONS, Cloud
from served import Answer

_KEYS = StaticKeys(access_key=Secret("inside"), secret_key=Secret("inside"))
_NOWHERE = 1  # a port where nobody listens


def lasting_folder() -> Path:
    """For as long as this process lives."""
    folder = Path(tempfile.mkdtemp(prefix="computenest-inside-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


class InProcess(Cloud):
    """As the harness' cloud, whose process this is; `inside` is what a server would serve.

    Args:
        options: as of a server; virtual time where there are none.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        words = ["serve", "--state", str(folder / "state.sqlite"), "--handle", str(folder / "cloud.json")]
        settings = settings_of(parser().parse_args([*words, *(options or ("--virtual",))]))
        self.inside, seeding = opened(settings)
        try:
            seeding.begin()
        except Exception:
            self.inside.close()
            raise
        self._gateway, tokens, self._is_open = Gateway(self.inside), Tokens(), True
        self._table = Control(self.inside, "", seeding).table()
        self._application = application(self.inside, tokens, settings.hosts, seeding)
        self.handle = handle_of(self.inside, settings, _NOWHERE, tokens)

    def stop(self, number: int = 0) -> int:
        if self._is_open:
            self.inside.close()
        self._is_open = False
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

    def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """By the server's application, without its socket."""
        place, _, query = path.partition("?")
        given = {"host": self.endpoint, **(headers or {})}
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "root_path": "",
            "path": unquote(place), "raw_path": place.encode(), "query_string": query.encode(), "state": {},
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in given.items()],
            "client": ("127.0.0.1", _NOWHERE), "server": ("127.0.0.1", _NOWHERE),
        }  # fmt: skip
        asked, answer = [{"type": "http.request", "body": body}], []

        async def receive() -> Any:
            return asked.pop() if asked else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            answer.append(message)

        asyncio.run(self._application(scope, receive, send))
        told = {name.decode(): value.decode("latin-1") for name, value in answer[0]["headers"]}
        return Answer(answer[0]["status"], told, b"".join(part.get("body", b"") for part in answer[1:]))

    def sdk(self, kind: type[Any], account: str = "supplier") -> Any:
        """A client of an official SDK, whose requests are carried out here."""

        def call_api(params: Any, request: Any, _runtime: Any) -> dict[str, Any]:
            given = {**(request.query or {}), **Utils.query(request.body or {})}
            reply = self.ask(params.version, params.action, account, given)
            assert isinstance(reply, Reply), f"{params.action} has no answer"
            body = json.loads(reply.body)
            if reply.status >= 400:
                why = f"code: {reply.status}, {body['Message']} request id: {body['RequestId']}"
                told = {"code": body["Code"], "message": why, "request_id": body["RequestId"], "data": body}
                raise (ClientException if reply.status < 500 else ServerException)(status_code=reply.status, **told)
            return {"body": body, "headers": {}, "statusCode": reply.status}

        made = kind(self.sdk_config(account))
        made.call_api = call_api
        return made

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
