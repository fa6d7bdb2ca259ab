"""What a preview says of a deployment before there is one: its price, what stands in its way, its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from computenest.serve.lifecycles import served
from emulator.in_process import InProcess
from lifecycle.instances import next_version, offer, wanted
from lifecycle.lives import AnyLife

pytestmark = [pytest.mark.timeout(900), pytest.mark.parametrize("instance", ["plugin"], indirect=True)]
PRICE = 0.5
A_MONTH = "shop costs 1 CNY an hour while it runs (about 730.00 CNY a month)"
"""Two machines at half a yuan an hour."""


def process(instance: AnyLife) -> Callable[..., Any]:
    """A check of a new one."""
    lifecycle = served(instance.subject.lifecycle())

    def check(olds: dict[str, Any] | None = None, **news: Any) -> Any:
        return instance.subject.run(lifecycle.check(olds or {}, wanted(**{"serviceVersion": "1", **news})))

    return check


def counted(cloud: InProcess, action: str) -> int:
    calls = cloud.control("GET", "calls")["last"]
    return sum(call["action"] == action for call in calls)


def test_a_new_one_says_what_it_costs_and_the_same_one_nothing(cloud: InProcess, instance: AnyLife) -> None:
    service_id, artifact_id = offer(cloud)
    cloud.switch("ros.machine_price", PRICE)
    check = process(instance)
    found = check(serviceId=service_id)
    assert (found.failures, list(found.warnings)) == ((), [A_MONTH])
    assert counted(cloud, "GetServiceEstimateCost") == 1
    assert list(check(found.inputs, serviceId=service_id).warnings) == []
    assert counted(cloud, "GetServiceEstimateCost") == 1, "what stays as it is is not asked about"
    larger = check(found.inputs, serviceId=service_id, parameters={"Amount": 3}, operation="resize")
    assert any("1095.00 CNY a month" in note for note in larger.warnings)
    assert counted(cloud, "ValidateServiceInstanceName") == 1, "its name stays"
    next_version(cloud, service_id, artifact_id)
    upgraded = process(instance)(found.inputs, serviceId=service_id, serviceVersion="2")
    assert A_MONTH in upgraded.warnings, "a process says it once of an instance, and this is another"


@pytest.mark.parametrize(
    ("match", "why"),
    [
        ({"action": "GetServiceEstimateCost"}, "the cloud refuses to say"),
        ({"action": "CheckServiceDeployable"}, "and whether it is deployable"),
    ],
)
def test_an_answer_that_does_not_come_fails_nothing(
    cloud: InProcess, instance: AnyLife, match: dict[str, str], why: str
) -> None:
    service_id, _ = offer(cloud)
    cloud.switch("ros.machine_price", PRICE)
    denied = {"kind": "error", "status": 403, "code": "Forbidden.RAM", "message": "no"}
    cloud.fault(denied, match=match)
    found = process(instance)(serviceId=service_id)
    assert found.failures == (), why
    assert (A_MONTH in found.warnings) is (match["action"] != "GetServiceEstimateCost")


def test_a_name_that_the_cloud_does_not_take_is_told(cloud: InProcess, instance: AnyLife) -> None:
    service_id, _ = offer(cloud)
    refused = {"kind": "error", "status": 400, "code": "InvalidParameter", "message": "The name is taken."}
    cloud.fault(refused, match={"action": "ValidateServiceInstanceName"})
    found = process(instance)(serviceId=service_id)
    assert found.failures == ()
    assert any("name: the cloud does not take it" in note and "taken" in note for note in found.warnings)
