"""The built wheel, alone in an environment of its own: what every stack test runs, as a user would have it."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

__all__ = ["installed"]

ROOT = Path(__file__).resolve().parents[2]


@functools.cache
def installed(lock: str = "") -> Path:
    """The folder of that environment's programs: python, pulumi-resource-computenest, computenest.

    Args:
        lock: "" for the versions that the project is made with, `newest` or `oldest` for the other locks.
    """
    command = [ROOT / "tools/installed", *([lock] if lock else [])]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise RuntimeError(made.stderr)
    return Path(made.stdout.strip()) / "bin"
