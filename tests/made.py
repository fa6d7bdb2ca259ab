"""What the project's tools print: the folder or file of a program that is fetched or built once, and kept; and
programs that stay, and answer each line of JSON with one."""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

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


class Lines:
    """One process; `ask` is a line, and its answer."""

    def __init__(self, command: Sequence[str | Path], env: Mapping[str, str]) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=dict(env))

    def ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """It ends with its input."""
        self._process.communicate(timeout=30)
