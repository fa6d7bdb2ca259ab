"""The stories behind both transports, and with every switch in both positions."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle import stories, stories_of_change  # noqa: F401 - importing them tells them
from lifecycle.telling import STORIES, Story
from lifecycle.world import World

VARIANTS: dict[str, dict[str, Any]] = {
    "usual": {},
    "behind the dynamic host": {"transport": "dynamic"},
    "checks ask, too": {"is_asked": True},
    "names may repeat": {"switches": {"artifact.names_unique": False}},
    "tokens of deleted objects act anew": {"switches": {"client_token.replays_deleted": False}},
    "tokens are forgotten": {"switches": {"client_token.ttl_s": 0}},
    "lists lag": {"lag_s": 20},
    "ids appear at the end": {"switches": {"delivery.fills_in_by_region": False}},
    "losses show in the delivery": {"switches": {"delivery.lost_copy_shows_in": "delivery"}},
    "calls take their time": {"latency_s": 1.7},
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_story(told: Story, variant: str) -> None:
    told.tell(World(**VARIANTS[variant]))
