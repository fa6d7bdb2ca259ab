"""The embedded cloud's control plane and the handle that its server writes.

Control calls are this project's own protocol, not Alibaba Cloud's: on loopback, under `/_cloud/`, with the handle's
token instead of a signature. Plain urllib without proxies is enough, and costs nothing at start-up.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from computenest.cloud.endpoints import is_loopback
from computenest.cloud.secret import Secret
from computenest.kernel.errors import Permanent, Transient

TIMEOUT_S = 5.0
_HEADER = "x-cloud-control"
_BEFORE_TOKENS = "1"  # what a server of 0.1 took; one may still run, and must be found and stopped


@dataclass(frozen=True, slots=True)
class Keys:
    """The access key of an account of the embedded cloud."""

    uid: str
    access_key_id: str
    access_key_secret: Secret


@dataclass(frozen=True, slots=True)
class Handle:
    """Where a running embedded cloud is, and the keys of its accounts."""

    pid: int
    host: str
    port: int
    time_scale: float
    seed: int
    state: str
    accounts: Mapping[str, Keys]
    control_token: Secret
    console_token: Secret

    @property
    def console(self) -> str:
        """The address that opens the console in a browser. Its token lets look, and no more."""
        token = self.console_token.reveal()
        return f"http://{self.endpoint}/console" + (f"?token={token}" if token else "")

    @property
    def endpoint(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def is_virtual(self) -> bool:
        """Whether time stands still until someone moves it."""
        return self.time_scale <= 0


def parse_handle(content: str) -> Handle:
    """Parses what the server wrote; keys that are not known are ignored.

    Raises:
        ValueError: it is not a handle.
    """
    try:
        raw = json.loads(content)
        accounts = {
            str(name): Keys(
                uid=str(account.get("uid", "")),
                access_key_id=str(account["access_key_id"]),
                access_key_secret=Secret(str(account["access_key_secret"])),
            )
            for name, account in raw["accounts"].items()
        }
        handle = Handle(
            pid=int(raw["pid"]),
            host=str(raw["host"]),
            port=int(raw["port"]),
            time_scale=float(raw.get("time_scale") or 0),
            seed=int(raw.get("seed") or 0),
            state=str(raw.get("state") or ""),
            accounts=MappingProxyType(accounts),
            control_token=Secret(str(raw.get("control_token") or _BEFORE_TOKENS)),
            console_token=Secret(str(raw.get("console_token") or "")),
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        raise ValueError("not the handle of an embedded cloud") from None  # its text holds keys
    if not is_loopback(handle.host):
        raise ValueError("the handle names a host that is not this machine")
    return handle


def read_handle(file: Path) -> Handle | None:
    """The handle in `file`; None where there is none (a half-written one counts as none)."""
    try:
        return parse_handle(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


class Control:
    """Control calls to one server."""

    def __init__(self, handle: Handle) -> None:
        self._endpoint = handle.endpoint
        self._token = handle.control_token
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(self, what: str, query: Mapping[str, str] = MappingProxyType({})) -> Any:
        """The JSON answer of GET /_cloud/<what>."""
        return self._send("GET", what, query, None)

    def post(self, what: str, body: Mapping[str, Any] = MappingProxyType({}), *, timeout_s: float | None = None) -> Any:
        """The JSON answer of POST /_cloud/<what>; `TIMEOUT_S` where nothing else is said."""
        return self._send("POST", what, {}, json.dumps(dict(body)).encode(), timeout_s)

    def put(self, what: str, body: Any) -> Any:
        """The JSON answer of PUT /_cloud/<what>."""
        return self._send("PUT", what, {}, json.dumps(body).encode())

    def _send(
        self, method: str, what: str, query: Mapping[str, str], body: bytes | None, timeout_s: float | None = None
    ) -> Any:
        asked = f"?{urllib.parse.urlencode(query)}" if query else ""
        url = f"http://{self._endpoint}/_cloud/{what}{asked}"
        headers = {_HEADER: self._token.reveal(), "content-type": "application/json"}
        request = urllib.request.Request(url, data=body, headers=headers, method=method)
        try:
            with self._opener.open(request, timeout=TIMEOUT_S if timeout_s is None else timeout_s) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                said = " ".join(error.read(2000).decode(errors="replace").split())[:300]
            raise Permanent(f"the embedded cloud refused {method} /_cloud/{what}: HTTP {error.code}: {said}") from error
        except (OSError, ValueError) as error:
            raise Transient(
                f"the embedded cloud does not answer at {self._endpoint}", hint="`computenest cloud start` starts it"
            ) from error
        return json.loads(content) if content.strip() else {}
