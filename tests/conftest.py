"""What holds for every test: generated cases are the same in every run, no clock judges one, and dear tests begin; and
one embedded cloud in virtual time for all tests of a worker, empty again before each that asks for it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from made import made

if TYPE_CHECKING:
    from emulator.harness import Cloud

settings.register_profile(
    "same", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("exploring", settings.get_profile("same"), derandomize=False)  # `make test-all`
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_configure() -> None:
    """A shell's background jobs ignore interrupts, and so would all they start: the engine ends each plugin by one,
    and waits five seconds for it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deals the modules of dear tests over the workers, each before its share of the cheap ones, which fill the gaps.

    `--dist worksteal` gives each worker a run of neighbours at first, and takes from the end of the longest queue for
    whoever has done: a folder of long stories would be one worker's until nobody else has anything to do.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    shares: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for module in sorted((list(found) for _, found in groupby(filter(_is_dear, items), _path)), key=len, reverse=True):
        min(shares, key=len).extend(module)
    cheap, left = (item for item in list(items) if not _is_dear(item)), len(items)
    items.clear()
    for number, share in enumerate(shares):
        size = left // (workers - number)  # as worksteal counts
        items += [*share, *islice(cheap, max(0, size - len(share)))]
        left -= size


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """What takes minutes to build where it is not kept is built before any test's time runs."""
    if not session.config.option.collectonly and any("make_yaml" in item.fixturenames for item in session.items):
        made("tools/pulumi/host", "yaml")


def _is_dear(item: pytest.Item) -> bool:
    """Whether it runs the engine or needs the cluster: seconds, where others take thousandths."""
    return any(item.get_closest_marker(name) for name in ("stack", "cluster"))


def _path(item: pytest.Item) -> Path:
    return item.path


@pytest.fixture(scope="session")
def _no_proxy() -> Iterator[None]:
    """The SDKs' sync path honours HTTP_PROXY and ignores NO_PROXY."""
    saved = {key: os.environ.pop(key) for key in tuple(os.environ) if key.lower().endswith("_proxy")}
    yield
    os.environ.update(saved)


@pytest.fixture(scope="session")
def registry_program() -> Path:
    """What a cloud's registry is, which it looks for when it starts."""
    return made("tools/registry/build")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, _no_proxy: None) -> Iterator[Cloud]:
    """Not emptied; a start is a second of a processor, a reset thousandths."""
    from emulator.harness import Cloud  # noqa: PLC0415 - SDKs take seconds to load, and most tests need none

    made("tools/registry/build")  # which it looks for when it starts
    cloud = Cloud(tmp_path_factory.mktemp("cloud"), "--virtual", "--port", "0")
    yield cloud.wait_until_answering()
    cloud.stop()


@pytest.fixture
def cloud(server: Cloud) -> Cloud:
    server.control("POST", "reset")
    return server


@pytest.fixture
def start(tmp_path: Path, _no_proxy: None) -> Iterator[Callable[..., Cloud]]:
    """Starts a server of the test's own; always on the same state file."""
    from emulator.harness import Cloud  # noqa: PLC0415 - SDKs take seconds to load, and most tests need none

    made("tools/registry/build")
    started: list[Cloud] = []

    def run(*options: str) -> Cloud:
        cloud = Cloud(tmp_path, *options)
        started.append(cloud)
        return cloud.wait_until_answering()

    yield run
    for cloud in started:
        cloud.stop()
