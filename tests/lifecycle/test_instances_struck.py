"""A run of create, upgrade and delete struck at any of its calls, and finished by the next."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from emulator.harness import Cloud
from lifecycle.driver import Failed, Killed
from lifecycle.faults import Blow, Faults
from lifecycle.instances import InstanceStack, next_version, offer, outstanding, wanted

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("position", ["status_deleted", pytest.param("not_found", marks=pytest.mark.long)])
def test_a_run_struck_at_any_call_is_finished_by_the_next(cloud: Cloud, position: str) -> None:
    """Every call of create, upgrade and delete, killed before and after its effect, and with its answer lost."""
    cases = 0
    for blow in (Blow.CRASH_BEFORE, Blow.CRASH_AFTER, Blow.LOST_ANSWER):
        at = 0
        while True:
            cloud.control("POST", "reset")
            cloud.switch("instance.deleted_shows_as", position)
            if not asyncio.run(struck(cloud, at, blow)):
                break
            at += 1
            cases += 1
        assert at >= 10, blow
    assert cases >= 30
    print(f"{cases} cases")  # noqa: T201 - shown with a failure, and by -rP


async def struck(cloud: Cloud, at: int, blow: Blow) -> bool:
    """One life with one call struck; False where there is no such call."""
    service_id, artifact_id = offer(cloud)
    next_version(cloud, service_id, artifact_id)
    faults = Faults(at=at, blow=blow)
    stack = InstanceStack(cloud=cloud, faults=faults)
    was_struck = False

    async def again(wish: dict[str, Any] | None) -> None:
        nonlocal was_struck
        for _ in range(3):
            try:
                await (stack.destroy() if wish is None else stack.up(wanted(**wish)))
            except (Killed, Failed):
                assert faults.struck
                was_struck = True
                faults.rearm(at=None)
            else:
                return
        raise AssertionError(f"three runs were not enough (call {at}, {blow})")

    await again({"serviceId": service_id, "serviceVersion": "1"})
    assert outstanding(cloud) == [stack.state["instanceId"]]
    await again({"serviceId": service_id, "serviceVersion": "2"})
    assert (stack.state["serviceVersion"], stack.state["reason"]) == ("2", "")
    assert outstanding(cloud) == [stack.state["instanceId"]]
    await again(None)
    assert outstanding(cloud) == []
    counts = cloud.control("GET", "calls")["last"]
    made = [row for row in counts if row["action"] == "CreateServiceInstance" and row["result"] == "OK"]
    stack.close()
    assert len(made) <= (4 if blow is Blow.LOST_ANSWER else 2), "asked again with the same token"
    return was_struck or bool(faults.struck)
