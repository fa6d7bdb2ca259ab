"""One server for the whole session, empty again before each test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from alibabacloud_tea_openapi.exceptions import ClientException
from Tea.exceptions import TeaException

from emulator.harness import Cloud


@pytest.fixture(scope="session", autouse=True)
def _no_proxy() -> Iterator[None]:
    """The SDKs' sync path honours HTTP_PROXY and ignores NO_PROXY."""
    saved = {key: os.environ.pop(key) for key in tuple(os.environ) if key.lower().endswith("_proxy")}
    yield
    os.environ.update(saved)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    cloud = Cloud(tmp_path_factory.mktemp("cloud"), "--virtual")
    yield cloud.wait_until_answering()
    cloud.stop()


@pytest.fixture
def cloud(server: Cloud) -> Cloud:
    server.control("POST", "reset")
    return server


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Cloud]]:
    """Starts a server of the test's own; always on the same state file."""
    started: list[Cloud] = []

    def run(*options: str) -> Cloud:
        cloud = Cloud(tmp_path, *options)
        started.append(cloud)
        return cloud.wait_until_answering()

    yield run
    for cloud in started:
        cloud.stop()


@pytest.fixture
def refused() -> Callable[..., AbstractContextManager[pytest.ExceptionInfo[TeaException]]]:
    """`with refused("Code"):` the SDK raises a ClientException with exactly that code."""

    def expect(code: str) -> AbstractContextManager[pytest.ExceptionInfo[TeaException]]:
        return pytest.raises(ClientException, check=lambda error: error.code == code)

    return expect
