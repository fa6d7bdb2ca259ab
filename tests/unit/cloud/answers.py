"""Servers of a test's own: with prepared answers, for what no well-behaved cloud sends (HTML, cut connections,
silence), or with any."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Answer:
    """One prepared answer. `is_cut` closes the connection instead; `is_silent` waits until the server ends."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    is_cut: bool = False
    is_silent: bool = False


@dataclass
class Seen:
    """One request."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass
class Server:
    """What was asked, and what to answer next (the last answer is repeated)."""

    endpoint: str
    answers: list[Answer]
    seen: list[Seen] = field(default_factory=list)


@contextmanager
def serve(*answers: Answer) -> Iterator[Server]:
    ended = threading.Event()

    def answer(seen: Seen) -> Answer:
        server.seen.append(seen)
        found = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
        if found.is_silent:
            ended.wait(30)
        return found

    server = Server("", list(answers))
    with serving(answer) as server.endpoint:
        try:
            yield server
        finally:
            ended.set()


@contextmanager
def serving(answer: Callable[[Seen], Answer]) -> Iterator[str]:
    """Where a server listens that answers each request so, in a thread of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet for each answer: unbuffered writes cost 40 ms a call (facts §3.2)

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            found = answer(Seen(self.command, self.path, dict(self.headers), self.rfile.read(length)))
            if found.is_cut or found.is_silent:
                self.close_connection = True
                return
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(found.body)))
            self.end_headers()
            self.wfile.write(found.body)
            self.wfile.flush()

        do_GET = do_POST  # noqa: N815 - the library's own name

        def log_message(self, *_: Any) -> None:
            """Silent."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{listener.server_address[1]}"
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
