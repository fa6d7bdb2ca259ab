"""A provider in a process of its own, and what it starts, for tests that kill one of them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

LIFE = """
import sys
from pathlib import Path
from kubernetes.rig import Rig
Rig(Path(sys.argv[1]), sys.argv[2]).up(Path(sys.argv[3]))
"""
LOOK_S = 0.02


def run_apart(kubeconfig: Path, namespace: str, chart: Path) -> subprocess.Popen[bytes]:
    """Brings the release to the chart."""
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    words = [sys.executable, "-c", LIFE, str(kubeconfig), namespace, str(chart)]
    return subprocess.Popen(words, env=environ, stderr=subprocess.DEVNULL)


def until(condition: Callable[[], bool], within_s: float = 60.0) -> None:
    end_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end_s, "it did not come to pass"
        time.sleep(LOOK_S)


def helms_of(namespace: str) -> list[int]:
    """Processes that are a helm at work in the namespace."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if words[0].endswith("/helm") and namespace in words:
            found.append(int(entry.parent.name))
    return found
