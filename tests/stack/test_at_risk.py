"""An image that the scan finds at risk and that is delivered all the same, on the real engine. fact: nest-043"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stack.cloud import Cloud
from stack.engine import Stack
from stack.instances import MODULES, tell_of
from stack.wishes import GOLD_2

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

FOUND = "version 1 is at risk, says the security scan: AtRisk: CVE-2024-3094"


@pytest.mark.parametrize(
    "transport", [pytest.param(name, marks=() if name == "dynamic" else pytest.mark.long) for name in MODULES]
)
def test_every_command_says_what_was_found(transport: str, cloud: Cloud, make_stack: Callable[..., Stack]) -> None:
    cloud.switch("review.approves_at_once", 1)
    cloud.switch("scan.risk_shows_as", "beside")
    cloud.faults({"effect": {"kind": "fail_scan", "code": "AtRisk", "message": "CVE-2024-3094"}, "times": 1})
    story = tell_of(cloud, make_stack, transport)
    stack = story.stack
    assert FOUND in stack.up().succeeded().text
    made = stack.resources()["web"]["outputs"]
    assert (made["status"], made["reasons"], made["risk"].startswith(FOUND)) == ("Available", {}, True)
    assert FOUND in stack.run("preview", "--expect-no-changes").succeeded().text
    assert FOUND in stack.up("--expect-no-changes").succeeded().text
    stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes").succeeded()
    story.declare(image=GOLD_2["image_id"])
    assert FOUND in stack.preview().succeeded().text, "it is the one that runs"
    stack.up().succeeded()
    assert "risk" not in stack.resources()["web"]["outputs"], "the next version was scanned by itself"
    assert FOUND not in stack.run("preview", "--expect-no-changes").succeeded().text
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"], cloud.ledger()
