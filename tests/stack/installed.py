"""The built wheel, alone in an environment of its own: what every stack test runs, as a user would have it."""

from __future__ import annotations

from pathlib import Path

from made import made


def installed(lock: str = "") -> Path:
    """The folder of that environment's programs: python, pulumi-resource-computenest, computenest.

    Args:
        lock: "" for the versions that the project is made with, `newest` or `oldest` for the other locks.
    """
    return made("tools/installed", *([lock] if lock else [])) / "bin"
