"""The embedded cloud as a test sees it: a process of its own, and its control plane."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stack.installed import installed

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
START_S = 90.0  # where more runs than the processors can take


@dataclass
class Cloud:
    """A running embedded cloud."""

    process: subprocess.Popen[bytes]
    handle: dict[str, Any]
    folder: Path

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        time_scale: float = 3000,
        seed: int = 7,
        switches: dict[str, Any] | None = None,
        lock: str = "",
    ) -> Cloud:
        folder.mkdir(parents=True, exist_ok=True)
        handle = folder / "cloud.json"
        options = [f"--switch={key}={json.dumps(value).strip(chr(34))}" for key, value in (switches or {}).items()]
        process = subprocess.Popen(
            [
                *(installed(lock) / "python", "-m", "computenest_cloud", "serve", "--port", "0", "--seed", str(seed)),
                *("--state", str(folder / "state.sqlite"), "--handle", str(handle), "--time-scale", str(time_scale)),
                *options,
            ],
            stdout=(folder / "cloud.log").open("wb"),
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + START_S
        while not handle.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the embedded cloud did not start:\n{(folder / 'cloud.log').read_text()}")
            process_wait(process, 0.05)
        return cls(process, json.loads(handle.read_text()), folder)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)

    @property
    def endpoint(self) -> str:
        return str(self.handle["endpoint"])

    def keys(self, account: str = "supplier") -> tuple[str, str]:
        found = self.handle["accounts"][account]
        return found["access_key_id"], found["access_key_secret"]

    @property
    def config(self) -> dict[str, str]:
        """The stack configuration that points at this cloud."""
        return {"computenest:cloud": "local"}

    @property
    def environment(self) -> dict[str, str]:
        """The environment that goes with it: where the handle is."""
        return {"COMPUTENEST_CLOUD_DIR": str(self.folder)}

    def control(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"http://{self.endpoint}/_cloud/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"x-cloud-control": self.handle["control_token"], "content-type": "application/json"},
        )
        with _OPENER.open(request, timeout=100) as answer:
            return json.loads(answer.read() or b"null")

    def ledger(self) -> Any:
        return self.control("GET", "ledger")

    def calls(self) -> Any:
        return self.control("GET", "calls")

    def faults(self, *rules: Any) -> None:
        self.control("PUT", "faults", list(rules))


def process_wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Waits for a process to end, or for `seconds`."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return
