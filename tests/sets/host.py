"""What serves the provider to the engine, from the environment of any lock: the stock host of dynamic providers and the
plugin, each a process of its own, and the engine's calls to it. What it answers is what the engine would hear."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import struct_pb2
from pulumi.dynamic.dynamic import serialize_provider

from computenest.resources import catalog
from computenest.serve.plugin import values
from computenest.serve.plugin.protos import provider_pb2, provider_pb2_grpc
from computenest.transports.dynamic import lifecycles, providers
from stack.engine import NOT_INHERITED
from stack.installed import installed

OPERATIONS = ("Check", "Diff", "Create", "Update", "Read", "Delete")
_PROVIDERS = {
    name: getattr(lifecycles, f"{name}Provider", None) or getattr(providers, f"{name}Provider")
    for name in catalog.TYPES
}
TYPES = tuple(sorted(_PROVIDERS))


@dataclass(frozen=True)
class Served:
    """A running process that serves the provider."""

    channel: grpc.Channel
    is_dynamic: bool

    @cached_property
    def stub(self) -> Any:
        return provider_pb2_grpc.ResourceProviderStub(self.channel)

    def configure(self, **settings: str) -> None:
        prefix = "computenest:" if self.is_dynamic else ""
        args = values.write({f"{prefix}{key}": value for key, value in settings.items()})
        self.stub.Configure(provider_pb2.ConfigureRequest(args=args), timeout=60)

    def ask(self, operation: str, type_name: str, *, olds: Any, news: Any) -> str:
        """The error that the engine hears of; of a check that fails, its reasons; "" where there is none."""
        token = (
            f"pulumi-python:dynamic/computenest:{type_name}" if self.is_dynamic else f"computenest:index:{type_name}"
        )
        urn = f"urn:pulumi:dev::shop::{token}::web"
        before, after = self._bag(type_name, olds), self._bag(type_name, news)
        bags = {
            "Create": {"properties": after},
            "Read": {"properties": before},
            "Delete": {"properties": before},
        }.get(operation, {"olds": before, "news": after})
        named = {} if operation in {"Check", "Create"} else {"id": "a-1"}
        request = getattr(provider_pb2, f"{operation}Request")(urn=urn, **bags, **named)
        call = getattr(self.stub, operation).future(request, timeout=60)
        if call.code() is not grpc.StatusCode.OK:
            return str(call.details())
        return "; ".join(failure.reason for failure in getattr(call.result(), "failures", ()))

    def _bag(self, type_name: str, given: Mapping[str, Any]) -> struct_pb2.Struct:
        bag = values.write(given)
        if self.is_dynamic:
            bag.update({"__provider": serialize_provider(_PROVIDERS[type_name]())})
        return bag


@contextmanager
def dynamic_host(lock: str, folder: Path, **environment: str) -> Iterator[Served]:
    """The stock host on the versions of `lock`, for as long as it is needed; `folder` is the program's."""
    with _started([installed(lock) / "python", "-u", "-m", "pulumi.dynamic"], folder, environment) as channel:
        yield Served(channel, is_dynamic=True)


@contextmanager
def plugin(lock: str, folder: Path, **environment: str) -> Iterator[Served]:
    """The plugin likewise."""
    with _started([installed(lock) / "pulumi-resource-computenest"], folder, environment) as channel:
        yield Served(channel, is_dynamic=False)


@contextmanager
def _started(command: list[Any], folder: Path, environment: Mapping[str, str]) -> Iterator[grpc.Channel]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(NOT_INHERITED)}
    env = {**inherited, "PULUMI_PROJECT": "shop", **environment}
    with (folder / "served.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=log)
    with process:
        assert process.stdout is not None
        try:
            port = process.stdout.readline().decode().strip()
            assert port, (folder / "served.log").read_text()
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield channel
        finally:
            process.terminate()
            process.wait(30)
