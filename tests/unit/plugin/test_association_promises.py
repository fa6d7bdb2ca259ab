"""An association previewed together with its package: what it shows as known is what `up` makes, in every language.

The engine hands a map with one unknown in it over as unknown altogether; the plugin remembers what it has just promised
of that package. So each case runs both resources as the servicer does: package first, association after it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from computenest.domain.association import check as association
from computenest.domain.association.diff import diff as association_diff
from computenest.domain.distribution.diff import diff
from computenest.domain.distribution.foresee import foresee
from computenest.domain.distribution.plan import Observed
from computenest.domain.names import OwnerId
from computenest.domain.outcome import Checked
from computenest.domain.unknown import UNKNOWN, has_unknown
from computenest.transports.plugin.resources import AssociationResource
from unit.distribution.worlds import IdealCloud
from unit.plugin import laws
from unit.plugin.test_promises import blurred, changed, checked, deployed, up, wish

CASES, SEEDS = 500, 2
MARKER = "ecs_image_web"
TEMPLATE = f"""\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: {MARKER}
"""
SHORT = ("images", "artifactId", "version")
LONG = (*SHORT, "distribution", "edition", "generation", "name", "ownerId", "reasons", "reissued")


def handed_over(package: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """What a program hands over of a package."""
    return {key: UNKNOWN if has_unknown(package.get(key)) else package.get(key) for key in keys}


def resource(package: Mapping[str, Any], distributed: frozenset[str]) -> AssociationResource:
    def check(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        known = {str(package.get("ownerId")): distributed}
        return association.check(olds, news, assume_stable_delivery=False, distributed=known)

    core: Any = SimpleNamespace(check_association=check)
    return AssociationResource(core, {str(package.get("artifactId")): package})


def associate(
    package: Mapping[str, Any], keys: tuple[str, ...], olds: Mapping[str, Any], distributed: frozenset[str]
) -> Checked:
    """The association's check after the package's."""
    news = {"template": TEMPLATE, "templateName": "t.yaml", "packages": {MARKER: handed_over(package, keys)}}
    made = resource(package, distributed)
    found, _ = asyncio.run(made.check(olds, news, owner_id=OwnerId("o-2"), name="shop"))
    return found


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("keys", [SHORT, LONG], ids=["as YAML hands it over", "as Python hands it over"])
def test_what_an_association_shows_is_what_up_makes(keys: tuple[str, ...], seed: int) -> None:
    chance = random.Random(seed)
    compared = known = 0
    for number in range(CASES):
        first = {**wish(chance), "release": True}
        there = deployed(chance, first)
        assert there is not None
        cloud, former = there
        distributed = frozenset(former["images"])
        before = associate(former, keys, {}, distributed)
        if before.failures:
            continue  # a lost image: the association does not go up at all
        second = {**changed(chance, first), "release": True}
        preview, inputs = checked(former, blurred(chance, second)), checked(former, second)
        if diff(former, inputs).replaces:
            former, cloud = {}, IdealCloud(Observed())
        promise = foresee(preview, former, assume_stable_delivery=False)
        fact = up(cloud, inputs, former)
        if fact is None:
            continue
        shown = associate(promise, keys, before.inputs, distributed)
        done = associate(fact, keys, before.inputs, distributed)
        assert not shown.failures
        assert not done.failures
        compared += 1
        known += shown.inputs["substitutions"] == done.inputs["substitutions"]
        laws.assert_kept(shown.inputs, done.inputs, told=(seed, number, first, second))
        laws.assert_diffs_agree(association_diff(before.inputs, shown.inputs), before.inputs, shown.inputs)
        again = associate(fact, keys, done.inputs, distributed)
        assert again.inputs == done.inputs
        laws.assert_nothing_to_do(association_diff(done.inputs, again.inputs))
    assert compared > CASES * 0.7
    assert known > compared * 0.1, "and a preview does promise something"
