"""A registry of its own for each test that asks for one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from uploads.rig import ROOT, Rig


@pytest.fixture(scope="session")
def registry_binary() -> Path:
    """Debian's docker-registry, fetched by tools/registry where it is not kept already."""
    given = os.environ.get("REGISTRY_BINARY")
    if given:
        return Path(given)
    found = subprocess.run([ROOT / "tools/registry/build"], capture_output=True, text=True, check=False)
    if found.returncode:
        raise RuntimeError(found.stderr)
    return Path(found.stdout.strip()) / "docker-registry"


@pytest.fixture
def rig(tmp_path: Path, registry_binary: Path) -> Iterator[Rig]:
    started = Rig(tmp_path / "registry", registry_binary)
    yield started
    started.stop()
