"""The embedded cloud as a test sees it: a process of its own, and its control plane."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

from emulator import harness
from made import made
from stack.installed import installed


class Cloud(harness.Cloud):
    """A running embedded cloud, of the wheel that the stacks run on."""

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        time_scale: float = 3000,
        seed: int = 7,
        switches: dict[str, Any] | None = None,
        lock: str = "",
    ) -> Self:
        flipped = [f"--switch={key}={json.dumps(value).strip(chr(34))}" for key, value in (switches or {}).items()]
        options = ("--port", "0", "--seed", str(seed), "--time-scale", str(time_scale), *flipped)
        registry = made("tools/registry/build") / "computenest-registry"  # which an installed one does not find
        python = installed(lock) / "python"
        return cls(folder, *options, python=python, COMPUTENEST_REGISTRY=str(registry)).wait_until_answering()

    @classmethod
    def found(cls, handle: Path) -> Self:
        """One that somebody else started, and stops."""
        found = cls.__new__(cls)
        found.folder, found.handle_path, found.handle = handle.parent, handle, json.loads(handle.read_text())
        return found

    @property
    def config(self) -> dict[str, str]:
        """The stack configuration that points at this cloud."""
        return {"computenest:cloud": "local"}

    @property
    def environment(self) -> dict[str, str]:
        """The environment that goes with it: where the handle is."""
        return {"COMPUTENEST_CLOUD_DIR": str(self.folder)}
