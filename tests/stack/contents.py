"""Stacks of content packages: how they are declared, and what lies in the registries and buckets behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
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
from stack.described import MODULES, PROGRAM, its, new, resource, source
from stack.engine import Stack

KEPT = {"timeout_s": 86_400 * 3}
PLACES = (("layout", "image"), ("directory", "chart"))


def built(tool: str) -> Path:
    """The folder that a tool of tools/registry prints."""
    return made(f"tools/registry/{tool}")


def make_wares(
    make_stack: Callable[..., Stack], cloud: Cloud, *, plugin: bool, settings: dict[str, str] | None = None
) -> Stack:
    """A stack on `cloud`, of the plugin's or of dynamic resources."""
    stack = make_stack(cloud, settings={"computenest:pollIntervalS": "2", **(settings or {})}, program=PROGRAM)
    if plugin:
        stack.use_plugin()
    return stack


class Wares:
    """What a stack declares, one package of each type, in files below `folder`.

    `markers` of `template` stand for packages of a service, which `instance` is one of.
    """

    def __init__(self, folder: Path, *, plugin: bool) -> None:
        self.folder, self.module = folder, MODULES["plugin" if plugin else "dynamic"]
        image, chart = ({"kind": kind, "path": str(folder / name)} for kind, name in PLACES)
        self.packages = {
            "web": resource("ContainerImagePackage", source=source(image), **KEPT),
            "shop": resource("HelmChartPackage", source=source(chart), **KEPT),
            "app": resource("FilePackage", file=str(folder / "app.bin"), regions=["cn-beijing", "cn-hangzhou"], **KEPT),
        }
        self.sold: dict[str, Any] = {}

    def sell(self, cloud: Cloud, template: str, markers: dict[str, str], region: str) -> None:
        """Every marker's package from now on is part of a service, of which the customer has an instance."""
        text = new("ServiceTemplate", template=new("Template", text=template, name="template.yaml"))
        self.packages = {name: made for name, made in self.packages.items() if name in markers.values()}
        service = resource(
            "Service",
            templates={"main": text},
            packages={marker: its(name) for marker, name in markers.items()},
            publishing="beta",
            share_accounts={cloud.uid("customer"): "DeployableIncludeBeta"},
            **KEPT,
        )
        of = {"service": its("service"), "template_name": "main", "region": region, "account": "customer"}
        self.sold = {"service": service, "instance": resource("ServiceInstance", **of, **KEPT)}

    def declare(self, stack: Stack) -> None:
        stack.describe({**self.packages, **self.sold}, module=self.module)


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
