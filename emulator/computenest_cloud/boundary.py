"""Where requests come in, whatever they are for: lets in whom `admission` admits, and answers the others in the form
of the protocol that they speak. Whatever a request does, the next one is served: what fails here is undone, answered
with 500, and counted."""

from collections.abc import Sequence
from urllib.parse import unquote

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from computenest_cloud.admission import host_name, is_loopback, is_of_the_cloud
from computenest_cloud.cloud import Cloud
from computenest_cloud.errors import ServiceError
from computenest_cloud.gateway import Gateway
from computenest_cloud.wire.replies import Reply, of_control, of_product

UNKNOWN = "The request processing has failed due to some unknown error."


class Boundary:
    """`private` has the control plane and the console beside the gateway; `allowed`: the names that `--host` adds."""

    def __init__(self, cloud: Cloud, gateway: Gateway, private: ASGIApp, allowed: Sequence[str]) -> None:
        self._cloud = cloud
        self._gateway = gateway
        self._private = private
        self._allowed = frozenset(name.lower() for name in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope, answer = _origin_form(scope), _Answer(send)
        try:
            await self._application(host_name(_host(scope)))(scope, receive, answer)
        except ServiceError as failure:
            await self._refusal(scope, failure).send(send)
        except (ConnectionResetError, ClientDisconnect):  # nobody is there to answer
            self._cloud.roll_back()
        except Exception as failure:  # noqa: BLE001 - the outermost frame
            self._cloud.world.guard.failed(failure)
            if answer.has_begun:  # too late for another: the client must not take what it got for the whole
                scope["state"]["transport"].abort()
                return
            await self._refusal(scope, ServiceError(500, "InternalError", UNKNOWN)).send(send)

    def _application(self, name: str) -> ASGIApp:
        if is_loopback(name):
            return self._private
        if name in self._allowed or is_of_the_cloud(name):
            return self._gateway
        message = f"The embedded cloud does not answer to the name {name!r}; `--host {name}` at its start allows it."
        raise ServiceError(403, "Forbidden.Host", message)

    def _refusal(self, scope: Scope, failure: ServiceError) -> Reply:
        """The error as whoever asked expects it."""
        if scope["path"].startswith(("/_cloud/", "/console")):
            return of_control(failure)
        front, host, request_id = self._gateway.front(scope), _host(scope), self._cloud.world.mint.request_id()
        if front is not None:
            return front.refusal(scope, failure, request_id=request_id, host=host)
        return of_product(failure, request_id, host)


class _Answer:
    """Sends, and knows whether it has."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        self.has_begun = True
        await self._send(message)


def _host(scope: Scope) -> str:
    return next((str(value, "latin-1") for name, value in scope["headers"] if name == b"host"), "")


def _origin_form(scope: Scope) -> Scope:
    """Requests may name the whole address as if to a proxy (RFC 9112, 3.2.2); distribution's storage driver does."""
    raw = scope.get("raw_path", b"")
    if not raw.startswith((b"http://", b"https://")):
        return scope
    raw = b"/" + raw.split(b"/", 3)[3] if raw.count(b"/") > 2 else b"/"
    return {**scope, "raw_path": raw, "path": unquote(raw.decode("latin-1"))}
