"""A registry of its own for each test that asks for one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from uploads.rig import ROOT, Rig


@pytest.fixture(scope="session")
def registry_binary() -> Path:
    """Debian's docker-registry, fetched where it is not kept already; its blobs are plain files."""
    found = subprocess.run([ROOT / "tests/uploads/fetch-registry"], capture_output=True, text=True, check=False)
    if found.returncode:
        raise RuntimeError(found.stderr)
    return Path(found.stdout.strip())


@pytest.fixture
def rig(tmp_path: Path, registry_binary: Path) -> Iterator[Rig]:
    started = Rig(tmp_path / "registry", registry_binary)
    yield started
    started.stop()
