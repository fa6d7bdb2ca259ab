"""The questions of a check: read-only, few, cached; none of them changes anything."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from computenest.kernel import identity
from computenest.kernel.errors import ComputeNestError, Permanent, Transient
from computenest.kernel.names import OwnerId, RegionId
from computenest.kernel.outcome import Checked
from computenest.kernel.unknown import Known
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.cloud_checks import PackageChecks
from computenest.resources._packages.image_package import Arguments, Package
from computenest.resources._packages.images_api import CloudImages
from computenest.resources._packages.market_api import CloudMarket
from computenest.serve.reading import read
from lifecycle.driver import HOME, OWNER, custom, wish
from lifecycle.world import MARKET, World

T = TypeVar("T")
READS = {"ListArtifacts", "DescribeRegions", "DescribeImages", "DescribeProduct"}


class Desk:
    """Checks on a cloud of their own."""

    def __init__(self) -> None:
        self.world = World()
        client = self.world.session.client
        self.checks = PackageChecks(CloudArtifacts(client), CloudImages(client), CloudMarket(client))

    @property
    def calls(self) -> Counter[str]:
        return Counter(self.world.faults.trace)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.world.run(work)

    async def ask(self, news: Any, olds: Any = None) -> Checked:
        given, failures = read(Arguments, news)
        before = Package[Known].model_validate({"source": custom(9), **olds}) if olds else None
        checked = await self.checks.check(before, given, recorded=None)
        return Checked(checked.inputs.bag(), (*failures, *checked.failures), checked.warnings)

    def told(self, news: Any, olds: Any = None) -> list[tuple[str, str]]:
        checked = self.run(self.ask(news, olds))
        assert checked.warnings == ()
        assert set(self.calls) <= READS
        assert self.world.things() == []
        return [(failure.path, failure.reason) for failure in checked.failures]

    def fails(self, failure: ComputeNestError) -> None:
        """What it asks of images."""

        async def failing(**_: Any) -> Any:
            raise failure

        self.checks.images.describe = failing  # type: ignore[method-assign]


def test_good_input_passes_with_few_questions() -> None:
    desk = Desk()
    assert desk.told(wish(HOME, "cn-beijing")) == []
    assert desk.calls == {"DescribeImages": 1, "ListArtifacts": 1}


def test_a_marketplace_region_where_the_product_is_not_sold_is_refused() -> None:
    source = {**MARKET, "commodityCode": "cmjj00000002"}
    [(path, reason)] = Desk().told(wish(HOME, "cn-shanghai", source=source))
    assert path == "regions"
    assert "not sold in cn-shanghai; it is sold in cn-beijing, cn-hangzhou" in reason


def test_an_unknown_region_is_refused_with_the_nearest() -> None:
    [(path, reason)] = Desk().told(wish(HOME, "cn-bejing"))
    assert (path, "did you mean cn-beijing" in reason) == ("regions[1]", True)


def test_an_image_that_is_not_there_is_refused() -> None:
    [(path, reason)] = Desk().told(wish(HOME, source=custom(7)))
    assert (path, "does not exist in cn-hangzhou" in reason) == ("source.imageId", True)


def test_failures_of_input_and_of_answers_come_together() -> None:
    told = Desk().told(wish(HOME, "cn-bejing", source=custom(7), tags={"acs:x": "1"}))
    assert sorted(path for path, _ in told) == ["regions[1]", "source.imageId", "tags.acs:x"]


def test_answers_are_asked_for_once() -> None:
    desk = Desk()

    async def story() -> None:
        wishes = [wish(HOME, "cn-mars", source=MARKET, name=f"web{n}") for n in range(5)]
        await asyncio.gather(*map(desk.ask, wishes))
        await desk.ask(wishes[0])

    desk.run(story())
    assert (desk.calls["DescribeProduct"], desk.calls["DescribeRegions"]) == (1, 1)


def test_an_image_is_looked_at_once_however_many_packages_stand_on_it() -> None:
    desk = Desk()

    async def story() -> None:
        for number in range(5):  # as the engine does: one after the other
            await desk.ask(wish(HOME, name=f"web{number}"))

    desk.run(story())
    assert desk.calls["DescribeImages"] == 1


def test_nothing_is_asked_of_what_has_not_changed_since_it_was_made() -> None:
    before = Desk()
    checked = before.run(before.ask(wish(HOME, "cn-beijing")))
    olds = dict(checked.inputs)
    desk = Desk()
    desk.told(wish("cn-beijing", HOME, tags={"team": "gate"}), olds)
    assert desk.calls == {}
    for changed in (wish(HOME), wish(HOME, "cn-beijing", source=MARKET)):
        desk.told(changed, olds)
    assert desk.calls == {"DescribeImages": 1, "DescribeProduct": 1}


def test_an_answer_that_failed_is_asked_for_again() -> None:
    desk = Desk()
    regions = desk.checks.images.regions

    async def no_answer() -> frozenset[RegionId]:
        desk.checks.images.regions = regions  # type: ignore[method-assign]
        raise Transient("no answer")

    async def story() -> None:
        desk.checks.images.regions = no_answer  # type: ignore[method-assign]
        warnings = (await desk.ask(wish(HOME, "cn-mars"))).warnings
        assert "no answer" in warnings[0]
        checked = await desk.ask(wish(HOME, "cn-mars"))
        assert checked.warnings == ()
        assert [failure.path for failure in checked.failures] == ["regions[1]"]

    desk.run(story())


def test_a_cloud_that_cannot_be_reached_is_a_warning() -> None:
    desk = Desk()
    desk.fails(Transient("cn-hangzhou does not answer"))
    checked = desk.run(desk.ask(wish(HOME, tags={"acs:x": "1"})))
    assert checked.warnings == ("some checks were left out: cn-hangzhou does not answer (said once a run)",)
    assert [failure.path for failure in checked.failures] == ["tags.acs:x"]


def test_wrong_credentials_are_a_failure_at_once() -> None:
    desk = Desk()
    desk.fails(Permanent("the access key is not known"))
    checked = desk.run(desk.ask(wish(HOME)))
    assert checked.warnings == ()
    assert [failure.reason for failure in checked.failures] == ["the access key is not known"]


@dataclass(frozen=True)
class Named:
    name: str
    tags: dict[str, str]
    is_refused: bool
    reason: str
    olds: dict[str, Any] = field(default_factory=dict)


@pytest.mark.parametrize(
    "case",
    [
        Named("web", {}, True, "somebody else's"),
        Named("web", identity.owner_tags(OwnerId("o-other"), 1), True, "another stack's"),
        Named("web", identity.owner_tags(OWNER, 1), False, "ours, of an interrupted create"),
        Named("web", identity.owner_tags(OWNER, 7), False, "ours, of another generation"),
        Named("web-prod-legacy", {}, False, "only fuzzily the same"),
        Named("web", {}, False, "not asked for what is in the state", {"ownerId": OWNER, "name": "web"}),
    ],
    ids=lambda case: case.reason,
)
def test_a_name_that_is_taken_is_refused_before_anything_is_changed(case: Named) -> None:
    desk = Desk()
    planted = desk.world.plant(case.name, case.tags)
    before = desk.world.artifacts.get(artifact_id=planted)
    checked = desk.run(desk.ask(wish(HOME), case.olds))
    assert [failure.path for failure in checked.failures] == (["name"] if case.is_refused else [])
    assert desk.world.artifacts.get(artifact_id=planted) == before
    if case.is_refused:
        assert planted in checked.failures[0].reason
        assert "left untouched" in checked.failures[0].reason
