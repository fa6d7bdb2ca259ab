"""The processes of a run: who descends from the engine, and their end. Only what the test itself started is touched."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

LOOK_S = 0.02


def descendants(pid: int) -> dict[int, str]:
    """pid -> command line of every process below `pid`."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    found: dict[int, str] = {}
    level = {pid}
    while level:
        level = {child for child, parent in parents.items() if parent in level and child not in found}
        for child in level:
            with contextlib.suppress(OSError):
                found[child] = (Path("/proc") / str(child) / "cmdline").read_text().replace("\0", " ").strip()
    return found


def hosts(engine_pid: int) -> list[int]:
    """The dynamic hosts below an engine."""
    return [pid for pid, command in descendants(engine_pid).items() if "-m pulumi.dynamic" in command]


def servers(engine_pid: int) -> list[int]:
    """Whatever serves the provider below an engine: dynamic hosts, plugins."""
    below = descendants(engine_pid).items()
    return [pid for pid, line in below if "-m pulumi.dynamic" in line or "pulumi-resource-computenest" in line]


def end(*pids: int, how: int = signal.SIGKILL) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)


def is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError, IndexError):
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def until(has_come: Callable[[], bool], run: subprocess.Popen[str]) -> None:
    """Looks until it has come, while `run` is under way."""

    def looked() -> bool:
        assert run.poll() is None, "".join(run.communicate())
        return has_come()

    watch_until(looked)


def watch_until(has_come: Callable[[], bool], *, longest_s: float = 300.0) -> None:
    deadline = time.monotonic() + longest_s
    while not has_come():
        assert time.monotonic() < deadline, "the moment never came"
        signal.sigtimedwait([], LOOK_S)
