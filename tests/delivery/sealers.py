"""sealer itself, unmodified, with a home and a store of its own; and other programs of tools/delivery."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from made import made


def client(name: str) -> Path:
    """A program of tools/delivery; built where it is not kept."""
    return made("tools/delivery/client", name)


@dataclass
class Sealer:
    """Its images lie below /var/lib, so it sees another one there."""

    folder: Path

    def run(self, *words: str, at: Path | None = None) -> str:
        """What it prints."""
        (self.folder / "var").mkdir(exist_ok=True)
        inner = f'mount --bind {self.folder}/var /var/lib && exec {client("sealer")} "$@"'
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", inner, "sealer", *words], capture_output=True, text=True, check=False,
            cwd=at or self.folder, env={**os.environ, "HOME": str(self.folder), "STORAGE_DRIVER": "vfs"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
