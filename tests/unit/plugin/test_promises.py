"""A preview never promises what `up` contradicts: ten thousand changes previewed, made by an ideal cloud, compared.

The ideal cloud gives every region of a new version another image, the worst that the real one may do; so what
`assumeStableDelivery` shows is tested by itself.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from computenest.kernel.names import RegionId
from computenest.kernel.outcome import Checked
from computenest.kernel.unknown import UNKNOWN
from computenest.resources._packages import plan
from computenest.resources._packages.plan import Observed
from lifecycle import images
from lifecycle.images import delivered, diff, inputs_of, observed, package_of, preview
from unit.distribution.worlds import IdealCloud, drive
from unit.plugin import laws

CASES, SEEDS = 2500, 4
REGIONS = ("cn-beijing", "cn-hangzhou", "cn-shanghai", "cn-chengdu")
SOURCES = (
    {"kind": "custom", "imageId": "m-bp1gold000001", "region": "cn-hangzhou"},
    {"kind": "custom", "imageId": "m-bp1gold000002", "region": "cn-hangzhou"},
    {"kind": "marketplace", "commodityCode": "cmjj1", "commodityVersion": "V1.0"},
    {"kind": "built", "region": "cn-hangzhou", "sourceImage": "aliyun_3", "command": "true"},
    {"kind": "built", "region": "cn-hangzhou", "sourceImage": "aliyun_3", "commandType": "RunShellScript"},
)


def wish(random: random.Random) -> dict[str, Any]:
    """Something a program may ask for."""
    wanted: dict[str, Any] = {
        "ownerId": "o-1",
        "name": random.choice(("web", "web", "web", "shop")),
        "source": random.choice(SOURCES),
        "regions": random.sample(REGIONS, random.randint(1, len(REGIONS))),
    }
    optional = {
        "versionName": ("v1", "v2"),
        "tags": ({}, {"a": "1"}, {"a": "2", "odd key.x": "1"}),
        "release": (True, True, True, False),
        "retainVersions": (0, 1),
        "timeoutS": (60, 7200),
        "account": ("", "hub"),
    }
    return wanted | {key: random.choice(values) for key, values in optional.items() if random.random() < 0.3}


def changed(random: random.Random, before: Mapping[str, Any]) -> dict[str, Any]:
    """The same wish with a few properties of another one."""
    other = wish(random)
    return {**before, **{key: other[key] for key in random.sample(sorted(other), random.randint(0, 2))}}


def blurred(random: random.Random, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The wish as a preview may see it: some of it not known yet."""
    return {
        key: UNKNOWN if key not in {"ownerId", "name"} and random.random() < 0.15 else value
        for key, value in wanted.items()
    }


def check(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
    return images.check(olds, news, recorded=None)


def checked(olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    return laws.checked(check, olds, news)


def up(cloud: IdealCloud, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> dict[str, Any] | None:
    """The state after the operation; None where the ideal cloud cannot finish it."""
    package = package_of(inputs)
    done = drive(cloud, package)[-1]
    if not isinstance(done, plan.Done):
        return None
    made = delivered(inputs, cloud.observed, done.version, former, visible=())
    return {**made, "incarnation": 1}


def deployed(random: random.Random, wanted: Mapping[str, Any]) -> tuple[IdealCloud, dict[str, Any]] | None:
    """A package that is there, perhaps with an image lost since and seen so by a refresh."""
    cloud = IdealCloud(Observed(), numbers_at_release=random.random() < 0.5)
    inputs = checked({}, wanted)
    made = up(cloud, inputs, {})
    if made is None or not made["images"] or random.random() < 0.8:
        return None if made is None else (cloud, made)
    lost = RegionId(random.choice(sorted(made["images"])))
    cloud.observed = replace(cloud.observed, lost=frozenset({lost}))
    return cloud, observed(made, cloud.observed)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_promise_is_broken_and_the_two_diffs_agree(seed: int) -> None:
    chance = random.Random(seed)
    compared = 0
    for number in range(CASES):
        first = wish(chance)
        there = deployed(chance, first)
        assert there is not None
        cloud, former = there
        olds, second = inputs_of(former), changed(chance, first)
        inputs = checked(olds, second)
        laws.assert_check_is_idempotent(check, inputs, second)
        laws.assert_diffs_agree(diff(former, inputs), former, inputs)
        seen = checked(olds, blurred(chance, second))
        laws.assert_diffs_agree(diff(former, seen), former, seen)
        if diff(former, inputs).replaces:
            former, cloud = {}, IdealCloud(Observed())
        promise = preview(seen, former, assume_stable_delivery=False)
        fact = up(cloud, inputs, former)
        if fact is not None:
            compared += 1
            laws.assert_kept(promise, fact, told=(seed, number, first, second, seen))
            laws.assert_nothing_to_do(diff(fact, inputs))
    assert compared > CASES * 0.9


def test_stable_delivery_is_promised_until_it_was_broken_once() -> None:
    known = {"ownerId": "o-1", "name": "web", "source": SOURCES[0], "regions": list(REGIONS[:2])}
    cloud = IdealCloud(Observed())
    former = up(cloud, checked({}, known), {})
    assert former is not None
    inputs = checked(former, {**known, "regions": list(REGIONS[:3])})
    promised = preview(inputs, former, assume_stable_delivery=True)["images"]
    assert promised == {**former["images"], REGIONS[2]: UNKNOWN}
    assert set(preview(inputs, former, assume_stable_delivery=False)["images"].values()) == {UNKNOWN}
    after = up(cloud, inputs, former)
    assert after is not None
    assert after["reissued"], "this cloud breaks it"
    more = checked(after, {**known, "regions": list(REGIONS)})
    assert set(preview(more, after, assume_stable_delivery=True)["images"].values()) == {UNKNOWN}
