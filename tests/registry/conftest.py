"""The programs that clouds with a registry are asked by."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry.world import tool


@pytest.fixture(scope="session")
def clients() -> Path:
    """The folder of skopeo, crane and helm."""
    return tool("clients")
