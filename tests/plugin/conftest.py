"""The plugin's stacks: the clouds and the engine of the stack tests, and a YAML program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugin.stacks import YamlStack
from stack.cloud import Cloud
from stack.conftest import cloud, engine, kept_clouds, make_stack, start_cloud  # noqa: F401 - fixtures

__all__: list[str] = []


@pytest.fixture
def make_yaml(tmp_path: Path, engine: Path) -> Callable[..., YamlStack]:  # noqa: F811
    """Makes YAML stacks on a cloud."""
    made: list[YamlStack] = []

    def make(cloud: Cloud, **options: Any) -> YamlStack:  # noqa: F811
        folder = tmp_path / f"yaml{len(made)}"
        made.append(
            YamlStack(folder=folder, engine=engine, config=cloud.config, environment=cloud.environment, **options)
        )
        return made[-1]

    return make


@pytest.fixture
def yaml_stack(make_yaml: Callable[..., YamlStack], cloud: Cloud) -> YamlStack:  # noqa: F811
    return make_yaml(cloud)
