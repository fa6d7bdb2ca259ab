"""Stacks of content packages: how they are declared, and what lies in the registries and buckets behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.registry.login import Login
from computenest.cloud.settings import parse_settings
from computenest.resources._packages.content_model import Kind
from computenest.resources._packages.repositories import CloudRepositories
from computenest.resources._program.session import open_session
from made import made
from stack.cloud import Cloud
from stack.engine import Stack

PROGRAM = Path(__file__).with_name("uploads_program.py")
LONG_S = 86_400 * 3


def built(tool: str) -> Path:
    """The folder that a tool of tools/registry prints."""
    return made(f"tools/registry/{tool}")


@contextmanager
def with_registry() -> Iterator[None]:
    """The embedded cloud of an installed wheel finds its registry by this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMPUTENEST_REGISTRY", str(built("build") / "computenest-registry"))
        yield


def make_wares(
    make_stack: Callable[..., Stack], cloud: Cloud, *, plugin: bool, settings: dict[str, str] | None = None
) -> Stack:
    """A stack on `cloud`, of the plugin's or of dynamic resources."""
    stack = make_stack(cloud, settings={"computenest:pollIntervalS": "2", **(settings or {})}, program=PROGRAM)
    if plugin:
        stack.use_plugin()
    return stack


class Wares:
    """What a stack declares, one package of each type, in files below `folder`."""

    def __init__(self, folder: Path, *, plugin: bool) -> None:
        self.folder = folder
        self.data: dict[str, Any] = {
            "module": "pulumi_computenest.plugin" if plugin else "pulumi_computenest",
            "timeout_s": LONG_S,
            "images": {"web": self._with(source={"kind": "layout", "path": str(folder / "image")})},
            "charts": {"shop": self._with(source={"kind": "directory", "path": str(folder / "chart")})},
            "files": {
                "app": self._with(file=str(folder / "app.bin"), regions=["cn-beijing", "cn-hangzhou"]),
            },
        }

    @staticmethod
    def _with(**given: Any) -> dict[str, Any]:
        return {**given, "timeout_s": LONG_S}

    def declare(self, stack: Stack) -> None:
        stack.declare(**self.data)


def registry_of(cloud: Cloud, repository: str) -> dict[str, Any]:
    """The registry that holds a repository of this last name, as the control plane sees it; {} for none."""
    for registry in cloud.control("GET", "registries"):
        for found in registry["repositories"]:
            if found["name"].rpartition("/")[2] == repository:
                return {**registry, "path": found["name"], "tags": found["tags"]}
    return {}


def traffic_bytes(cloud: Cloud) -> int:
    """Bytes of bodies that clients sent to registries and buckets since the cloud started."""
    received = cloud.control("GET", "traffic")["received_bytes"]
    return sum(count for service, count in received.items() if service in {"oss", "registry"})


def objects(cloud: Cloud) -> list[str]:
    """What lies in the buckets of accounts' files and registries' blobs."""
    rows = cloud.control("GET", "objects")
    kept = [row for row in rows if not row["bucket"].startswith("computenest-upload-")]
    return sorted(f"{row['bucket']}/{row['name']}" for row in kept if "/_uploads/" not in row["name"])


class Keyring:
    """A temporary key of the supplier's, by its own API."""

    def __init__(self, cloud: Cloud, kind: Kind) -> None:
        self._cloud, self._kind = cloud, kind

    async def login(self, *, renew: bool) -> Login | None:
        del renew
        settings = parse_settings(self._cloud.config, environ=self._cloud.environment)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("COMPUTENEST_CLOUD_DIR", self._cloud.environment["COMPUTENEST_CLOUD_DIR"])
            session = await asyncio.to_thread(open_session, settings)
        return (await session.port(CloudRepositories).temporary_key(kind=self._kind)).login
