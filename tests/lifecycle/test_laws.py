"""Laws over every type of resource and both transports: processes that die, values that are not known yet, what others
do to a resource meanwhile, and imports. A type has them for one row of `cases.CASES`; and with them those of operations
that are halted (`test_halted`), lost networks (`test_silence`), previews (`test_previews`), damaged states."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from computenest.kernel.unknown import UNKNOWN
from lifecycle.cases import CASES
from lifecycle.driver import Failed, Killed
from lifecycle.faults import Blow
from lifecycle.lives import LIVES, AnyLife
from lifecycle.subjects import LawSubject
from lifecycle.test_previews import public_outputs

pytestmark = pytest.mark.timeout(900)

PHASES = ("create", "update", "delete")
BLOWS = (Blow.CRASH_BEFORE, Blow.CRASH_AFTER, Blow.LOST_ANSWER)
MANY = 20  # calls of one operation: of more of them some are enough
NEVER_UNKNOWN = {"ownerId", "logicalName", "templateName", "upgrade"}
"""What the SDK's class says by itself, or takes as a plain value alone."""
OF_OBJECTS = [name for name, case in CASES.items() if not case.make().is_pure]


def operation(life: AnyLife, phase: str) -> Callable[[], Any]:
    """One operation, everything before it being done."""
    subject = life.subject
    if phase == "create":
        return lambda: life.up(subject.news(1))
    life.up(subject.news(1))
    return (lambda: life.up(subject.news(2))) if phase == "update" else life.destroy


def struck(subject: LawSubject, transport: str, phase: str, at: int | None, blow: Blow = Blow.CRASH_BEFORE) -> int:
    """Plays a life whose operation is struck, and then run again; how many calls the operation made."""
    life = LIVES[transport](subject)
    work = operation(life, phase)
    subject.faults.rearm(at=at, blow=blow)
    with contextlib.suppress(Killed, Failed):
        work()
    told, count = f"{phase}, {blow.value}: call {at}, {subject.faults.struck}", subject.faults.count
    assert subject.faults.struck or at is None, "the moment never came"
    subject.faults.rearm(at=None)
    work()
    if phase != "delete":
        assert subject.things() == subject.ids(life), told
        assert life.up(subject.news(1 if phase == "create" else 2)) == "same", told
        life.destroy()
    assert subject.leftovers() == [], told
    return count


@pytest.mark.parametrize("step", [1, pytest.param(0, marks=pytest.mark.long)])
@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name", CASES)
def test_a_process_that_dies_at_any_call_is_resumed_and_nothing_is_doubled(
    name: str, phase: str, transport: str, step: int
) -> None:
    """The blows take turns; in the long run each strikes at each call."""
    calls = struck(CASES[name].make(), transport, phase, None)
    every = 1 if step == 0 else 1 + calls // (12 if calls < MANY else 5)
    for at in range(0, calls, every):
        for blow in BLOWS if step == 0 else (BLOWS[(at // every) % len(BLOWS)],):
            struck(CASES[name].make(), transport, phase, at, blow)


@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize("name", CASES)
def test_what_is_not_known_yet_is_previewed_without_a_guess(name: str, transport: str) -> None:
    """Each input alone, of a new resource and of one that is there; nothing is made of it, and nothing fails."""
    subject = CASES[name].make()
    life = LIVES[transport](subject)
    news = subject.news(1)
    for is_there in (False, True):
        if is_there:
            life.up(news)
        things, before = subject.things(), dict(life.state)
        for key in sorted(news.keys() - NEVER_UNKNOWN):
            wanted: Any = {**news, key: UNKNOWN}
            process = life.process()
            inputs = process.check(life.urn, life.inputs, wanted)
            if is_there:
                assert "ownerId" not in process.diff(life.line, inputs).replaces, key
            if process.previews:
                promised = life.preview(process, inputs)
                public = public_outputs(subject.type_name) & life.state.keys()
                assert public <= promised.keys(), (key, "a dependent would be told that there is none")
        assert (subject.things(), life.state) == (things, before)
    life.destroy()
    assert subject.leftovers() == []


@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize("name", OF_OBJECTS)
def test_what_somebody_deleted_is_gone_and_made_again(name: str, transport: str) -> None:
    subject = CASES[name].make()
    life, other = (LIVES[transport](subject) for _ in range(2))
    life.up(subject.news(1))
    other.id, other.state = life.id, life.state
    other.destroy()
    assert subject.things() == []
    assert not life.refresh()
    assert life.up(subject.news(1)) == "create"
    assert subject.things() == subject.ids(life)
    life.destroy()
    assert subject.leftovers() == []


@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize("name", CASES)
def test_what_somebody_changed_is_seen_and_changed_back(name: str, transport: str) -> None:
    """Another process with the same identity: whatever it makes of the resource, a refresh shows."""
    subject = CASES[name].make()
    life, other = (LIVES[transport](subject) for _ in range(2))
    life.up(subject.news(1))
    other.id, other.state, other.inputs = life.id, life.state, life.inputs
    other.up(subject.news(2))
    if not subject.is_pure:
        assert life.refresh()
        assert (life.changes(subject.news(1)) == []) == subject.yields
    life.up(subject.news(1))
    assert life.refresh()
    assert life.up(subject.news(1)) == "same"
    assert subject.things() == subject.ids(life)
    life.destroy()
    assert subject.leftovers() == []


@pytest.mark.parametrize("name", CASES)
def test_an_import_finds_what_is_there_or_says_that_it_cannot(name: str) -> None:
    """By its id alone, as `pulumi import` does; the program that made it then changes nothing for good."""
    subject = CASES[name].make()
    life = LIVES["plugin"](subject)
    news = {key: value for key, value in subject.news(1).items() if key != "ownerId"}  # the plugin mints it
    life.up(news)
    id_, state, inputs = life.id, life.state, life.inputs
    life.forget()
    try:
        assert life.adopt(id_)
    except Failed as failed:
        if "cannot be imported" not in str(failed):
            raise
        life.id, life.state, life.inputs = id_, state, inputs
    else:
        assert life.up(news) in {"same", "update"}, "never another one"
        assert life.id == id_
        assert life.up(news) == "same"
        assert subject.things() == subject.ids(life)
    life.destroy()
    assert subject.leftovers() == []
