"""The HTTP session that the official client library sends with, made safe for what it lacks.

The library (tea-openapi 0.4.6, darabonba-core 1.0.9) takes HTTP_PROXY from the environment and ignores NO_PROXY
(facts §3.2), reads error bodies without a limit, loses the status of an error whose body is not JSON (§3.1), and
prints signed headers when DEBUG=sdk is set. Only `client` uses this module; importing it costs what the library does.
"""

from __future__ import annotations

import io
import json
import logging
from typing import Any

from darabonba import core
from requests import PreparedRequest, Response, Session
from requests.exceptions import ConnectTimeout, ProxyError, ReadTimeout, SSLError
from requests.utils import should_bypass_proxies

from computenest.cloud.endpoints import Endpoint
from computenest.cloud.failures import UNREADABLE, NoAnswer

MAX_ERROR_BODY_BYTES = 64 * 1024
_DEFAULT_PORT = 80  # what the library calls the port of every request, as the host carries the real one

# The libraries attach handlers of their own that print to the user's terminal: stack traces when credentials cannot be
# had, every header (security token included) when DEBUG=sdk, and credentials themselves at debug level.
for _name in ("alibabacloud-tea", "credentials", "darabonba-core"):
    logging.getLogger(_name).disabled = True


class _Session(Session):
    """A session for one endpoint. Proxies: never for this machine, and as NO_PROXY says for others."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__()
        self._is_loopback = endpoint.is_loopback

    def send(self, request: PreparedRequest, **options: Any) -> Response:
        if self._is_loopback or should_bypass_proxies(request.url or "", None):
            options["proxies"] = {}
        response = super().send(request, **{**options, "stream": True})
        if response.status_code >= 400:
            _normalize(response)
        else:
            response.content  # noqa: B018  reads the body now, so that the connection goes back to the pool
        return response


def _normalize(response: Response) -> None:
    """Caps an error's body, and replaces one that is not the API's by JSON, so that its status is not lost."""
    body = response.raw.read(MAX_ERROR_BODY_BYTES, decode_content=True)
    response.close()
    # fact §3.1: the library reads XML, with exactly this content type only.
    is_xml = response.headers.get("content-type") == "text/xml;charset=utf-8"
    if not is_xml and not _is_object(body):
        body = json.dumps({"Code": UNREADABLE, "Message": NoAnswer.UNREADABLE.value}).encode()
    response.raw = io.BytesIO(body)
    response.headers.pop("content-encoding", None)


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False


def install(endpoint: Endpoint, *, pool_size: int) -> None:
    """Makes the library use our session for this endpoint.

    It keeps its sessions in a dictionary by protocol, host and pool size and has no other way to be given one. Should
    a later version keep them elsewhere, its own session is used: everything works but NO_PROXY and the cap.
    """
    sessions = getattr(core.DaraCore, "_sessions", None)
    key = f"{endpoint.protocol}://{endpoint.host}:{_DEFAULT_PORT}:pool={pool_size}"
    if isinstance(sessions, dict) and not isinstance(sessions.get(key), _Session):
        session = _Session(endpoint)
        adapter = core.DaraCore.get_adapter(endpoint.protocol, None, pool_size=pool_size)
        session.mount(f"{endpoint.protocol}://", adapter)
        sessions[key] = session


def cause_of(error: BaseException) -> NoAnswer:
    """Why no answer came, from the chain of causes that the library wraps (its own error has only a text)."""
    chain = list(_chain(error))
    for kinds, cause in (
        ((SSLError,), NoAnswer.TLS),
        ((ProxyError,), NoAnswer.PROXY),
        ((ConnectTimeout,), NoAnswer.CONNECT_TIMEOUT),
        ((ReadTimeout,), NoAnswer.READ_TIMEOUT),
        ((ConnectionRefusedError,), NoAnswer.REFUSED),
    ):
        if any(isinstance(link, kinds) for link in chain):
            return cause
    if any(type(link).__name__ in ("NameResolutionError", "gaierror") for link in chain):
        return NoAnswer.UNKNOWN_HOST
    if any(isinstance(link, ValueError) and not isinstance(link, OSError) for link in chain):
        return NoAnswer.UNREADABLE
    return NoAnswer.BROKEN


def _chain(error: BaseException) -> list[BaseException]:
    """The error and everything it carries: causes, contexts, wrapped reasons; each once."""
    found: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        link = waiting.pop()
        if not isinstance(link, BaseException) or link in found:
            continue
        found.append(link)
        waiting += [link.__cause__, link.__context__, getattr(link, "inner_exception", None)]
        waiting += [getattr(link, "reason", None), *link.args]
    return found
