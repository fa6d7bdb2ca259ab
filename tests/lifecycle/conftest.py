"""One embedded cloud in virtual time for the whole session, empty again before each test that asks for it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from emulator.harness import Cloud


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    cloud = Cloud(tmp_path_factory.mktemp("cloud"), "--virtual")
    yield cloud.wait_until_answering()
    cloud.stop()


@pytest.fixture
def cloud(server: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The official SDKs' sync path honours HTTP_PROXY and ignores NO_PROXY: there is none while a test asks them."""
    for key in tuple(os.environ):
        if key.lower().endswith("_proxy"):
            monkeypatch.delenv(key)
    server.control("POST", "reset")
    return server
