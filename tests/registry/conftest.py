"""One cloud for the session with a registry that runs, empty again before each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulator.harness import Cloud
from registry.world import tool


@pytest.fixture(scope="session")
def registry_program() -> Path:
    return tool("build")


@pytest.fixture(scope="session")
def clients() -> Path:
    """The folder of skopeo, crane and helm."""
    return tool("clients")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, registry_program: Path) -> Iterator[Cloud]:
    assert registry_program.is_dir()
    cloud = Cloud(tmp_path_factory.mktemp("cloud"), "--virtual")
    yield cloud.wait_until_answering()
    cloud.stop()


@pytest.fixture
def cloud(server: Cloud) -> Cloud:
    server.control("POST", "reset")
    return server


@pytest.fixture
def start(tmp_path: Path, registry_program: Path) -> Iterator[Callable[..., Cloud]]:
    """Starts a cloud of the test's own, always on the same state file."""
    assert registry_program.is_dir()
    started: list[Cloud] = []

    def run(*options: str) -> Cloud:
        cloud = Cloud(tmp_path, *options)
        started.append(cloud)
        return cloud.wait_until_answering()

    yield run
    for cloud in started:
        cloud.stop()
