"""A law over every type of resource and both transports: an operation that people stop, or whose deadline passes, at
any of its calls ends in a state that names what exists; where there is no state nothing was made. Who was stopped
makes no call more. The next run goes on from there, and a destroy leaves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from computenest.transports.lifecycles import lifecycles
from emulator.harness import Cloud
from lifecycle.driver import Failed
from lifecycle.halting import TRANSPORTS, Life, Subject
from lifecycle.subjects import EMBEDDED, IN_MEMORY

pytestmark = pytest.mark.timeout(900)

PHASES = ("create", "update", "delete")


def test_no_type_is_left_out() -> None:
    named = {name.partition(",")[0] for name in (*IN_MEMORY, *EMBEDDED)}
    core: object = None
    assert named == {*lifecycles(core)} - {"ServiceImageAssociation"}, "that is pure: it makes no call"  # type: ignore[arg-type]


def operation(life: Life, phase: str) -> Callable[[], None]:
    """What is halted, everything before it being done."""
    if phase == "create":
        return lambda: life.up(1)
    life.up(1)
    return (lambda: life.up(2)) if phase == "update" else life.destroy


def halted(subject: Subject, transport: str, phase: str, act: str, at: int | None, *, is_after: bool = False) -> int:
    """Plays one life; how many calls the operation made."""
    life = TRANSPORTS[transport](subject)
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
        late = set(subject.faults.trace[at + 1 :])  # copies begin together
        assert late <= {subject.faults.struck}, f"{told}: it went on with {late}"
    assert subject.faults.struck or at is None, "the moment never came"
    subject.faults.aim(at=None)
    if life.state:
        assert set(subject.things()) <= {life.id}, told
    else:
        assert subject.leftovers() == [], f"{told}: there is no state"
    _finish(life, phase, told)
    return count


def _finish(life: Life, phase: str, told: str) -> None:
    """The documented commands."""
    subject = life.subject
    if life.state:
        life.refresh()
    if phase != "delete":
        life.up(1 if phase == "create" else 2)
        assert subject.things() == [life.id], told
    if life.state:
        life.destroy()
    assert subject.leftovers() == [], told


def lives(make: Callable[[], Subject], transport: str, phase: str, *, step: int) -> Iterator[tuple[str, int, bool]]:
    """Which act at which call; every `step`th of them, the moments taking turns."""
    calls = halted(make(), transport, phase, "none", None)
    number = 0
    for act in TRANSPORTS[transport](make()).acts:
        for at in range(calls):
            for is_after in (False, True) if act == "cancel" else (False,):
                number += 1
                if number % step == 0:
                    yield act, at, is_after


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name", IN_MEMORY)
def test_an_operation_halted_at_any_call_keeps_its_id(name: str, phase: str, transport: str) -> None:
    count = 0
    for act, at, is_after in lives(IN_MEMORY[name], transport, phase, step=1):
        halted(IN_MEMORY[name](), transport, phase, act, at, is_after=is_after)
        count += 1
    assert count >= 3


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name", EMBEDDED)
def test_so_does_one_of_services_and_instances(cloud: Cloud, name: str, phase: str, transport: str, step: int) -> None:
    def make() -> Subject:
        cloud.control("POST", "reset")
        return EMBEDDED[name](cloud)

    for act, at, is_after in lives(make, transport, phase, step=step):
        subject = make()
        halted(subject, transport, phase, act, at, is_after=is_after)
        subject.close()
