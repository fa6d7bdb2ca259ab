"""What the plugin hears of secrets reaches the messages: the names, whatever language the program is written in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from computenest.cloud.settings import parse_settings
from computenest.resources._program.core import Core
from computenest.resources.service_instance.lifecycle import InstanceLifecycle
from computenest.serve.lifecycles import served
from computenest.serve.plugin import values
from computenest.serve.plugin.protos import provider_pb2
from computenest.serve.plugin.servicer import Provider
from computenest.serve.plugin.status import EngineStatus

TYPE = "computenest:index:ServiceInstance"
PARAMETERS = {"Login": "operator", "Zone": "cn-beijing-h"}


@pytest.mark.parametrize(
    ("secrets", "given", "concealed"),
    [
        ([("parameters", "Login")], {}, ["Login"]),
        ([("parameters",)], {}, ["Login", "Zone"]),
        ([], {"concealed": ["Zone"]}, ["Zone"]),
        ([("parameters", "Login")], {"concealed": ["Zone"]}, ["Login", "Zone"]),
        ([("tags",)], {"tags": {"a": "b"}}, None),
    ],
)
def test_secret_parameters_are_known_by_name(secrets: Any, given: Any, concealed: Any) -> None:
    environ = dict.fromkeys(("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"), "x")
    settings = parse_settings(
        {"computenest:region": "cn-hangzhou"}, environ={**environ, "COMPUTENEST_ENDPOINT": "127.0.0.1:9"}
    )
    core = Core(settings, EngineStatus())
    provider = Provider(EngineStatus(), {})
    provider._core, provider._lifecycles = core, {"ServiceInstance": served(InstanceLifecycle(core))}
    inputs = {"serviceId": "service-1", "region": "cn-beijing", "parameters": PARAMETERS, **given}
    news = values.write(inputs, secrets=secrets)
    olds = values.write({**inputs, "ownerId": "o-i"})  # as before: nothing is asked of a cloud
    request = provider_pb2.CheckRequest(urn=f"urn:pulumi:dev::shop::{TYPE}::shop", olds=olds, news=news)
    answer = asyncio.run(provider.Check(request, None))  # type: ignore[arg-type] - nothing is aborted
    assert list(answer.failures) == []
    found = values.read(answer.inputs)
    assert found.values.get("concealed") == concealed
    assert found.secrets == frozenset(secrets)
