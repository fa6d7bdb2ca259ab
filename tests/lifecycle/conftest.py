"""Embedded clouds: one in virtual time for the whole session, empty again before each test that asks for it; and for
content packages one with a registry, for a module's tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from computenest.resources._packages.content_model import Kind
from emulator.harness import Cloud
from lifecycle.wares import Shop
from stack.cloud import Cloud as RunningCloud
from stack.contents import with_registry


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


@pytest.fixture(scope="module")
def wares_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    with with_registry(), pytest.MonkeyPatch.context() as patch:
        started = RunningCloud.start(tmp_path_factory.mktemp("uploads"), time_scale=1500)
        patch.setenv("COMPUTENEST_CLOUD_DIR", str(started.folder))
        yield started
        started.stop()


@pytest.fixture(params=Kind, ids=lambda kind: kind.value)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    folder = tmp_path / f"w{abs(hash(request.node.name)) % 10**8}"
    folder.mkdir()
    return Shop(folder, request.param)
