"""A state of which somebody lost or damaged an output: a refresh reads it anew from the cloud, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle.cases import IN_MEMORY
from lifecycle.lives import LIVES

KEPT = {"ownerId", "generation"}  # whose it is: without that nobody can say


@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize("name", IN_MEMORY)
@pytest.mark.parametrize("damage", ["lost", "of another type"])
def test_a_refresh_reads_anew_what_is_damaged(name: str, transport: str, damage: str) -> None:
    life = LIVES[transport](IN_MEMORY[name]())
    life.up(life.subject.news(1))
    life.refresh()
    whole, inputs, id_ = life.state, life.inputs, life.id
    for key in sorted(whole.keys() - KEPT - inputs.keys() - {life.subject.id_key}):
        rest = {one: value for one, value in whole.items() if one != key}
        wrong: Any = [["damaged"]]
        life.state = rest if damage == "lost" else {**rest, key: wrong}
        life.refresh()
        assert life.state, (key, "taken for gone")
        assert life.id == id_, key
        assert life.state.get(key) != wrong, key
        assert life.subject.things() == life.subject.ids(life), key
        life.state, life.inputs = whole, inputs
    life.destroy()
    assert life.subject.leftovers() == []
