"""What is special about `Widget`; the laws of every type run over `subject.CASES` (tests/lifecycle)."""

from __future__ import annotations

from typing import Any

import pytest

from computenest.kernel.outcome import INCOMPLETE
from computenest.kernel.plan import Failed
from computenest.kernel.unknown import UNKNOWN
from computenest.resources.widget import plan
from computenest.resources.widget.check import check
from computenest.resources.widget.declaration import Arguments
from computenest.resources.widget.diff import diff
from computenest.resources.widget.model import Inputs, State, Widget, WidgetId

GIVEN: dict[str, Any] = {"ownerId": "o-1", "logicalName": "web"}


def checked(**more: Any) -> Any:
    return check(None, Arguments.model_validate({**GIVEN, **more}), replaced=None)


@pytest.mark.parametrize(
    ("given", "path"),
    [({"size": 0}, "size"), ({"size": 101}, "size"), ({"timeoutS": 0}, "timeoutS"), ({"name": " x"}, "name")],
)
def test_a_bad_input_is_refused_at_its_path(given: dict[str, Any], path: str) -> None:
    assert [failure.path for failure in checked(**given).failures] == [path]


def test_what_is_not_known_yet_is_not_guessed() -> None:
    found = checked(size=UNKNOWN, name=UNKNOWN)
    assert found.failures == ()
    assert found.inputs.size is UNKNOWN


def test_another_name_replaces_and_another_size_does_not() -> None:
    state = State.made(checked().inputs, widget_id="widget-1", status="Available")
    assert diff(state, checked().inputs).changes == ()
    assert diff(state, checked(size=2).inputs).replaces == ()
    assert diff(state, checked(name="other").inputs).replaces == ("name",)
    assert diff(State.made(state, status=INCOMPLETE), checked().inputs).changes == ("status",)


@pytest.mark.parametrize(
    ("status", "size", "step"),
    [("Creating", 1, plan.Await), ("Available", 2, plan.Resize), ("CreateFailed", 1, Failed)],
)
def test_one_step_follows_from_what_is_seen(status: str, size: int, step: type) -> None:
    wanted = Inputs(size=1)
    assert isinstance(plan.next_step(wanted, Widget(WidgetId("widget-1"), "web", status, size, {})), step)
