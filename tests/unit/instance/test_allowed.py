"""What a service lets be done with its instances: an upgrade or operation that it does not allow ends the check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from computenest.kernel.unknown import UNKNOWN
from computenest.resources.service_instance.allowed import (
    is_upgrade,
    refused_by_cloud,
    refused_by_program,
    refused_operation,
)
from computenest.resources.service_instance.declaration import MODELS
from computenest.resources.service_instance.in_place import image_notes
from unit.service.services import facts

RUNS: Mapping[str, Any] = {
    "serviceId": "s-1",
    "region": "cn-beijing",
    "serviceVersion": "1",
    "parameters": {"Kind": "small", "Amount": 1},
    "expectedImages": {"Web": "m-1", "Plan": "m-1", "Other": "m-0"},
}
COMING = {**RUNS, "serviceVersion": UNKNOWN}


def olds(bag: Mapping[str, Any]) -> Any:
    return MODELS.desired.model_validate(bag)


def news(bag: Mapping[str, Any]) -> Any:
    return MODELS.checked.model_validate(bag)


@pytest.mark.parametrize(
    ("wanted", "expected"), [("2", True), (UNKNOWN, True), ("1", False), (None, False), ("0", False), ("beta", True)]
)
def test_what_an_upgrade_is(wanted: Any, expected: bool) -> None:
    assert is_upgrade(olds(RUNS), news({**RUNS, "serviceVersion": wanted})) is expected
    assert not is_upgrade(olds(RUNS), news({**RUNS, "serviceVersion": wanted, "region": "cn-hangzhou"})), (
        "a new instance"
    )
    assert not is_upgrade(olds({**RUNS, "serviceVersion": "draft"}), news({**RUNS, "serviceVersion": wanted}))


@pytest.mark.parametrize(
    ("upgrades", "said"),
    [
        (None, ""),
        ({}, ""),
        ({"fromVersions": ["1"]}, ""),
        ({"fromVersions": [UNKNOWN]}, ""),
        ({"allowed": False}, "`upgrades.allowed` of the service is false"),
        ({"fromVersions": ["7", "8"]}, "allows upgrades from 7, 8 only, and the instance runs version 1"),
        ({"fromVersions": []}, "allows upgrades from none only"),
    ],
)
def test_a_version_that_is_about_to_be_made(upgrades: Any, said: str) -> None:
    found = refused_by_program(olds(RUNS), news(COMING), facts({"upgrades": upgrades}))
    assert bool(found) == bool(said)
    for failure in found:
        assert failure.path == "service"
        assert said in failure.reason
        assert "`serviceVersion: 1`" in failure.reason
        assert "--replace" in failure.reason


def test_a_version_that_is_there() -> None:
    wish = news({**RUNS, "serviceVersion": "3"})
    assert refused_by_cloud(olds(RUNS), wish, None, path="service") == []
    assert refused_by_cloud(olds(RUNS), wish, ("2", "3"), path="service") == []
    (failure,) = refused_by_cloud(olds(RUNS), wish, ("2",), path="serviceVersion")
    assert failure.path == "serviceVersion"
    assert "does not allow an upgrade from version 1, it may be upgraded to 2" in failure.reason
    (failure,) = refused_by_cloud(olds(RUNS), wish, (), path="service")
    assert "it may not be upgraded at all" in failure.reason


OPERATIONS = {"changes": {"main": {"resize": {"parameters": ["Kind"]}}}}


@pytest.mark.parametrize(
    ("operation", "parameters", "operations", "expected"),
    [
        ("resize", {"Kind": "big", "Amount": 1}, OPERATIONS, []),
        ("resize", {"Kind": UNKNOWN, "Amount": UNKNOWN}, OPERATIONS, []),
        ("resize", {"Kind": "small", "Amount": 2}, OPERATIONS, ["parameters.Amount"]),
        ("grow", {"Kind": "big", "Amount": 1}, OPERATIONS, ["operation"]),
        ("grow", {"Kind": "big", "Amount": 1}, {}, ["operation"]),
        ("grow", {"Kind": "big", "Amount": 1}, None, []),
        ("grow", {"Kind": "small", "Amount": 1}, OPERATIONS, []),
        (None, {"Kind": "big", "Amount": 1}, OPERATIONS, []),
    ],
)
def test_an_operation_is_one_of_the_services(
    operation: Any, parameters: Any, operations: Any, expected: list[str]
) -> None:
    service = facts({"templates": {"main": {"digest": "d"}}, "operations": operations})
    inputs = {**RUNS, "operation": operation, "parameters": parameters}
    assert [failure.path for failure in refused_operation(olds(RUNS), news(inputs), service)] == expected


TEXT = """\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web: {Type: 'ALIYUN::ECS::InstanceGroup', Properties: {ImageId: image_web}}
  Plan: {Type: 'ALIYUN::ECS::LaunchTemplate', Properties: {ImageId: image_web}}
  Other: {Type: 'ALIYUN::ECS::LaunchTemplate', Properties: {ImageId: image_other}}
"""


def test_images_that_no_update_changes_are_said_by_resource() -> None:
    coming = {**COMING, "expectedImages": {"Web": "m-2", "Plan": "m-2", "Other": "m-0"}}
    plan, in_place = image_notes(olds(RUNS), news(coming), TEXT)
    assert plan.startswith("Plan is an ALIYUN::ECS::LaunchTemplate, whose ImageId no update changes: the upgrade fails")
    assert in_place.startswith("Web will be updated in place where the image changes")
    told = image_notes(olds(RUNS), news({**COMING, "expectedImages": UNKNOWN}), TEXT)
    assert [note.split()[0] for note in told] == ["Other", "Plan", "Web"]
    assert all("where its image changes, the upgrade fails" in note for note in told[:2])
    assert image_notes(olds(RUNS), news(RUNS), TEXT) == []
    assert image_notes(olds(RUNS), news(coming), "") == []
