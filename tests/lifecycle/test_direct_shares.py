"""Access to a source ends with the package that it was given for, whatever became of its copies."""

from __future__ import annotations

import pytest

from lifecycle.driver import Failed
from lifecycle.halting import TRANSPORTS
from lifecycle.subjects import DirectSubject
from simulation.ecs import REGIONS

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("looks", [0, 1, 2])
def test_a_package_without_a_copy_is_there_as_long_as_it_owes_a_share(transport: str, looks: int) -> None:
    """Its first copy was refused; a refresh, or the read that precedes a destroy, must not call it gone."""
    subject = DirectSubject()
    life = TRANSPORTS[transport](subject)
    subject.world.ecs.full |= set(REGIONS)
    with pytest.raises(Failed, match=r"the first copy, in ap-northeast-1"):
        life.up(1)
    assert life.state["images"] == {}
    assert subject.leftovers() != [], "the source is shared"
    for _ in range(looks):
        life.refresh()
        assert life.state["status"] == "Incomplete"
    life.destroy()
    assert subject.leftovers() == []


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_it_goes_on_after_the_refresh(transport: str) -> None:
    subject = DirectSubject()
    life = TRANSPORTS[transport](subject)
    subject.world.ecs.full |= set(REGIONS)
    with pytest.raises(Failed):
        life.up(1)
    life.refresh()
    subject.world.ecs.full.clear()
    life.up(1)
    assert sorted(life.state["images"]) == sorted([REGIONS[0], REGIONS[1]])
    life.refresh()
    assert life.state["status"] == "Available"
    life.destroy()
    assert subject.leftovers() == []
