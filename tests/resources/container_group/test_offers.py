"""What a check asks the cloud: regions, prices and quotas, once, and of a group that stays as it is nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked
from computenest.resources.container_group.check import check
from computenest.resources.container_group.cloud_checks import GroupChecks
from computenest.resources.container_group.declaration import Arguments
from resources.container_group.subject import OffersInMemory

GIVEN: dict[str, Any] = {
    "logicalName": "shop",
    "region": "cn-hangzhou",
    "containers": [{"name": "web", "image": "nginx:1"}],
    "cpu": 2.0,
    "memory": 4.0,
}


def checked(owner: str = "o-1", **more: Any) -> Checked[Any]:
    return check(None, Arguments.model_validate({**GIVEN, "ownerId": OwnerId(owner), **more}), replaced=None)


def test_a_new_group_is_priced_and_one_that_stays_is_asked_nothing() -> None:
    offers = OffersInMemory()
    checks, first = GroupChecks(offers), checked()
    found = asyncio.run(checks.check(None, first))
    assert found.failures == ()
    assert found.warnings == ("shop costs 0.5 CNY an hour while it runs (2 vCPUs, 4 GiB)",)
    assert sorted(offers.asked) == ["price", "regions", "usage"]
    same: Any = first.inputs
    asyncio.run(checks.check(same, checked(containers=[{"name": "web", "image": "nginx:2"}])))
    assert len(offers.asked) == 3


def test_a_region_without_the_product_is_refused_with_the_nearest() -> None:
    found = asyncio.run(GroupChecks(OffersInMemory()).check(None, checked(region="cn-hangzhuo")))
    (failure,) = found.failures
    assert failure.path == "region"
    assert "no Elastic Container Instance in 'cn-hangzhuo'; did you mean cn-hangzhou?" in failure.reason


def test_the_groups_of_one_program_are_held_against_the_quota_together() -> None:
    async def story() -> list[Checked[Any]]:
        checks = GroupChecks(OffersInMemory(most_cpu=9.0))  # 1 is taken
        return [await checks.check(None, checked(f"o-{number}")) for number in (1, 2, 3, 4, 4, 5)]

    found = asyncio.run(story())
    assert [bool(one.failures) for one in found] == [False, False, False, False, False, True]
    (failure,) = found[-1].failures
    assert (failure.path, "would have 11 vCPUs in cn-hangzhou, and may have 9" in failure.reason) == ("cpu", True)


def test_another_size_counts_by_what_it_is_more() -> None:
    async def story() -> Checked[Any]:
        checks, olds = GroupChecks(OffersInMemory(most_cpu=5.0)), checked().inputs
        return await checks.check(olds, checked(cpu=4.0, memory=8.0))

    found = asyncio.run(story())
    assert found.failures == ()
    assert "costs 1 CNY an hour" in found.warnings[0]
