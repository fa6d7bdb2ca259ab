"""A registry of its own for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from made import made
from uploads.rig import Rig
from uploads.tools import Tools


@pytest.fixture(scope="session")
def registry_binary() -> Path:
    """Debian's docker-registry, fetched where it is not kept already; its blobs are plain files."""
    return made("tests/uploads/fetch-registry")


@pytest.fixture
def rig(tmp_path: Path, registry_binary: Path) -> Iterator[Rig]:
    started = Rig(tmp_path / "registry", registry_binary)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def open_rig(tmp_path_factory: pytest.TempPathFactory, registry_binary: Path) -> Iterator[Rig]:
    """A registry without logins, for all comparisons with other clients."""
    started = Rig(tmp_path_factory.mktemp("open") / "registry", registry_binary, is_open=True)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """skopeo, crane, umoci, buildah and ctr, each with a home of its own."""
    return Tools(tmp_path_factory.mktemp("tools"))
