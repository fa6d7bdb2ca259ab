"""Whatever a program says and whatever stands in a state: every operation of every type, through both transports, ends
well or in an error of the domain, and none of them is a fault of the provider."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from computenest.cloud.settings import parse_settings
from computenest.kernel.errors import ComputeNestError
from computenest.resources import catalog
from computenest.resources._program.core import Core
from computenest.serve.dynamic.host import Host
from computenest.serve.plugin import values
from computenest.serve.plugin.protos import provider_pb2
from computenest.serve.plugin.servicer import Provider
from computenest.serve.plugin.status import EngineStatus
from computenest.transports.dynamic import lifecycles, providers
from emulator.harness import Cloud
from lifecycle.bags import TYPES, damaged_bags
from lifecycle.driver import Screen
from lifecycle.processes import AbortedError, Context

EXAMPLES = 15
IDENTITY = {"ownerId": "o-1", "artifactId": "a-1", "serviceId": "s-1", "instanceId": "si-1"}
OPERATIONS = ("check", "diff", "read", "delete")
PROVIDERS = {
    name: getattr(lifecycles, f"{name}Provider", None) or getattr(providers, f"{name}Provider")
    for name in catalog.TYPES
}


@pytest.fixture(scope="module")
def host(server: Cloud) -> Host:
    server.control("POST", "reset")
    return Host(Core(parse_settings({"computenest:region": "cn-hangzhou"}, environ=server.environ()), Screen()))


def told_by_plugin(host: Host, operation: str, type_name: str, olds: Any, news: Any) -> str:
    """The error that the engine would hear of, "" for none."""
    provider = Provider(EngineStatus(), {})
    provider._serve_on(host.core)
    urn = f"urn:pulumi:dev::shop::computenest:index:{type_name}::web"
    before, after = values.write(olds), values.write(news)
    request, method = {
        "check": (provider_pb2.CheckRequest(urn=urn, olds=before, news=after), provider.Check),
        "diff": (provider_pb2.DiffRequest(urn=urn, id="a-1", olds=before, news=after), provider.Diff),
        "read": (provider_pb2.ReadRequest(urn=urn, id="a-1", properties=before, inputs=after), provider.Read),
        "delete": (provider_pb2.DeleteRequest(urn=urn, id="a-1", properties=before), provider.Delete),
    }[operation]
    try:
        asyncio.run_coroutine_threadsafe(method(request, Context()), host._loop).result()
    except AbortedError as aborted:
        return str(aborted)
    return ""


def told_by_dynamic(host: Host, operation: str, type_name: str, olds: Any, news: Any) -> str:
    provider = PROVIDERS[type_name]()
    provider._host = lambda: host
    arguments = {"check": (olds, news), "diff": ("a-1", olds, news), "read": ("a-1", olds), "delete": ("a-1", olds)}
    try:
        getattr(provider, operation)(*arguments[operation])
    except ComputeNestError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("transport", [told_by_plugin, told_by_dynamic], ids=["plugin", "dynamic"])
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("type_name", TYPES)
def test_only_errors_of_the_domain_leave(host: Host, type_name: str, operation: str, transport: Any) -> None:
    state = damaged_bags(type_name, "inputProperties" if operation == "check" else "properties")

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(state, damaged_bags(type_name, "inputProperties"), st.sampled_from([{}, IDENTITY]))
    def law(olds: Any, news: Any, identity: Any) -> None:
        wanted = {"logicalName": "web", "ownerId": "o-1", **news}
        told = transport(host, operation, type_name, {**identity, **olds}, wanted)
        assert "computenest has a fault" not in told, told

    law()


@pytest.mark.parametrize("transport", [told_by_plugin, told_by_dynamic], ids=["plugin", "dynamic"])
@pytest.mark.parametrize("operation", ["diff", "delete"])
@pytest.mark.parametrize("type_name", TYPES)
def test_an_emptied_state_decides_nothing(host: Host, type_name: str, operation: str, transport: Any) -> None:
    """No replacement, and no deletion that leaves what is there behind."""
    inputs = {"logicalName": "web", "ownerId": "o-1", "name": "web", "distribution": {}, "packages": {}}
    told = transport(host, operation, type_name, {}, inputs)
    assert f"the state of {type_name} " in told
    assert "not there; nothing was changed; `pulumi refresh` reads it anew" in told
