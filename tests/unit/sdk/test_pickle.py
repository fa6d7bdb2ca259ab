"""The provider in the state: a reference to a class, the same bytes in every run, with no code and no secret."""

from __future__ import annotations

import base64
import json
import os
import pickletools
import subprocess
import sys

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from computenest.resources.catalog import TYPES
from computenest.transports.dynamic import lifecycles, providers
from computenest.transports.dynamic.providers import EcsImagePackageProvider, ServiceImageAssociationProvider

# Other bytes are a diff on every resource of every stack: these must never change.
PINNED: dict[type, str] = {
    EcsImagePackageProvider: "gASVSwAAAAAAAACMKGNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5wcm92aWRlcnOUjBdFY3NJbWFnZVBhY2thZ2VQcm92aWRlcpSTlCmBlC4=",  # noqa: E501
    ServiceImageAssociationProvider: "gASVUwAAAAAAAACMKGNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5wcm92aWRlcnOUjB9TZXJ2aWNlSW1hZ2VBc3NvY2lhdGlvblByb3ZpZGVylJOUKYGULg==",  # noqa: E501
    lifecycles.CloudServiceDeploymentProvider: "gASVUwAAAAAAAACMKWNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5saWZlY3ljbGVzlIweQ2xvdWRTZXJ2aWNlRGVwbG95bWVudFByb3ZpZGVylJOUKYGULg==",  # noqa: E501
    lifecycles.CloudServiceProvider: "gASVSQAAAAAAAACMKWNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5saWZlY3ljbGVzlIwUQ2xvdWRTZXJ2aWNlUHJvdmlkZXKUk5QpgZQu",  # noqa: E501
    lifecycles.ClusterComponentProvider: "gASVTQAAAAAAAACMKWNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5saWZlY3ljbGVzlIwYQ2x1c3RlckNvbXBvbmVudFByb3ZpZGVylJOUKYGULg==",  # noqa: E501
    lifecycles.ClusterProvider: "gASVRAAAAAAAAACMKWNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5saWZlY3ljbGVzlIwPQ2x1c3RlclByb3ZpZGVylJOUKYGULg==",  # noqa: E501
    lifecycles.ContainerGroupProvider: "gASVSwAAAAAAAACMKWNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5saWZlY3ljbGVzlIwWQ29udGFpbmVyR3JvdXBQcm92aWRlcpSTlCmBlC4=",  # noqa: E501
    lifecycles.ContainerImagePackageProvider: "gASVUgAAAAAAAACMKWNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5saWZlY3ljbGVzlIwdQ29udGFpbmVySW1hZ2VQYWNrYWdlUHJvdmlkZXKUk5QpgZQu",  # noqa: E501
    lifecycles.DeliveryInstallationProvider: "gASVUQAAAAAAAACMKWNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5saWZlY3ljbGVzlIwcRGVsaXZlcnlJbnN0YWxsYXRpb25Qcm92aWRlcpSTlCmBlC4=",  # noqa: E501
    lifecycles.DeliveryPackageProvider: "gASVTAAAAAAAAACMKWNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5saWZlY3ljbGVzlIwXRGVsaXZlcnlQYWNrYWdlUHJvdmlkZXKUk5QpgZQu",  # noqa: E501
    lifecycles.FilePackageProvider: "gASVSAAAAAAAAACMKWNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5saWZlY3ljbGVzlIwTRmlsZVBhY2thZ2VQcm92aWRlcpSTlCmBlC4=",  # noqa: E501
    lifecycles.HelmChartPackageProvider: "gASVTQAAAAAAAACMKWNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5saWZlY3ljbGVzlIwYSGVsbUNoYXJ0UGFja2FnZVByb3ZpZGVylJOUKYGULg==",  # noqa: E501
    lifecycles.ProjectComponentProvider: "gASVTQAAAAAAAACMKWNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5saWZlY3ljbGVzlIwYUHJvamVjdENvbXBvbmVudFByb3ZpZGVylJOUKYGULg==",  # noqa: E501
    lifecycles.ServiceInstanceProvider: "gASVTAAAAAAAAACMKWNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5saWZlY3ljbGVzlIwXU2VydmljZUluc3RhbmNlUHJvdmlkZXKUk5QpgZQu",  # noqa: E501
    lifecycles.ServiceProvider: "gASVRAAAAAAAAACMKWNvbXB1dGVuZXN0LnRyYW5zcG9ydHMuZHluYW1pYy5saWZlY3ljbGVzlIwPU2VydmljZVByb3ZpZGVylJOUKYGULg==",  # noqa: E501
}
SCRIPT = """
import importlib, json, sys
from pulumi.dynamic.dynamic import serialize_provider
found = [getattr(importlib.import_module(module), name) for module, name in json.loads(sys.argv[1])]
print(json.dumps([serialize_provider(provider()) for provider in found]))
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
    assert texts == {provider.__module__, provider.__name__}


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_another_process_writes_the_same_bytes(seed: str) -> None:
    asked = json.dumps([(provider.__module__, provider.__name__) for provider in PINNED])
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, asked],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(run.stdout) == list(PINNED.values())


def test_a_reference_is_no_secret() -> None:
    found = [getattr(providers, f"{name}Provider", None) or getattr(lifecycles, f"{name}Provider") for name in TYPES]
    assert set(found) == set(PINNED), "a new type has its bytes pinned from its first release on"
    assert all(getattr(provider, "serialize_as_secret_always", True) is False for provider in found)
