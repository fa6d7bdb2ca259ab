"""A law over every type of resource and both transports: an operation that people stop, or whose deadline passes, at
any of its calls ends in a state that names what exists; where there is no state nothing was made. Who was stopped
makes no call more. The next run goes on from there, and a destroy leaves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from computenest.serve.lifecycles import lifecycles
from lifecycle.cases import CASES
from lifecycle.driver import Failed
from lifecycle.lives import LIVES, AnyLife
from lifecycle.subjects import LawSubject

pytestmark = pytest.mark.timeout(900)

PHASES = ("create", "update", "delete")


def test_no_type_is_left_out() -> None:
    core: Any = None
    assert {case.type_name for case in CASES.values()} == {*lifecycles(core)}, "each type has every law for one row"


def operation(life: AnyLife, phase: str) -> Callable[[], None]:
    """What is halted, everything before it being done."""
    if phase == "create":
        return lambda: life.up(life.subject.news(1))
    life.up(life.subject.news(1))
    return (lambda: life.up(life.subject.news(2))) if phase == "update" else life.destroy


def halted(subject: LawSubject, transport: str, phase: str, act: str, at: int | None, *, is_after: bool = False) -> int:
    """Plays one life; how many calls the operation made."""
    life = LIVES[transport](subject)
    work = operation(life, phase)
    subject.faults.aim(at=at, is_after=is_after)
    if act == "late":
        subject.faults.halt = subject.pass_time
    try:
        work()
    except Failed:
        assert at is not None
    told = f"{phase}, {act} {'after' if is_after else 'before'} call {at}, {subject.faults.struck}"
    count = subject.faults.count
    if act == "cancel" and at is not None:
        late = subject.faults.trace[at + 1 :]  # copies begin together, and of other clusters a call is under way
        assert {*late} <= {subject.faults.struck} or len(late) < subject.at_once, f"{told}: it went on with {late}"
    assert subject.faults.struck or at is None, "the moment never came"
    subject.faults.aim(at=None)
    if life.state:
        assert set(subject.things()) <= subject.found_by(life), told
    else:
        assert subject.leftovers() == [], f"{told}: there is no state"
    _finish(life, phase, told)
    return count


def _finish(life: AnyLife, phase: str, told: str) -> None:
    """The documented commands."""
    subject = life.subject
    if life.state:
        life.refresh()
    if phase != "delete":
        life.up(life.subject.news(1 if phase == "create" else 2))
        assert subject.things() == subject.ids(life), told
    if life.state:
        life.destroy()
    assert subject.leftovers() == [], told


def lives(make: Callable[[], LawSubject], transport: str, phase: str) -> Iterator[tuple[str, int, bool]]:
    """Which act at which call."""
    calls = halted(make(), transport, phase, "none", None)
    for act in LIVES[transport](make()).transport.acts:
        for at in range(calls):
            for is_after in (False, True) if act == "cancel" else (False,):
                yield act, at, is_after


@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name", CASES)
def test_an_operation_halted_at_any_call_keeps_its_id(name: str, phase: str, transport: str) -> None:
    make, count = CASES[name].make, 0
    for act, at, is_after in lives(make, transport, phase):
        halted(make(), transport, phase, act, at, is_after=is_after)
        count += 1
    assert count >= 3 or make().is_pure
