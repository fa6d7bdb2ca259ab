"""The same stories through the real adapters, against the embedded cloud: what one world promises, the other keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from lifecycle import stories, stories_of_change  # noqa: F401 - importing them tells them
from lifecycle.driver import HOME, wish
from lifecycle.embedded import EmbeddedWorld, Server
from lifecycle.telling import STORIES, Story, images

SWITCHED: dict[str, Any] = {
    "artifact.names_unique": False,
    "artifact.deleted_shows_as": "status_deleted",
    "client_token.replays_deleted": False,
    "delivery.fills_in_by_region": False,
    "delivery.failed_status": "DeliveryFailed",
    "build.running_status": "Building",
    "get.default_version": "released_first",
    "list.name_filter": "prefix",
    "http.not_found_status": 404,
    "supplier.not_found_codes": "not_found",
}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("embedded"))
    yield started
    started.stop()


@pytest.mark.parametrize("switches", [{}, SWITCHED], ids=["usual", "switched"])
@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.name)
def test_story(told: Story, switches: dict[str, Any], server: Server) -> None:
    world = EmbeddedWorld(server, switches)
    try:
        asyncio.run(_tell(told, world))
    finally:
        world.close()


async def _tell(told: Story, world: EmbeddedWorld) -> None:
    await told.tell(world)


def test_an_image_at_risk_that_is_delivered_all_the_same(server: Server) -> None:
    """AtRisk stands beside Available: the package is there, and the next run changes nothing. fact: nest-043"""
    world = EmbeddedWorld(server, {"scan.risk_shows_as": "beside"})

    async def tell() -> None:
        world.fail_scan("AtRisk: CVE-2024-3094")
        assert await world.stack.up(wish(HOME)) == "create"
        assert set(images(world)) == {HOME}
        assert await world.stack.up(wish(HOME)) == "same"

    try:
        asyncio.run(tell())
    finally:
        world.close()
