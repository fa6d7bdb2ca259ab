"""The plugin's stacks: the clouds and the engine of the stack tests, and a YAML program."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plugin.stacks import YamlStack
from stack.cloud import Cloud
from stack.conftest import cloud, engine, kept_clouds, make_stack, make_yaml, start_cloud  # noqa: F401 - fixtures

__all__: list[str] = []


@pytest.fixture
def yaml_stack(make_yaml: Callable[..., YamlStack], cloud: Cloud) -> YamlStack:  # noqa: F811
    return make_yaml(cloud)
