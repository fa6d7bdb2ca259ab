"""A state of which somebody lost or damaged an output: a refresh reads it anew from the cloud; an operation that comes
before that is refused with the resource's name, or does what is right. Nothing is replaced for it, and nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from computenest.kernel.errors import ComputeNestError
from lifecycle.cases import CASES
from lifecycle.driver import Failed
from lifecycle.lives import LIVES, AnyLife
from lifecycle.subjects import LawSubject

pytestmark = pytest.mark.timeout(900)

KEPT = {"ownerId", "generation", "logicalName"}  # whose it is: without that nobody can say
DAMAGES = ("lost", "of another type")
WRONG: Any = [["damaged"]]

on_every_type = pytest.mark.parametrize("name", CASES)
on_each_transport = pytest.mark.parametrize("transport", LIVES)
of_each_damage = pytest.mark.parametrize("damage", DAMAGES)


@contextmanager
def refused_by_name(subject: LawSubject) -> Iterator[None]:
    """Whether it works or is refused; where it is, with the resource and what its state lacks."""
    said = ""
    try:
        yield
    except (Failed, ComputeNestError) as refused:
        said = str(refused)
    assert not said or f"the state of {subject.type_name} " in said, said
    assert not said or "`pulumi refresh` reads it anew" in said, said


def damaged(state: dict[str, Any], key: str, damage: str) -> dict[str, Any]:
    rest = {one: value for one, value in state.items() if one != key}
    return rest if damage == "lost" else {**rest, key: WRONG}


def outputs(life: AnyLife) -> list[str]:
    """Those that no program gave; of an association everything is made of what it gave."""
    given = {} if life.subject.type_name == "ServiceImageAssociation" else life.inputs
    return sorted(life.state.keys() - KEPT - given.keys() - {life.subject.id_key})


def replaced(life: AnyLife) -> list[str]:
    """For what a preview of the same program would replace it."""
    process = life.process()
    return [*process.diff(life.line, process.check(life.urn, life.inputs, life.subject.news(1))).replaces]


@on_every_type
@on_each_transport
@of_each_damage
def test_a_refresh_reads_anew_what_is_damaged(name: str, transport: str, damage: str) -> None:
    subject = CASES[name].make()
    life = LIVES[transport](subject)
    life.up(subject.news(1))
    life.refresh()
    whole, inputs, id_ = life.state, life.inputs, life.id
    assert outputs(life)
    for key in outputs(life):
        life.state = damaged(whole, key, damage)
        life.refresh()
        assert life.state, (key, "taken for gone")
        assert life.id == id_, key
        assert life.state.get(key) != WRONG, key
        assert subject.things() == subject.ids(life), key
        assert replaced(life) == [], key
        if name == "ServiceImageAssociation":  # nothing in the cloud: what it says is computed by the next run
            life.up(subject.news(1))
            assert life.state == whole, key
        life.state, life.inputs = whole, inputs
    life.destroy()
    assert subject.leftovers() == []


@on_every_type
@on_each_transport
@of_each_damage
def test_what_comes_before_a_refresh_is_refused_or_right(name: str, transport: str, damage: str) -> None:
    subject = CASES[name].make()
    life = LIVES[transport](subject)
    life.up(subject.news(1))
    for key in outputs(life):
        if not life.state:
            life.up(subject.news(1))
        whole, inputs, there = life.state, life.inputs, subject.things()
        life.state = damaged(whole, key, damage)
        with refused_by_name(subject):
            assert replaced(life) == [], key
        with refused_by_name(subject):
            life.up(subject.news(1))
        assert subject.things() == there, (key, "its thing is lost, or another is made beside it")
        life.state, life.inputs = damaged(whole, key, damage), inputs
        with refused_by_name(subject):
            life.destroy()
        assert subject.things() == (there if life.state else []), key
        assert life.state or subject.leftovers() == [], key
        life.state = whole if life.state else {}
    if life.state:
        life.destroy()
    assert subject.leftovers() == []
