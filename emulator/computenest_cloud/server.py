"""Runs one cloud as a process: binds the loopback interface, says where it is in the handle file, stops on SIGTERM."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h11
import uvicorn
from starlette.routing import Mount, Router
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from computenest_cloud.boundary import Boundary
from computenest_cloud.cloud import Cloud
from computenest_cloud.console import page
from computenest_cloud.control import Control
from computenest_cloud.doors import BACKLOG, Doors, listen
from computenest_cloud.errors import ServiceError
from computenest_cloud.faults import FaultRule
from computenest_cloud.gateway import Gateway
from computenest_cloud.seeding import Seeding
from computenest_cloud.wire.replies import JSON, of_product

HOST = "127.0.0.1"
HEAD_LIMIT_BYTES = 16 << 20  # far above what the gateway refuses by name (fact: wire-040)
REFUSED_FOR_S = 5.0
LOOKS_EVERY = 5  # ticks


@dataclass(frozen=True)
class Settings:
    state: Path
    handle: Path
    port: int = 0
    preferred_port: int = 0  # 0: none
    time_scale: float = 1.0
    is_virtual: bool = False
    seed: int = 1
    faults: tuple[FaultRule, ...] | None = None
    switches: dict[str, Any] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    init: Path | None = None  # a folder of seed files


@dataclass(frozen=True)
class Tokens:
    """Made anew at each start. The console's is another one: it is printed, and whoever has it may only look."""

    control: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    console: str = field(default_factory=lambda: secrets.token_urlsafe(32))


class _Protocol(H11Protocol):
    """Lets a request drop its own connection (faults `drop` and `timeout_*`), and answers what is not HTTP, or has
    more than HEAD_LIMIT_BYTES before its body, as the products' gateway answers."""

    _is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if not self._is_refused:
            super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """What the client still sends is read and forgotten: a closed socket would break its connection unanswered."""
        self._is_refused = True
        body = of_product(ServiceError(400, "InvalidRequest", msg), "", "").body
        size = str(len(body)).encode()
        headers = [(b"content-type", JSON), (b"content-length", size), (b"connection", b"close")]
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            events = (h11.Response(status_code=400, headers=headers), h11.Data(data=body), h11.EndOfMessage())
            for event in events:
                self.transport.write(self.conn.send(event) or b"")
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(REFUSED_FOR_S, self.transport.close)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, write_handle: Callable[[], None], handle: Path, doors: Doors) -> None:
        super().__init__(config)
        self._write_handle = write_handle
        self._handle = handle
        self._doors = doors

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        port = sockets[0].getsockname()[1] if sockets else 0
        self._doors.attach(port, self.serve_door)
        self._write_handle()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second. A handle that somebody deleted is written again: nobody else knows where this server is,
        and while it holds the state no other one can start."""
        if counter % LOOKS_EVERY == 0 and not self.should_exit and not self._handle.exists():
            with contextlib.suppress(OSError):  # the whole folder is gone
                self._write_handle()
        return await super().on_tick(counter)

    async def serve_door(self, listener: socket.socket) -> None:
        """The same application at one more address."""

        def protocol() -> _Protocol:
            return _Protocol(config=self.config, server_state=self.server_state, app_state={})

        server = await asyncio.get_running_loop().create_server(protocol, sock=listener, backlog=BACKLOG)
        self.servers.append(server)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """uvicorn would end the process by the signal itself, before the state is closed."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        yield

    def stop(self) -> None:
        self.should_exit = True


def _write_handle(path: Path, content: dict[str, Any]) -> None:
    """Atomic, and readable by its owner only: it holds access keys."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
    temporary.replace(path)


def handle_of(cloud: Cloud, settings: Settings, port: int, tokens: Tokens) -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "control_token": tokens.control,
        "console_token": tokens.console,
        "host": HOST,
        "port": port,
        "endpoint": f"{HOST}:{port}",
        "time_scale": cloud.world.clock.scale,
        "is_virtual": settings.is_virtual,
        "seed": cloud.seed,
        "state": str(settings.state.resolve()),
        "accounts": {account.name: account.model_dump(exclude={"name"}) for account in cloud.store.accounts},
    }


def application(cloud: Cloud, tokens: Tokens, hosts: Sequence[str], seeding: Seeding) -> ASGIApp:
    gateway = Gateway(cloud)
    routes = [
        *Control(cloud, tokens.control, seeding).routes(),
        *page.routes(cloud.world, cloud.services, tokens.console),
        Mount("/", gateway),
    ]
    return Boundary(cloud, gateway, Router(routes), hosts)


async def _serve(cloud: Cloud, settings: Settings, listener: socket.socket, seeding: Seeding) -> None:
    tokens = Tokens()
    config = uvicorn.Config(
        application(cloud, tokens, settings.hosts, seeding),
        http=_Protocol,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_level="warning",
        access_log=False,
        backlog=BACKLOG,
        h11_max_incomplete_event_size=HEAD_LIMIT_BYTES,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    port = listener.getsockname()[1]

    def write() -> None:
        _write_handle(settings.handle, handle_of(cloud, settings, port, tokens))

    def announce() -> None:
        with contextlib.suppress(OSError):  # the whole folder is gone: it is tried again at each look
            write()

    cloud.world.can_wait = True
    cloud.announce = announce
    try:
        await _Server(config, write, settings.handle, cloud.doors).serve(sockets=[listener])
    finally:
        _remove_own_handle(settings.handle)


def _remove_own_handle(path: Path) -> None:
    """A handle that another server has written meanwhile stays."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        if json.loads(path.read_text("utf-8")).get("pid") == os.getpid():
            path.unlink()


def _listener(settings: Settings) -> socket.socket:
    if settings.preferred_port:
        with contextlib.suppress(OSError):
            return listen(HOST, settings.preferred_port)
    return listen(HOST, settings.port)


def opened(settings: Settings) -> tuple[Cloud, Seeding]:
    """The cloud of a state, and what its folder of seed files is put in by; whoever opens it closes it."""
    cloud = Cloud(
        state=settings.state,
        seed=settings.seed,
        time_scale=settings.time_scale,
        is_virtual=settings.is_virtual,
        faults=settings.faults,
        switches=settings.switches,
    )
    return cloud, Seeding(cloud, settings.init)


def run(settings: Settings) -> None:
    cloud, seeding = opened(settings)
    try:
        with _listener(settings) as listener:
            seeding.begin()
            asyncio.run(_serve(cloud, settings, listener, seeding))
    finally:
        cloud.close()
