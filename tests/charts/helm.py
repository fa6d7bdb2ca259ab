"""The real helm, many charts at once."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

_LINTED = re.compile(r"^==> Linting (.*)$", re.MULTILINE)
_AT_ONCE = 50


def run(helm: Path, *arguments: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        [helm, *arguments], capture_output=True, check=False, timeout=120, stdin=subprocess.DEVNULL,
        env={**os.environ, "HELM_CACHE_HOME": "/nonexistent"},
    )  # fmt: skip
    return done.returncode, (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace")


def lint(helm: Path, paths: Sequence[Path]) -> dict[Path, str]:
    """Errors of `helm lint`, "" where there are none."""
    found: dict[Path, str] = {}
    for start in range(0, len(paths), _AT_ONCE):
        _, said = run(helm, "lint", "--skip-schema-validation", *paths[start : start + _AT_ONCE])
        parts = _LINTED.split(said)[1:]
        for where, text in zip(parts[::2], parts[1::2], strict=True):
            errors = [line for line in text.splitlines() if line.startswith(("[ERROR]", "Error "))]
            found[Path(where)] = "; ".join(errors)
    return found
