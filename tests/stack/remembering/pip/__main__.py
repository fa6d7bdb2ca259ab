"""Answers `pip list` with what the environment's own pip said once.

The engine's language host asks it in every run which packages bring plugins, and each answer takes half a second of
processor: a third of what a small run takes at all. An environment of the tests is named after what is in it and never
changes (tools/installed), so the answer does not either. Everything else is the real pip's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

KEPT = Path(sys.prefix) / ".pip-list.json"


def real(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """The environment's own pip, which this folder hides."""
    others = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    is_list = arguments[:1] == ("list",)
    return subprocess.run(
        [sys.executable, "-m", "pip", *arguments], env=others, stdout=subprocess.PIPE if is_list else None, check=False
    )


def main(arguments: list[str]) -> int:
    """As pip."""
    if arguments != ["list", "-v", "--format", "json"]:
        return real(*arguments).returncode
    if not KEPT.exists():
        asked = real(*arguments)
        if asked.returncode:
            return asked.returncode
        fresh = KEPT.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(asked.stdout)
        fresh.replace(KEPT)
    sys.stdout.buffer.write(KEPT.read_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
