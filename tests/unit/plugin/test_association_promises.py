"""An association previewed together with its package: what it shows as known is what `up` makes, in every language.

The engine hands a map with one unknown in it over as unknown altogether; the plugin remembers what it has just promised
of that package. So each case runs both resources as the servicer does: package first, association after it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Any

import pytest

from computenest.cloud.settings import parse_settings
from computenest.kernel.outcome import Checked
from computenest.kernel.unknown import UNKNOWN, has_unknown
from computenest.resources._packages.plan import Observed
from computenest.resources._program.core import Core
from computenest.resources.ecs_image_package.declaration import MODELS as IMAGES
from computenest.resources.ecs_image_package.lifecycle import ImageLifecycle
from computenest.resources.service_image_association import diff as differences
from computenest.resources.service_image_association.declaration import MODELS
from computenest.resources.service_image_association.lifecycle import AssociationLifecycle
from computenest.serve.lifecycles import served
from computenest.serve.plugin.status import EngineStatus
from computenest.serve.served import Served
from lifecycle.images import check, diff, preview
from unit.bags import diff_of
from unit.distribution.worlds import IdealCloud
from unit.plugin import laws
from unit.plugin.test_promises import blurred, changed, checked, deployed, up, wish

association_diff = diff_of(MODELS, differences.diff)
CASES, SEEDS = 500, 2
MARKER = "ecs_image_web"
GOLD = {"kind": "custom", "imageId": "m-bp1gold0000000000001", "region": "cn-hangzhou"}
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


SOURCE = {"kind": "custom", "imageId": "m-bp1gold0000000000001", "region": "cn-hangzhou"}


def core() -> Core:
    config = {"computenest:cloud": "local", "computenest:assumeStableDelivery": False}
    return Core(parse_settings(config, environ={}), EngineStatus())


def lifecycle(package: Mapping[str, Any], distributed: frozenset[str]) -> Served:
    """After the package has been looked at, in the same process."""
    shared = core()
    shared.distributed[str(package.get("ownerId"))] = distributed
    shared.previewed[str(package.get("artifactId"))] = IMAGES.promised.model_validate({"source": SOURCE, **package})
    return served(AssociationLifecycle(shared))


def associate(
    package: Mapping[str, Any], keys: tuple[str, ...], olds: Mapping[str, Any], distributed: frozenset[str]
) -> Checked:
    """The association's check after the package's."""
    news = {"template": TEMPLATE, "templateName": "t.yaml", "packages": {MARKER: handed_over(package, keys)}}
    wanted = {"ownerId": "o-2", "logicalName": "shop", **news}
    return asyncio.run(lifecycle(package, distributed).check(olds, wanted))


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
        seen, inputs = checked(former, blurred(chance, second)), checked(former, second)
        if diff(former, inputs).replaces:
            former, cloud = {}, IdealCloud(Observed())
        promise = preview(seen, former, assume_stable_delivery=False)
        fact = up(cloud, inputs, former)
        if fact is None:
            continue
        shown = associate(promise, keys, before.inputs, distributed)
        done = associate(fact, keys, before.inputs, distributed)
        assert not shown.failures
        assert not done.failures
        if isinstance(promise["images"], Mapping):  # a region is told apart although the map came over as unknown
            assert shown.inputs["substitutions"][MARKER].keys() == promise["images"].keys()
        compared += 1
        known += shown.inputs["substitutions"] == done.inputs["substitutions"]
        laws.assert_kept(shown.inputs, done.inputs, told=(seed, number, first, second))
        laws.assert_diffs_agree(association_diff(before.inputs, shown.inputs), before.inputs, shown.inputs)
        again = associate(fact, keys, done.inputs, distributed)
        assert again.inputs == done.inputs
        laws.assert_nothing_to_do(association_diff(done.inputs, again.inputs))
    assert compared > CASES * 0.7
    assert known > compared * 0.1, "and a preview does promise something"


@pytest.mark.parametrize("keys", [SHORT, LONG], ids=["as YAML hands it over", "as Python hands it over"])
def test_what_is_promised_of_one_new_package_is_not_taken_for_another(keys: tuple[str, ...]) -> None:
    """Nothing tells new packages apart that are handed over as unknown: neither has an id yet."""
    shared = core()
    promised = {}
    for name, regions in (("front", ["cn-beijing", "cn-shanghai"]), ("back", ["cn-hangzhou"])):
        news = {"logicalName": name, "ownerId": f"o-{name}", "source": GOLD, "regions": regions}
        inputs = check({}, news, recorded=None).inputs
        promised[name] = served(ImageLifecycle(shared)).preview(inputs, {})
    text = TEMPLATE.replace(MARKER, "front") + TEMPLATE.partition("Resources:\n")[2].replace(MARKER, "back").replace(
        "Web", "Db"
    )
    packages = {name: handed_over(package, keys) for name, package in promised.items()}
    news = {"ownerId": "o-2", "logicalName": "shop", "template": text, "packages": packages, "regions": ["cn-beijing"]}
    found = asyncio.run(served(AssociationLifecycle(shared)).check({}, news))
    lacking = [failure.reason for failure in found.failures]
    assert all("marker 'back'" in reason for reason in lacking), lacking
    assert has_unknown(found.inputs["substitutions"]["front"])
