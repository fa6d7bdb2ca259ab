"""A provider in a process of its own, and what it starts, for tests that kill one of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LIFE = """
import sys
from pathlib import Path
from kubernetes.rig import Rig
Rig(Path(sys.argv[1]), sys.argv[2]).up(Path(sys.argv[3]))
"""


def run_apart(kubeconfig: Path, namespace: str, chart: Path) -> subprocess.Popen[bytes]:
    """Brings the release to the chart."""
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    words = [sys.executable, "-c", LIFE, str(kubeconfig), namespace, str(chart)]
    return subprocess.Popen(words, env=environ, stderr=subprocess.DEVNULL)


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
