"""What tests of the embedded cloud say often; and the cloud itself, within the test's process.

A module that is marked `wire` is about HTTP, signatures, files or the process, and gets a server. What every service
answers over the wire by real clients, test_every_action.py tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from alibabacloud_tea_openapi.exceptions import ClientException
from Tea.exceptions import TeaException

from emulator.clients import ALL
from emulator.everything import Teller
from emulator.harness import Cloud
from emulator.in_process import InProcess


@pytest.fixture(scope="session")
def in_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    cloud = InProcess(tmp_path_factory.mktemp("inside"))
    yield cloud
    cloud.stop()


@pytest.fixture(scope="session")
def actions(in_process: InProcess) -> set[tuple[str, str]]:
    """Product and action of everything that is served."""
    return {(service, action) for service, (_, names) in in_process.inside.actions.items() for action in names}


@pytest.fixture(scope="session")
def told(server: Cloud) -> Teller:
    """The whole story by the SDK of today, over the wire."""
    server.control("POST", "reset")
    teller = Teller(server, ALL["current"])
    teller.tell()
    server.control("POST", "reset")
    return teller


@pytest.fixture
def cloud(request: pytest.FixtureRequest) -> Cloud:
    found: Cloud = request.getfixturevalue("server" if request.node.get_closest_marker("wire") else "in_process")
    found.control("POST", "reset")
    return found


@pytest.fixture(name="start")
def start_inside(
    request: pytest.FixtureRequest, start: Callable[..., Cloud], tmp_path: Path
) -> Iterator[Callable[..., Cloud]]:
    """Starts a cloud of the test's own; always on the same state file."""
    started: list[Cloud] = []

    def run(*options: str) -> Cloud:
        is_served = request.node.get_closest_marker("wire")
        started.append(start(*options) if is_served else InProcess(tmp_path, *options))
        return started[-1]

    yield run
    for cloud in started:
        cloud.stop()


@pytest.fixture
def refused() -> Callable[..., AbstractContextManager[pytest.ExceptionInfo[TeaException]]]:
    """`with refused("Code"):` the SDK raises a ClientException with exactly that code."""

    def expect(code: str) -> AbstractContextManager[pytest.ExceptionInfo[TeaException]]:
        return pytest.raises(ClientException, check=lambda error: error.code == code)

    return expect
