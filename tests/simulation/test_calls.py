"""How many calls it takes: one list call a region and tick however many copies run there, and no write too many."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from lifecycle.driver import Screen
from lifecycle.faults import Faults
from lifecycle.images import check, package_of
from lifecycle.virtual import VirtualClock, run
from simulation.ecs import HUB, REGIONS, SUPPLIER, Account, Ecs, Rules
from simulation.world import _RETRY, sharing, wish

PACKAGES, WANTED, PERMITTED, TICK_S = 20, (1, 2, 3, 4, 5), 12, 20.0
USUAL = Rules(s_per_gib=6.0)  # what the embedded cloud takes


class Ledger(Account):
    """The hub's account, which notes when each region was asked for its running copies."""

    asked: Counter[tuple[float, str]]

    async def describe(self, *, region: Any, ids: Any) -> Any:
        self.asked[(self.ecs.clock.now_s(), region)] += 1
        return await super().describe(region=region, ids=ids)


def distribute(rules: Rules) -> tuple[Ecs, Counter[tuple[float, str]]]:
    clock = VirtualClock()
    ecs = Ecs(clock, rules, Faults())
    ledger = Ledger(ecs, HUB)
    ledger.asked = Counter()
    accounts = {SUPPLIER: Account(ecs, SUPPLIER), HUB: ledger}
    packages = sharing(accounts, clock, Screen(), TICK_S, replace(_RETRY, attempts=20))[SUPPLIER]

    async def one(number: int) -> None:
        image = ecs.plant(SUPPLIER, REGIONS[0], f"gold-{number}").image_id
        asked = {**wish(WANTED, image=image, permit=PERMITTED), "ownerId": f"o-{number}", "name": f"gold-{number}"}
        outcome = await packages.create(package_of(check({}, asked, recorded=None).inputs))
        assert outcome.is_complete, outcome.reasons

    async def everything() -> None:
        await asyncio.gather(*(one(number) for number in range(PACKAGES)))

    run(clock, everything())
    return ecs, ledger.asked


def test_polls_are_coalesced_and_writes_are_exact() -> None:
    ecs, asked = distribute(USUAL)
    assert max(asked.values()) == 1, "one call a region and tick"
    assert ecs.calls["copy"] == PACKAGES * (1 + len(WANTED))
    assert ecs.calls["delete"] == PACKAGES, "the first copies, in a region that nobody wants"
    calls_a_package = 2 + len(WANTED) * 2
    assert ecs.calls["share"] == PACKAGES * calls_a_package, "the source there and back, and twelve accounts in tens"
    assert ecs.calls["own"] <= 4 * len(REGIONS) + PACKAGES


@pytest.mark.parametrize("seed", range(5))
def test_with_half_of_all_calls_throttled_everything_completes_with_twice_the_calls(seed: int) -> None:
    calm, _ = distribute(USUAL)
    rough, _ = distribute(replace(USUAL, throttled=0.5, seed=seed))
    assert rough.calls["copy"] <= 2.5 * calm.calls["copy"]
    assert rough.calls.total() <= 2 * calm.calls.total(), "writes twice on average, looks at running copies hardly more"
