"""What a preview says of a deployment before there is one: its price, what stands in its way, its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from computenest.serve.lifecycles import served
from emulator.in_process import InProcess
from lifecycle.embedded_subjects import InstanceSubject
from lifecycle.instances import next_version, offer, wanted

pytestmark = pytest.mark.timeout(900)
PRICE = 0.5
A_MONTH = "shop costs 1 CNY an hour while it runs (about 730.00 CNY a month)"
"""Two machines at half a yuan an hour."""


@pytest.fixture
def check(cloud: InProcess) -> Callable[..., Any]:
    """A check of an instance, always in one process."""
    subject = InstanceSubject(cloud, is_bare=True)
    lifecycle = served(subject.lifecycle())

    def checked(olds: dict[str, Any] | None = None, **news: Any) -> Any:
        return subject.run(lifecycle.check(olds or {}, wanted(**{"serviceVersion": "1", **news})))

    return checked


def counted(cloud: InProcess, action: str) -> int:
    calls = cloud.control("GET", "calls")["last"]
    return sum(call["action"] == action for call in calls)


def test_a_new_one_says_what_it_costs_and_the_same_one_nothing(cloud: InProcess, check: Callable[..., Any]) -> None:
    service_id, artifact_id = offer(cloud)
    cloud.switch("ros.machine_price", PRICE)
    found = check(serviceId=service_id)
    assert (found.failures, list(found.warnings)) == ((), [A_MONTH])
    assert counted(cloud, "GetServiceEstimateCost") == 1
    assert list(check(found.inputs, serviceId=service_id).warnings) == []
    assert counted(cloud, "GetServiceEstimateCost") == 1, "what stays as it is is not asked about"
    larger = check(found.inputs, serviceId=service_id, parameters={"Amount": 3}, operation="resize")
    assert any("1095.00 CNY a month" in note for note in larger.warnings)
    assert counted(cloud, "ValidateServiceInstanceName") == 1, "its name stays"
    next_version(cloud, service_id, artifact_id)
    another = InstanceSubject(cloud, is_bare=True)
    wanted = {**found.inputs, "logicalName": "shop", "serviceVersion": "2"}
    upgraded = another.run(served(another.lifecycle()).check(found.inputs, wanted))
    assert A_MONTH in upgraded.warnings, "a process says it once of an instance, and this is another"


@pytest.mark.parametrize(
    ("match", "why"),
    [
        ({"action": "GetServiceEstimateCost"}, "the cloud refuses to say"),
        ({"action": "CheckServiceDeployable"}, "and whether it is deployable"),
    ],
)
def test_an_answer_that_does_not_come_fails_nothing(
    cloud: InProcess, check: Callable[..., Any], match: dict[str, str], why: str
) -> None:
    service_id, _ = offer(cloud)
    cloud.switch("ros.machine_price", PRICE)
    denied = {"kind": "error", "status": 403, "code": "Forbidden.RAM", "message": "no"}
    cloud.fault(denied, match=match)
    found = check(serviceId=service_id)
    assert found.failures == (), why
    assert (A_MONTH in found.warnings) is (match["action"] != "GetServiceEstimateCost")


def test_a_name_that_the_cloud_does_not_take_is_told(cloud: InProcess, check: Callable[..., Any]) -> None:
    service_id, _ = offer(cloud)
    refused = {"kind": "error", "status": 400, "code": "InvalidParameter", "message": "The name is taken."}
    cloud.fault(refused, match={"action": "ValidateServiceInstanceName"})
    found = check(serviceId=service_id)
    assert found.failures == ()
    assert any("name: the cloud does not take it" in note and "taken" in note for note in found.warnings)
