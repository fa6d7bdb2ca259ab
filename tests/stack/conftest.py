"""One engine for all stack tests, a cloud and a stack of its own for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from plugin.stacks import YamlStack
from stack.cloud import Cloud
from stack.engine import Stack, engine_folder

TIME_SCALE = 1500.0


@pytest.fixture(scope="session")
def engine() -> Path:
    return engine_folder()


@pytest.fixture
def start_cloud(tmp_path: Path) -> Iterator[Callable[..., Cloud]]:
    """Starts embedded clouds that end with the test."""
    started: list[Cloud] = []

    def start(**options: Any) -> Cloud:
        options.setdefault("time_scale", TIME_SCALE)
        cloud = Cloud.start(tmp_path / f"cloud{len(started)}", **options)
        started.append(cloud)
        return cloud

    yield start
    for cloud in started:
        cloud.stop()


@pytest.fixture(scope="session")
def kept_clouds() -> Iterator[list[Cloud]]:
    """The clouds of tests that leave nothing behind that still runs; the last one serves, if it does."""
    started: list[Cloud] = []
    yield started
    for cloud in started:
        cloud.stop()


@pytest.fixture
def cloud(kept_clouds: list[Cloud], tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    """Empty, as if it had just been started: that takes 4 ms, and a start nearly a second of processor.

    For tests whose processes have all ended when they end; who kills or stops some takes `start_cloud`.
    """
    if kept_clouds and kept_clouds[-1].process.poll() is None:
        kept_clouds[-1].control("POST", "reset")
    else:
        kept_clouds.append(Cloud.start(tmp_path_factory.mktemp("kept"), time_scale=TIME_SCALE))
    return kept_clouds[-1]


@pytest.fixture
def make_stack(tmp_path: Path, engine: Path) -> Callable[..., Stack]:
    """Makes stacks on a cloud; `kind`: what the program is written in."""
    number = count()

    def make(
        cloud: Cloud, *, settings: dict[str, str] | None = None, kind: type[Stack] = Stack, **options: Any
    ) -> Stack:
        folder, config = tmp_path / f"stack{next(number)}", {**cloud.config, **(settings or {})}
        return kind(folder=folder, engine=engine, config=config, environment=cloud.environment, **options)

    return make


@pytest.fixture
def make_yaml(make_stack: Callable[..., Stack]) -> Callable[..., YamlStack]:
    """Makes YAML stacks of the plugin's resources on a cloud."""

    def make(cloud: Cloud, **options: Any) -> YamlStack:
        made = make_stack(cloud, kind=YamlStack, **options)
        assert isinstance(made, YamlStack)
        return made

    return make


@pytest.fixture
def stack(make_stack: Callable[..., Stack], cloud: Cloud) -> Stack:
    return make_stack(cloud)
