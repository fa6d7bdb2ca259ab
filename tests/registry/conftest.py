"""The clouds of the emulator's tests, with a registry that runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.conftest import _no_proxy, cloud, server, start
from registry.world import tool

__all__ = ["_no_proxy", "cloud", "server", "start"]


@pytest.fixture(scope="session", autouse=True)
def registry_program() -> Path:
    """What a cloud's registry is, which it looks for when it starts."""
    return tool("build")


@pytest.fixture(scope="session")
def clients() -> Path:
    """The folder of skopeo, crane and helm."""
    return tool("clients")
