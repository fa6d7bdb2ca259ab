"""Stop and start, and what is done with a deployment that failed: the plan and the diff."""

from __future__ import annotations

from typing import Any

import pytest

from computenest.kernel.plan import Done, Fail, Step
from computenest.resources.service_instance import check as checks
from computenest.resources.service_instance import diff as diffs
from computenest.resources.service_instance import plan
from computenest.resources.service_instance.declaration import MODELS
from computenest.resources.service_instance.model import Instance, InstanceId
from unit.bags import check_of, diff_of

check, diff = check_of(MODELS, checks.check), diff_of(MODELS, diffs.diff)

WISH: dict[str, Any] = {"ownerId": "o-1", "logicalName": "shop", "region": "cn-beijing", "serviceId": "service-1"}


def seen(status: str) -> Instance:
    return Instance(
        instance_id=InstanceId("si-1"),
        name="shop",
        status=status,
        status_detail="Sold out",
        progress_percent=None,
        service_id="service-1",
        service_version="1",
        template_name="main",
        parameters={},
        outputs={},
        stack=None,
        tags={},
        resource_group_id="",
        modified="",
    )


def step(status: str, *, tried: frozenset[str] = frozenset(), is_known: bool = True, **wish: Any) -> Step:
    checked = check({}, {**WISH, **wish}, recorded=None)
    assert not checked.failures, checked.failures
    wanted = MODELS.desired.model_validate(checked.inputs)
    return plan.next_step(wanted, seen(status), tried=tried, is_found=False, is_known=is_known)


@pytest.mark.parametrize(
    ("power", "status", "expected"),
    [
        ("stopped", "Deployed", plan.Power(is_on=False)),
        ("stopped", "StopFailed", plan.Power(is_on=False)),
        ("stopped", "Stopped", Done()),
        ("running", "Stopped", plan.Power(is_on=True)),
        ("running", "StartFailed", plan.Power(is_on=True)),
        ("running", "Deployed", Done()),
        (None, "Stopped", Done()),
        (None, "Deployed", Done()),
    ],
)
def test_machines_are_stopped_and_started(power: str | None, status: str, expected: Step) -> None:
    assert step(status, power=power) == expected


def test_a_stop_that_fails_ends_the_run_with_its_cause() -> None:
    found = step("StopFailed", power="stopped", tried=frozenset({"Power"}))
    assert isinstance(found, Fail)
    assert "Sold out" in found.reason


def test_a_failed_deployment_goes_on_once_where_that_is_wanted() -> None:
    assert step("DeployedFailed", onFailure="continue") == plan.Continue()
    assert isinstance(step("DeployedFailed", onFailure="continue", tried=frozenset({"Continue"})), Fail)
    assert isinstance(step("DeployedFailed", onFailure="continue", is_known=False), Fail), "made in this very run"
    assert isinstance(step("DeployedFailed"), Fail)
    assert isinstance(step("DeletedFailed", onFailure="continue"), Fail)


@pytest.mark.parametrize(
    ("mode", "changes", "replaces"),
    [
        ("replace", ("status",), ("status",)),
        ("continue", ("status",), ()),
        ("leave", (), ()),
        (None, ("status",), ("status",)),
    ],
)
def test_what_the_next_run_does(mode: str | None, changes: tuple[str, ...], replaces: tuple[str, ...]) -> None:
    inputs = dict(check({}, {**WISH, "onFailure": mode}, recorded=None).inputs)
    found = diff({**inputs, "status": "DeployedFailed", "instanceId": "si-1"}, inputs)
    assert (found.changes, found.replaces) == (changes, replaces)


def test_parameters_go_along_with_what_goes_on() -> None:
    olds = {**check({}, {**WISH, "parameters": {"A": 1}}, recorded=None).inputs, "status": "DeployedFailed"}
    news = check(olds, {**WISH, "parameters": {"A": 2}, "onFailure": "continue"}, recorded=None).inputs
    assert diff(olds, news).replaces == ()


def test_another_word_is_refused() -> None:
    found = check({}, {**WISH, "power": "off", "onFailure": "retry"}, recorded=None).failures
    assert {failure.path for failure in found} == {"power", "onFailure"}
