"""A run of create, upgrade and delete struck at any of its calls, and finished by the next."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle.driver import Failed, Killed
from lifecycle.embedded_subjects import InstanceSubject
from lifecycle.faults import Blow
from lifecycle.lives import LIVES, AnyLife

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("position", ["status_deleted", pytest.param("not_found", marks=pytest.mark.long)])
def test_a_run_struck_at_any_call_is_finished_by_the_next(position: str) -> None:
    """Every call of create, upgrade and delete, killed before and after its effect, and with its answer lost."""
    for blow in (Blow.CRASH_BEFORE, Blow.CRASH_AFTER, Blow.LOST_ANSWER):
        at, was_struck = -1, True
        while was_struck:
            at += 1
            was_struck = struck(InstanceSubject(switches={"instance.deleted_shows_as": position}), at, blow)
        assert at >= 10, blow


def struck(subject: InstanceSubject, at: int, blow: Blow) -> bool:
    """One life with one call struck; False where there is no such call."""
    life: AnyLife = LIVES["plugin" if at % 2 else "dynamic"](subject, name="shop")
    subject.faults.rearm(at=at, blow=blow)
    was_struck = False

    def again(news: dict[str, Any] | None) -> None:
        nonlocal was_struck
        for _ in range(3):
            try:
                life.destroy() if news is None else life.up(news)
            except (Killed, Failed):
                assert subject.faults.struck
                was_struck = True
                subject.faults.rearm(at=None)
            else:
                return
        raise AssertionError(f"three runs were not enough (call {at}, {blow})")

    again(subject.news(1))
    assert subject.things() == [life.id]
    again(subject.news(2))
    assert (life.state["serviceVersion"], life.state["reason"]) == ("2", "")
    assert subject.things() == [life.id]
    again(None)
    assert subject.things() == []
    calls = subject.cloud.control("GET", "calls")["last"]
    made = [row for row in calls if row["action"] == "CreateServiceInstance" and row["result"] == "OK"]
    assert len(made) <= (4 if blow is Blow.LOST_ANSWER else 2), "asked again with the same token"
    return was_struck or bool(subject.faults.struck)
