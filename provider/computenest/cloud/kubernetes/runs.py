"""Which process of which machine is at work, in a label's 63 characters; and whether it still is."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import re
from pathlib import Path

from computenest.cloud.processes import is_alive

_RUN = re.compile(r"([0-9a-f]{16})\.(\d+)\.(\d+)")


def this_run() -> str:
    """`<machine>.<process>.<when it began>`."""
    return f"{_machine()}.{os.getpid()}.{_began(os.getpid())}"


def has_ended(run: str) -> bool:
    """Whether the process of that label is gone. Of another machine's nobody can tell: it counts as at work."""
    match = _RUN.fullmatch(run)
    if match is None or match[1] != _machine():
        return False
    pid = int(match[2])
    return not is_alive(pid) or _began(pid) != match[3]


@functools.cache
def _machine() -> str:
    """One for each boot of each machine: after a restart no process of before is at work."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8")
    except OSError:
        boot = ""
    return hashlib.sha256(f"{platform.node()}\0{boot}".encode()).hexdigest()[:16]


def _began(pid: int) -> str:
    """Ticks since boot, "0" where the system does not say."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return "0"
