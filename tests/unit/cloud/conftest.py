"""The worker's embedded cloud as the provider's own modules know it."""

from __future__ import annotations

from pathlib import Path

import pytest

from computenest.cloud.control import Control, Handle, parse_handle
from emulator.harness import Cloud


@pytest.fixture(name="server")
def handle(server: Cloud) -> Handle:
    """Of a cloud as new."""
    server.control("POST", "reset")
    return parse_handle(server.handle_path.read_text())


@pytest.fixture
def control(server: Handle) -> Control:
    return Control(server)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cloud"
