"""What the project's tools print: the folder or file of a program that is fetched or built once, and kept."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@functools.cache
def made(tool: str, *words: str) -> Path:
    """The path that the tool prints, which is named by its own path in the project. It is asked once a process.

    Raises:
        RuntimeError: with what it says, where it fails.
    """
    done = subprocess.run([ROOT / tool, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{tool} {' '.join(words)}: {done.stderr}")
    return Path(done.stdout.strip())
