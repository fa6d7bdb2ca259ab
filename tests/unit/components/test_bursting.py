"""Which pods may go to virtual nodes."""

from __future__ import annotations

from typing import Any

import pytest

from computenest.resources._components.bursting import bursts
from computenest.resources._components.effects import effects
from computenest.resources._components.observation import Observation, Rendering
from unit.components.worlds import thing

TAINT = "virtual-kubelet.io/provider"


@pytest.mark.parametrize(
    ("metadata", "spec", "says"),
    [
        ({}, {}, ""),
        ({"labels": {"alibabacloud.com/eci": "true"}}, {}, "go to virtual nodes (label"),
        ({"labels": {"alibabacloud.com/eci": "false"}}, {}, ""),
        ({"annotations": {"alibabacloud.com/burst-resource": "eci"}}, {}, "where others are full"),
        ({"annotations": {"alibabacloud.com/burst-resource": "eci_only"}}, {}, "virtual nodes only (annotation"),
        ({}, {"nodeSelector": {"type": "virtual-kubelet"}}, "virtual nodes only (nodeSelector"),
        ({}, {"tolerations": [{"key": TAINT, "operator": "Exists"}]}, "may go to virtual nodes"),
        ({}, {"tolerations": [{"operator": "Exists"}]}, "may go to virtual nodes"),
        ({}, {"tolerations": [{"key": TAINT, "value": "alibabacloud", "effect": "NoSchedule"}]}, "may go"),
        ({}, {"tolerations": [{"key": TAINT, "value": "azure", "effect": "NoSchedule"}]}, ""),
        ({}, {"tolerations": [{"key": TAINT, "operator": "Exists", "effect": "NoExecute"}]}, ""),
    ],
)
def test_pods_are_told_by_what_ack_documents(metadata: dict[str, Any], spec: dict[str, Any], says: str) -> None:
    template = {"metadata": metadata, "spec": spec}
    for kind, body in (
        ("Deployment", {"spec": {"template": template}}),
        ("CronJob", {"spec": {"jobTemplate": {"spec": {"template": template}}}}),
        ("Pod", {"spec": spec}),
    ):
        if kind == "Pod" and metadata:
            continue
        told = bursts(thing(kind, "web", body))
        assert (says in told) if says else told == "", kind


def test_it_is_said_of_what_changes() -> None:
    web = thing("Deployment", "web", {"spec": {"template": {"metadata": {"labels": {"alibabacloud.com/eci": "true"}}}}})
    line = "! Deployment shop/web: its pods go to virtual nodes (label alibabacloud.com/eci)"
    assert line in effects(Observation((), Rendering((web,)), {web.key: None}, {}), events=()).lines()
    assert line not in effects(Observation((), Rendering((web,)), {web.key: web.body}, {}), events=()).lines()
