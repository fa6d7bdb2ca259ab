"""The worker's cloud as programs find it; and for content packages one with a registry, for a module's tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from computenest.cloud.settings import parse_settings
from computenest.resources._packages.content_model import Kind
from emulator.harness import Cloud
from lifecycle.checking import Checks
from lifecycle.wares import Shop
from stack.cloud import Cloud as RunningCloud
from stack.contents import with_registry


@pytest.fixture(scope="module")
def local(server: Cloud) -> Iterator[Cloud]:
    """The worker's cloud, as what `computenest:cloud: local` finds."""
    server.control("POST", "reset")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMPUTENEST_CLOUD_DIR", str(server.folder))
        yield server


@pytest.fixture(scope="module")
def checks(local: Cloud) -> Iterator[Checks]:
    """Processes on it that check."""
    del local
    with closing(Checks(parse_settings({"computenest:cloud": "local"}, environ=os.environ))) as made:
        yield made


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
