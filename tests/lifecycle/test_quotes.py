"""What a preview says of a deployment before there is one: its price, what stands in its way, its name."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from computenest.cloud.settings import parse_settings
from computenest.resources._program.core import Core
from computenest.resources.service_instance.lifecycle import InstanceLifecycle
from computenest.serve.lifecycles import served
from emulator.harness import Cloud
from emulator.offers import CONTROL_REGION
from lifecycle.driver import Screen
from lifecycle.instances import OWNER, next_version, offer

pytestmark = pytest.mark.timeout(900)
PRICE = 0.5
A_MONTH = "shop costs 1 CNY an hour while it runs (about 730.00 CNY a month)"
"""Two machines at half a yuan an hour."""


def lifecycle_of(cloud: Cloud) -> Any:
    """What a new process has."""
    settings = parse_settings({"computenest:region": CONTROL_REGION}, environ=cloud.environ("customer"))
    return served(InstanceLifecycle(Core(settings, Screen())))


def asked(lifecycle: Any, olds: dict[str, Any] | None = None, **news: Any) -> Any:
    wanted = {"ownerId": OWNER, "logicalName": "shop", "region": "cn-beijing", "serviceVersion": "1", **news}
    return asyncio.run(lifecycle.check(olds or {}, wanted))


def counted(cloud: Cloud, action: str) -> int:
    calls = cloud.control("GET", "calls")["last"]
    return sum(call["action"] == action for call in calls)


def test_a_new_one_says_what_it_costs_and_the_same_one_nothing(cloud: Cloud) -> None:
    service_id, artifact_id = offer(cloud)
    cloud.switch("ros.machine_price", PRICE)
    lifecycle = lifecycle_of(cloud)

    async def story() -> None:
        async def check(olds: dict[str, Any] | None, **news: Any) -> Any:
            wanted = {"ownerId": OWNER, "logicalName": "shop", "region": "cn-beijing", "serviceId": service_id}
            return await lifecycle.check(olds or {}, {"serviceVersion": "1", **wanted, **news})

        found = await check(None)
        assert (found.failures, list(found.warnings)) == ((), [A_MONTH])
        assert counted(cloud, "GetServiceEstimateCost") == 1
        assert list((await check(found.inputs)).warnings) == []
        assert counted(cloud, "GetServiceEstimateCost") == 1, "what stays as it is is not asked about"
        larger = await check(found.inputs, parameters={"Amount": 3}, operation="resize")
        assert any("1095.00 CNY a month" in note for note in larger.warnings)
        assert counted(cloud, "ValidateServiceInstanceName") == 1, "its name stays"
        next_version(cloud, service_id, artifact_id)
        wanted = {**found.inputs, "logicalName": "shop", "serviceVersion": "2"}
        upgraded = await lifecycle_of(cloud).check(found.inputs, wanted)
        assert A_MONTH in upgraded.warnings, "a process says it once of an instance, and this is another"

    asyncio.run(story())


@pytest.mark.parametrize(
    ("match", "why"),
    [
        ({"action": "GetServiceEstimateCost"}, "the cloud refuses to say"),
        ({"action": "CheckServiceDeployable"}, "and whether it is deployable"),
    ],
)
def test_an_answer_that_does_not_come_fails_nothing(cloud: Cloud, match: dict[str, str], why: str) -> None:
    service_id, _ = offer(cloud)
    cloud.switch("ros.machine_price", PRICE)
    denied = {"kind": "error", "status": 403, "code": "Forbidden.RAM", "message": "no"}
    cloud.fault(denied, match=match)
    found = asked(lifecycle_of(cloud), serviceId=service_id)
    assert found.failures == (), why
    assert (A_MONTH in found.warnings) is (match["action"] != "GetServiceEstimateCost")


def test_a_name_that_the_cloud_does_not_take_is_told(cloud: Cloud) -> None:
    service_id, _ = offer(cloud)
    refused = {"kind": "error", "status": 400, "code": "InvalidParameter", "message": "The name is taken."}
    cloud.fault(refused, match={"action": "ValidateServiceInstanceName"})
    found = asked(lifecycle_of(cloud), serviceId=service_id)
    assert found.failures == ()
    assert any("name: the cloud does not take it" in note and "taken" in note for note in found.warnings)
