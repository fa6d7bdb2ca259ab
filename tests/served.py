"""A server of the embedded cloud, a process as for users, and its control plane: what tests of every kind start."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from alibabacloud_tea_openapi.models import Config

Client = TypeVar("Client")
START_S = 90.0  # where more runs than the processors can take


def environment(source: Path | None = None) -> dict[str, str]:
    """Without proxies: the SDKs would send even 127.0.0.1 through them. `source`: a folder with another emulator."""
    found = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    return found if source is None else {**found, "PYTHONPATH": str(source)}


@dataclass(frozen=True)
class Answer:
    """`headers`: their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """Of a registry's first error, "" without one."""
        errors = json.loads(self.body or b"{}").get("errors") or [{}]
        return str(errors[0].get("code", ""))


def ask(
    host: str,
    method: str,
    path: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    source: str | None = None,
) -> Answer:
    """One request, as it is given, from the given loopback address."""
    connection = http.client.HTTPConnection(host, timeout=100, source_address=(source, 0) if source else None)
    with contextlib.closing(connection):
        connection.request(method, path, body or None, dict(headers or {}))
        answer = connection.getresponse()
        found = {key.lower(): value for key, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read())


class Served:
    """`handle` is empty until it answers.

    Args:
        source: a folder with another emulator.
        python: what runs it.
        variables: more of its environment.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        source: Path | None = None,
        python: Path | str = sys.executable,
        **variables: str,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.handle_path, self.log_path = folder, folder / "cloud.json", folder / "cloud.log"
        command = [str(python), "-m", "computenest_cloud", "serve", "--state", str(folder / "state.sqlite")]
        with self.log_path.open("w") as log:  # a pipe that nobody reads would stop the server when it is full
            self.process = subprocess.Popen(
                [*command, "--handle", str(self.handle_path), *options],
                env=environment(source) | variables,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.handle: dict[str, Any] = {}

    def wait_until_answering(self) -> Self:
        for _ in range(int(START_S / 0.02)):
            if self.handle_path.exists():
                self.handle = json.loads(self.handle_path.read_text())
                if self.handle["pid"] == self.process.pid:
                    return self
            try:
                self.process.wait(timeout=0.02)
            except subprocess.TimeoutExpired:
                continue
            break
        self.process.kill()
        raise AssertionError(f"the embedded cloud did not start: {self.log_path.read_text()}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=60)

    @property
    def endpoint(self) -> str:
        return str(self.handle["endpoint"])

    @property
    def token(self) -> dict[str, str]:
        return {"x-cloud-control": self.handle["control_token"]}

    def keys(self, account: str = "supplier") -> tuple[str, str]:
        found = self.handle["accounts"][account]
        return found["access_key_id"], found["access_key_secret"]

    def environ(self, account: str = "supplier") -> dict[str, str]:
        """What a provider finds this cloud by, with an account's keys."""
        key, secret = self.keys(account)
        names = ("COMPUTENEST_ENDPOINT", "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
        return dict(zip(names, (self.endpoint, key, secret), strict=True))

    def sdk_config(self, account: str = "supplier") -> Config:
        """What a client of an official SDK needs of it, with an account's keys."""
        key, secret = self.keys(account)
        return Config(
            access_key_id=key,
            access_key_secret=secret,
            endpoint=self.endpoint,
            protocol="http",
            region_id="cn-hangzhou",
            no_proxy="127.0.0.1",
        )

    def sdk(self, kind: type[Client], account: str = "supplier") -> Client:
        """A client of an official SDK, unmodified."""
        return kind(self.sdk_config(account))

    def uid(self, account: str) -> str:
        return str(self.handle["accounts"][account]["uid"])

    def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        return ask(self.endpoint, method, path, body=body, headers=headers)

    def raw(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """JSON, by whoever has the control plane's token."""
        text = b"" if body is None else json.dumps(body).encode()
        answer = self.send(method, path, text, self.token if headers is None else headers)
        return answer.status, json.loads(answer.body or b"null")

    def control(self, method: str, path: str, body: object = None) -> Any:
        status, answer = self.raw(method, f"/_cloud/{path}", body)
        assert status < 300, answer
        return answer

    def ledger(self) -> Any:
        return self.control("GET", "ledger")
