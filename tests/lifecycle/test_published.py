"""Publishing a service makes its packages' copies community images. The plain question hides them: none is lost."""

from __future__ import annotations

import pytest
from alibabacloud_ecs20140526 import models as ecs

from computenest.kernel.names import ImageId, RegionId
from computenest.resources._packages.direct_model import PUBLIC
from computenest.resources.ecs_image_package.copies_api import CloudCopies
from computenest.resources.ecs_image_package.direct.inventory import Inventory
from computenest.resources.ecs_image_package.direct.plan import permitted
from emulator import offers
from emulator.harness import GOLDEN, both
from emulator.in_process import InProcess
from lifecycle.driver import wish
from lifecycle.lives import LIVES
from lifecycle.subjects import ImageSubject
from lifecycle.virtual import VirtualClock, run
from lifecycle.world import Asked

pytestmark = pytest.mark.timeout(300)
REGIONS = ("cn-hangzhou", "cn-beijing")


@both("ecs.describe_shows")
def test_copies_that_a_service_made_public_are_not_made_again(cloud: InProcess, position: str) -> None:
    subject = ImageSubject(cloud, switches={"ecs.describe_shows": position})
    life, copies = LIVES["plugin"](subject), Asked(CloudCopies(subject.session.client), subject.run)
    news = wish(*REGIONS, source={"kind": "custom", "imageId": "m-bp1gold0000000000001", "region": "cn-hangzhou"})
    life.up(news)
    made, version = life.state["images"], life.state["version"]
    text = offers.metadata(offers.relation(life.state["artifactId"]), offers.upload(cloud))
    offers.publish(cloud, offers.save(cloud, text, share_type="Public"))
    there = {"region": REGIONS[1], "ids": [made[REGIONS[1]]]}
    assert bool(copies.describe(**there)) is (position == "everything")
    assert copies.published(**there)
    life.state["visible"] = list(REGIONS)  # seen once, so that not to be seen would mean lost
    assert life.refresh()
    assert (life.state["status"], life.state["images"]) == ("Available", made)
    assert life.up(news) == "same"
    longer = {**news, "regions": [*REGIONS, "cn-shanghai"]}
    life.state["visible"] = list(REGIONS)
    life.up(longer)
    assert {region: life.state["images"][region] for region in REGIONS} == made
    assert life.state["version"] != version, "a region more is a version more, and no more than that"
    created = cloud.ledger()["accounts"]["hub"]["images_created"]
    assert created == len(REGIONS) + 1


@both("ecs.describe_shows")
def test_an_own_copy_that_was_made_public_is_found_by_its_id_and_made_private(cloud: InProcess, position: str) -> None:
    """The adapter alone: what direct distribution does with a copy that somebody published."""
    cloud.switch("ecs.describe_shows", position)
    image, home = ImageId(GOLDEN), RegionId("cn-hangzhou")
    publish = ecs.ModifyImageSharePermissionRequest(region_id=home, image_id=image, is_public=True)
    cloud.ecs().modify_image_share_permission(publish)
    session, clock = cloud.session(), VirtualClock(cloud.advance, now_s=cloud.now_s)

    async def story() -> None:
        copies = session.port(CloudCopies)
        inventory = Inventory(copies, clock)
        assert (image in {one.image_id for one in await copies.own(region=home)}) is (position == "everything")
        seen = {one.image_id: one for one in await inventory.own(home, frozenset({image}))}
        assert permitted(seen[image], frozenset()) == {PUBLIC}
        await copies.share(region=home, image_id=image, add=[cloud.uid("customer")], remove=[PUBLIC])
        seen = {one.image_id: one for one in await copies.own(region=home)}
        assert not seen[image].is_public
        assert await copies.shares(region=home, image_id=image) == {cloud.uid("customer")}

    run(clock, story())
