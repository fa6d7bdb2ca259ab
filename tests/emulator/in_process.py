"""The embedded cloud inside the test's own process: the same services, rules, control plane and official SDKs, without
server, signature and socket, so that a call costs what a fake's would.

Time is virtual here, too: a test moves it by `advance`, or hands `advance` to the clock of its loop.
"""

from __future__ import annotations

import asyncio
import atexit
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from email.utils import formatdate
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import alibabacloud_oss_v2 as oss
import requests
from alibabacloud_oss_v2.transport import RequestsHttpClient
from alibabacloud_tea_openapi.exceptions import ClientException, ServerException
from alibabacloud_tea_openapi.utils import Utils
from requests.adapters import BaseAdapter

from computenest.cloud.caller import CloudCaller
from computenest.cloud.client import Client, Options
from computenest.cloud.clock import RealClock
from computenest.cloud.endpoints import Product
from computenest.cloud.failures import Call, NoAnswer, Refusal, failure_of, no_answer
from computenest.cloud.secret import Secret
from computenest.cloud.settings import DefaultChain
from computenest.cloud.storage import Bucket
from computenest.cloud.wire import flatten
from computenest.kernel.names import AccountName
from computenest.resources._program.session import Session
from computenest.resources.file_package.api import FileStore
from computenest.resources.service.template_store import CloudTemplates
from computenest_cloud.__main__ import parser, settings_of
from computenest_cloud.control import Control
from computenest_cloud.gateway import Gateway, Hangup
from computenest_cloud.server import Tokens, application, handle_of, opened
from computenest_cloud.wire.replies import Reply
from emulator.harness import REGIONS, Cloud
from served import Answer

P = TypeVar("P")
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
        self._loop = asyncio.new_event_loop()
        self._table = Control(self.inside, "", seeding).table()
        self._application = application(self.inside, tokens, settings.hosts, seeding)
        self.handle = handle_of(self.inside, settings, _NOWHERE, tokens)

    def stop(self, number: int = 0) -> int:
        if self._is_open:
            self.inside.close()
            self._loop.close()
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

        around = asyncio._get_running_loop()
        asyncio._set_running_loop(None)  # who asks may do so within one
        try:
            self._loop.run_until_complete(self._application(scope, receive, send))
        finally:
            asyncio._set_running_loop(around)
        told = {name.decode(): value.decode("latin-1") for name, value in answer[0]["headers"]}
        return Answer(answer[0]["status"], told, b"".join(part.get("body", b"") for part in answer[1:]))

    def connected(self, storage: oss.Client) -> oss.Client:
        """The object storage's SDK, as it is made, whose requests are carried out here."""
        door = requests.Session()
        door.trust_env = False
        door.mount("http://", _Door(self))
        storage._client._options.http_client = RequestsHttpClient(session=door)
        return storage

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
        return _Session(account=AccountName(""), caller=CloudCaller(client), clock=RealClock(), client=client)


class _Door(BaseAdapter):
    """Where an SDK's requests come in that are not the products'."""

    def __init__(self, cloud: InProcess) -> None:
        super().__init__()
        self._cloud = cloud

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        given: Any = request.body or b""
        body = given if isinstance(given, bytes) else b"".join(given)
        headers = {name: str(value) for name, value in request.headers.items()}
        found, answer = self._cloud.send(str(request.method), request.path_url, body, headers), requests.Response()
        answer.status_code, answer.raw = found.status, io.BytesIO(found.body)
        answer.headers.update({"Date": formatdate(usegmt=True), **found.headers})  # which every server says
        return answer

    def close(self) -> None:
        """Nothing is held."""


class _Session(Session):
    """The same, with this process' object storage."""

    def port(self, make: Callable[[Client], P]) -> P:
        kind: Any = {CloudTemplates: _Templates, FileStore: _Files}.get(make, make)
        found: P = kind(self.client)
        return found


class _Client(Client):
    """The provider's, whose calls are answered at once."""

    def __init__(self, cloud: InProcess, account: str) -> None:
        who = {"credentials": DefaultChain(), "default_credentials": DefaultChain()}
        super().__init__(Options(**who, region=REGIONS[0], endpoint=cloud.endpoint))
        self.cloud, self._account = cloud, account

    def keys(self) -> tuple[Secret, Secret, Secret]:
        key, secret = self.cloud.keys(self._account)
        return Secret(key), Secret(secret), Secret("")

    async def call(
        self, product: Product, action: str, parameters: Mapping[str, object], *, region: str | None = None
    ) -> dict[str, Any]:
        await asyncio.sleep(0)
        where = region or self.region
        if self._options.hook is not None:
            self._options.hook(product, action, where)
        return self._call(product, action, flatten(parameters), where)

    def _call(self, product: Product, action: str, query: dict[str, str], region: str) -> dict[str, Any]:
        call = Call(action, region, "", is_local=True, product=product.value)
        reply = self.cloud.ask(product.version, action, self._account, query)
        if isinstance(reply, Hangup):
            raise no_answer(NoAnswer.READ_TIMEOUT, call=call)
        answer: dict[str, Any] = json.loads(reply.body)
        if reply.status >= 400:
            after = reply.headers.get("x-acs-retry-after")
            after_ms = None if after is None else int(after)
            refusal = Refusal(answer["Code"], reply.status, answer["Message"], retry_after_ms=after_ms)
            raise failure_of(refusal, call=call)
        return answer


class _Templates(CloudTemplates):
    _client: _Client

    def _ask(self, action: str, region: str, keys: tuple[Secret, ...], ask: Callable[[oss.Client], P]) -> P:
        return super()._ask(action, region, keys, lambda storage: ask(self._client.cloud.connected(storage)))


class _Files(FileStore):
    client: _Client

    def _bucket(self, *place: Any, doing: str) -> Bucket:
        return self._connected(super()._bucket(*place, doing=doing))

    async def _own_bucket(self, *place: Any, doing: str) -> Bucket:
        return self._connected(await super()._own_bucket(*place, doing=doing))

    def _connected(self, bucket: Bucket) -> Bucket:
        bucket._client = self.client.cloud.connected(bucket._open())
        return bucket
