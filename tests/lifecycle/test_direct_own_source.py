"""Direct distribution where the source lives in the hub account itself: it stands for the copy of its own region, and
through a whole life of the package nothing of it changes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.settings import parse_settings
from computenest.kernel.names import AccountName, ImageId, OwnerId, RegionId
from computenest.kernel.outcome import Outcome
from computenest.resources._program.core import Core
from computenest.resources.ecs_image_package.copies_api import CloudCopies
from computenest.resources.ecs_image_package.lifecycle import ImageLifecycle
from computenest.serve.lifecycles import served
from computenest.serve.served import Served
from lifecycle.driver import Screen
from stack.cloud import Cloud

pytestmark = pytest.mark.timeout(600)

HOME = RegionId("cn-hangzhou")
GOLD = (ImageId("m-bp1gold0000000000001"), ImageId("m-bp1gold0000000000002"))


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    started = Cloud.start(tmp_path / "cloud")
    monkeypatch.setenv("COMPUTENEST_CLOUD_DIR", str(started.folder))
    yield started
    started.stop()


async def up(images: Served, state: dict[str, Any], inputs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    news = {
        "ownerId": "o-own",
        "logicalName": "web",
        "source": {"kind": "custom", "imageId": GOLD[0], "region": HOME},
        "regions": [HOME, "cn-beijing"],
        "direct": {"permit": ["1000000000000099"]},
        "timeoutS": 999_999,
        **changes,
    }
    checked = await images.check(inputs, news)
    assert checked.failures == ()
    made: Outcome = await (images.update(checked.inputs, state) if state else images.create(checked.inputs))
    assert made.is_complete, made.reasons
    return {**made.state}


@pytest.mark.usefixtures("cloud")
def test_the_source_outlives_every_change_of_a_package_in_its_own_account() -> None:
    async def story() -> None:
        core = Core(parse_settings({"computenest:cloud": "local"}, environ=os.environ), Screen())
        images, session = served(ImageLifecycle(core)), (await core.account_of(AccountName(""))).session

        async def sources() -> list[tuple[Any, frozenset[str]]]:
            seen = await session.port(CloudCopies).describe(region=HOME, ids=GOLD)
            return [(seen.get(one), await session.port(CloudCopies).shares(region=HOME, image_id=one)) for one in GOLD]

        before = await sources()
        assert all(image is not None for image, _ in before)
        state = await up(images, {}, {})
        assert state["images"][HOME] == GOLD[0]
        for changes in (
            {"regions": [HOME, "cn-beijing", "cn-shanghai"]},  # a region more
            {"regions": ["cn-shanghai"]},  # its own region wanted no more
            {"source": {"kind": "custom", "imageId": GOLD[1], "region": HOME}},  # another source
        ):
            state = await up(images, state, state, **changes)
            found = await images.read(state["artifactId"], state, owner_id=OwnerId("o-own"))
            assert found is not None
            assert found.outcome.state["strays"] == {}
            assert await sources() == before, changes
            state = dict(found.outcome.state)
        await images.delete(state)
        assert await sources() == before

    asyncio.run(story())
