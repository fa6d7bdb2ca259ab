"""One embedded cloud for all tests of the adapters in a process: a real server whose time stands still."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from computenest.cloud.control import Control, Handle
from computenest.cloud.local import LocalCloud, StartOptions


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handle]:
    local = LocalCloud(tmp_path_factory.mktemp("cloud"))
    handle, _ = local.start(StartOptions(time_scale=0, seed=7))
    yield handle
    local.stop()


@pytest.fixture
def control(server: Handle) -> Control:
    """The control plane of a cloud as new."""
    control = Control(server)
    control.post("reset")
    control.put("faults", [])
    return control


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cloud"
