"""The built wheel, alone in an environment of its own: what every stack test runs, as a user would have it."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

__all__ = ["installed"]

ROOT = Path(__file__).resolve().parents[2]


@functools.cache
def installed() -> Path:
    """The folder of that environment's programs: python, pulumi-resource-computenest, computenest."""
    made = subprocess.run([ROOT / "tools/installed"], capture_output=True, text=True, check=False)
    if made.returncode:
        raise RuntimeError(made.stderr)
    return Path(made.stdout.strip()) / "bin"
