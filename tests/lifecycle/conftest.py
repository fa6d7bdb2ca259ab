"""The worker's cloud as programs find it; and for content packages one with a registry, for a module's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from computenest.resources._packages.content_model import Kind
from emulator.harness import Cloud
from emulator.in_process import InProcess
from lifecycle.checking import Checks, checks_inside
from lifecycle.embedded_subjects import InstanceSubject, ServiceSubject
from lifecycle.lives import LIVES, AnyLife
from lifecycle.subjects import cloud_of_the_worker
from lifecycle.wares import Shop
from stack.cloud import Cloud as RunningCloud


@pytest.fixture(scope="session")
def inside() -> InProcess:
    """Within this process, not emptied; `server` is one over the wire."""
    return cloud_of_the_worker()


@pytest.fixture
def cloud(inside: InProcess) -> InProcess:
    inside.control("POST", "reset")
    return inside


@pytest.fixture(params=LIVES)
def service(request: pytest.FixtureRequest, cloud: InProcess) -> AnyLife:
    """A service of a stack, on a cloud that holds nothing yet but what a test puts there."""
    return LIVES[request.param](ServiceSubject(cloud, is_bare=True), name="shop")


@pytest.fixture(params=LIVES)
def instance(request: pytest.FixtureRequest, cloud: InProcess) -> AnyLife:
    """An instance of a customer's stack, on such a cloud."""
    return LIVES[request.param](InstanceSubject(cloud, is_bare=True), name="shop")


@pytest.fixture(scope="module")
def local(server: Cloud) -> Iterator[Cloud]:
    """The worker's cloud, as what `computenest:cloud: local` finds."""
    server.control("POST", "reset")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMPUTENEST_CLOUD_DIR", str(server.folder))
        yield server


@pytest.fixture(scope="module")
def checks(inside: InProcess) -> Checks:
    """Processes on the cloud within this one that check."""
    inside.control("POST", "reset")
    return checks_inside(inside)


@pytest.fixture(scope="module")
def wares_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    with pytest.MonkeyPatch.context() as patch:
        started = RunningCloud.start(tmp_path_factory.mktemp("uploads"), time_scale=1500)
        patch.setenv("COMPUTENEST_CLOUD_DIR", str(started.folder))
        yield started
        started.stop()


@pytest.fixture(params=Kind, ids=lambda kind: kind.value)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    folder = tmp_path / f"w{abs(hash(request.node.name)) % 10**8}"
    folder.mkdir()
    return Shop(folder, request.param)
