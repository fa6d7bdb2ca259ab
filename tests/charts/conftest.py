"""The real helm."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry.world import tool


@pytest.fixture(scope="session")
def helm() -> Path:
    return tool("clients") / "helm"
