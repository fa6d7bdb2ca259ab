"""The provider in the state: a reference to a class, the same bytes in every run, with no code and no secret."""

from __future__ import annotations

import base64
import inspect
import os
import pickletools
import subprocess
import sys

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from computenest.transports.dynamic import providers
from computenest.transports.dynamic.providers import EcsImagePackageProvider, ServiceImageAssociationProvider

# Other bytes are a diff on every resource of every stack: these must never change.
PINNED: dict[type, str] = {
    EcsImagePackageProvider: "gASVSwAAAAAAAACMKGNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5wcm92aWRlcnOUjBdFY3NJbWFnZVBhY2thZ2VQcm92aWRlcpSTlCmBlC4=",  # noqa: E501
    ServiceImageAssociationProvider: "gASVUwAAAAAAAACMKGNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5wcm92aWRlcnOUjB9TZXJ2aWNlSW1hZ2VBc3NvY2lhdGlvblByb3ZpZGVylJOUKYGULg==",  # noqa: E501
}
SCRIPT = """
from pulumi.dynamic.dynamic import serialize_provider
from computenest.transports.dynamic import providers
print(serialize_provider(providers.{name}()))
"""


@pytest.mark.parametrize("provider", PINNED, ids=lambda provider: provider.__name__)
def test_the_bytes_in_the_state_are_pinned(provider: type) -> None:
    text = serialize_provider(provider())
    assert text == PINNED[provider]
    assert len(text) <= 128


@pytest.mark.parametrize("provider", PINNED, ids=lambda provider: provider.__name__)
def test_the_bytes_name_the_class_and_nothing_else(provider: type) -> None:
    operations = list(pickletools.genops(base64.b64decode(serialize_provider(provider()))))
    texts = {argument for _, argument, _ in operations if isinstance(argument, str)}
    assert texts == {providers.__name__, provider.__name__}


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
@pytest.mark.parametrize("provider", PINNED, ids=lambda provider: provider.__name__)
def test_another_process_writes_the_same_bytes(provider: type, seed: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(name=provider.__name__)],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == PINNED[provider]


def test_a_reference_is_no_secret() -> None:
    found = [
        member
        for _, member in inspect.getmembers(providers, inspect.isclass)
        if member.__module__ == providers.__name__ and not member.__name__.startswith("_")
    ]
    assert set(found) == set(PINNED)
    assert all(getattr(provider, "serialize_as_secret_always", True) is False for provider in found)
