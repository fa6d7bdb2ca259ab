"""No secret in state, logs, messages or process arguments while content is pushed; killed half-way it goes on."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stack.cloud import Cloud
from stack.contents import Wares, make_wares, traffic_bytes
from stack.engine import Stack
from stack.processes import descendants, end, hosts, until
from uploads.sources import layer, write_chart, write_layout

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


@pytest.fixture
def cloud(start_cloud: Callable[..., Cloud]) -> Cloud:
    """Of its own: runs on it are killed, and its traffic is counted from its start."""
    return start_cloud()


LAYER_BYTES = 3_000_000
LAYERS = 8
_NAMES = re.compile(r"password|secret|token", re.IGNORECASE)


def secrets_of(cloud: Cloud) -> set[str]:
    """Every key, password and session token that the cloud ever gave out and still knows, from its own books."""
    found: set[str] = set()
    with sqlite3.connect(f"file:{cloud.folder / 'state.sqlite'}?mode=ro", uri=True) as books:
        tables = [name for (name,) in books.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in books.execute(f"SELECT * FROM {table}"):
                for cell in row:
                    if isinstance(cell, str) and cell.startswith("{"):
                        found |= set(_secrets_in(json.loads(cell)))
    return found | {cloud.keys(name)[1] for name in cloud.handle["accounts"]}


def _secrets_in(told: Any, key: str = "") -> Iterator[str]:
    if isinstance(told, dict):
        for name, inner in told.items():
            yield from _secrets_in(inner, name)
    elif isinstance(told, list):
        for inner in told:
            yield from _secrets_in(inner, key)
    elif isinstance(told, str) and len(told) >= 12 and _NAMES.search(key):
        yield told


class Watcher:
    """Reads the command line of every process of a run, all the while."""

    def __init__(self, run: subprocess.Popen[str]) -> None:
        self.seen: set[str] = set()
        self._run = run
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while self._run.poll() is None:
            self.seen |= set(descendants(self._run.pid).values())
            threading.Event().wait(0.02)

    def stop(self) -> set[str]:
        self._thread.join(10)
        return self.seen


def wares_of(folder: Path, *, plugin: bool) -> Wares:
    wares = Wares(folder, plugin=plugin)
    write_layout(folder / "image", [layer(n, LAYER_BYTES) for n in range(LAYERS)])
    write_chart(folder / "chart")
    (folder / "app.bin").write_bytes(layer(99, 5_000_000))
    return wares


@pytest.mark.parametrize("plugin", [False, pytest.param(True, marks=pytest.mark.long)], ids=["dynamic", "plugin"])
def test_killed_half_way_it_sends_no_finished_layer_again_and_tells_no_secret(
    cloud: Cloud, make_stack: Callable[..., Stack], tmp_path: Path, *, plugin: bool
) -> None:
    stack = make_wares(make_stack, cloud, plugin=plugin)
    wares_of(tmp_path, plugin=plugin).declare(stack)
    cloud.control("PUT", "hold", {"action": "FinishUpload", "calls": LAYERS // 2 + 1})
    first = stack.start("up", "--yes", "--skip-preview", is_struck=True)
    watched = Watcher(first)
    until(lambda: cloud.control("GET", "hold")["is_reached"], first)
    providers = [pid for pid, command in descendants(first.pid).items() if "pulumi-resource-computenest" in command]
    end(first.pid, *hosts(first.pid), *providers)
    cloud.control("DELETE", "hold")
    said = "".join(first.communicate())
    commands = watched.stop()
    kept = finished_bytes(cloud)
    assert kept < LAYERS * LAYER_BYTES
    before = traffic_bytes(cloud)
    stack.run("cancel", "--yes").succeeded()
    said += stack.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates").succeeded().text
    second = stack.start("up", "--yes", "--skip-preview", "--logtostderr", "-v=5", is_struck=True)
    watched = Watcher(second)
    said += "".join(second.communicate())
    assert second.returncode == 0, said[-3000:]
    commands |= watched.stop()
    sent = traffic_bytes(cloud) - before
    whole = LAYERS * LAYER_BYTES + 5_000_000 + 50_000
    assert sent <= whole - kept, (sent, kept)
    said += json.dumps(stack.export()) + (cloud.folder / "cloud.log").read_text()
    stack.destroy().succeeded()
    cloud.advance(3600)
    assert cloud.ledger()["is_empty"], cloud.ledger()
    assert any("python" in command or "pulumi" in command for command in commands)
    cloud.stop()  # it keeps its books to itself while it runs
    secrets = secrets_of(cloud)
    assert len(secrets) > len(cloud.handle["accounts"])  # the temporary ones are among them
    for place, text in {"messages, logs, state": said, "process arguments": "\n".join(commands)}.items():
        assert not [secret for secret in secrets if secret in text], place


def finished_bytes(cloud: Cloud) -> int:
    """The blobs that registries hold whole, not what is still being uploaded."""
    return sum(
        row["size_bytes"]
        for row in cloud.control("GET", "objects")
        if row["bucket"].endswith("-registry") and row["name"].endswith("/data") and "/blobs/sha256/" in row["name"]
    )
