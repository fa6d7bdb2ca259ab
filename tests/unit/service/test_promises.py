"""Generated lives of services: a preview never promises what `up` contradicts, a second run finds nothing to do, and
nothing that somebody else wrote into DeployMetadata is lost."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from typing import Any

import pytest

from computenest.kernel.outcome import Checked
from computenest.kernel.unknown import UNKNOWN
from computenest.resources.service.metadata import merged
from computenest.resources.service.model import DRAFT
from unit.plugin import laws
from unit.service.ideal import IdealService, drive
from unit.service.services import check as service_check
from unit.service.services import diff, managed_by, preview, service_of

LIVES, RUNS, SEEDS = 60, 8, 4
TEMPLATE = """ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web: {{Type: ALIYUN::ECS::Instance, Properties: {{ImageId: web, InstanceType: ecs.g{0}.large}}}}
  Db: {{Type: ALIYUN::ECS::Instance, Properties: {{ImageId: db}}}}
"""
ODD = {"odd": {"ArtifactId": "a"}}
THEIRS = {"EnableVnc": True, "SupplierDeployMetadata": {"RoleName": "theirs", "ArtifactRelation": ODD}}


def wish(chance: random.Random) -> dict[str, Any]:
    """Something a program may ask for."""
    targets = {
        marker: {"artifactId": f"artifact-{marker}", "version": chance.choice("12")}
        for marker in chance.sample(("web", "db"), chance.randint(0, 2))
    }
    wanted: dict[str, Any] = {
        "ownerId": "o-1",
        "infos": {"en-US": {"name": chance.choice(("Shop", "Store"))}},
        "templates": {
            name: {"text": TEMPLATE.format(chance.randint(6, 8)), "regions": chance.choice(([], ["cn-beijing"]))}
            for name in chance.sample(("small", "large"), chance.randint(1, 2))
        },
        "relations": targets,
        "publishing": chance.choice(("draft", "beta", "online", "online")),
    }
    optional: dict[str, tuple[Any, ...]] = {
        "visibility": ("public", "private", "hidden"),
        "versionName": ("v1", "v2"),
        "retainVersions": (0, 1),
        "metadata": ({"NetworkMetadata": {"EnablePrivateVpcConnection": True}}, {"EstimateTime": 5}),
        "shareAccounts": (["1000000000000001"], {}),
        "serviceType": ("private", "managed"),
        "tags": ({"a": "b"},),
    }
    return wanted | {key: chance.choice(values) for key, values in optional.items() if chance.random() < 0.3}


def changed(chance: random.Random, before: Mapping[str, Any]) -> dict[str, Any]:
    """The same wish with a property or two of another one."""
    other = wish(chance)
    keys = chance.sample(sorted({*before, *other} - {"ownerId"}), chance.randint(0, 2))
    after = {key: value for key, value in before.items() if key not in keys}
    return after | {key: other[key] for key in keys if key in other}


def checked(cloud: IdealService, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """As `ServiceChecks` adds to it how the review stands."""
    inputs = laws.checked(pure, olds, news)
    draft = cloud.contents.get(DRAFT)
    if draft is not None and inputs["publishing"] == "online":
        inputs["review"] = "none" if draft.status == "Draft" else draft.status
    return inputs


def pure(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
    return service_check(olds, news).checked


@pytest.mark.parametrize("seed", range(SEEDS))
def test_lives(seed: int) -> None:
    chance = random.Random(seed)
    for life in range(LIVES):
        cloud, state, inputs, news = IdealService(), {}, {}, wish(chance)
        told: list[Any] = [seed, life]
        for _ in range(RUNS):
            news = changed(chance, news) if state else news
            told.append(news)
            before, inputs = state, checked(cloud, inputs, news)
            laws.assert_check_is_idempotent(pure, pure(inputs, news).inputs, news)
            difference = diff(before, inputs)
            laws.assert_diffs_agree(difference, before, inputs)
            if before and not difference.has_changes:
                continue
            promise = preview(inputs, before)
            state = drive(cloud, inputs, before)
            laws.assert_kept(promise, state, told=told)
            laws.assert_nothing_to_do(diff(state, checked(cloud, inputs, news)))
            happens(chance, cloud)


def happens(chance: random.Random, cloud: IdealService) -> None:
    """What reviewers do meanwhile."""
    draft = cloud.contents.get(DRAFT)
    if draft is not None and draft.status == "Submitted":
        chance.choice((cloud.approve, cloud.approve, cloud.reject, lambda: None))()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_others_wrote_stays(seed: int) -> None:
    chance = random.Random(100 + seed)
    for _ in range(LIVES * 4):
        cloud, first, second = IdealService(), wish(chance), wish(chance)
        first["serviceType"] = second["serviceType"] = "private"
        before = pure({}, first).inputs
        drive(cloud, before, {})
        document = copy.deepcopy(dict(next(iter(cloud.contents.values())).metadata))
        plain = put(document, THEIRS)
        after = pure(before, second).inputs
        urls = {name: f"https://store/{name}" for name in after["templates"]}
        written = merged(plain, service_of(after), urls, former=managed_by(before))
        assert merged(written, service_of(after), urls, former=managed_by(after)) == written, "twice is once"
        assert written["EnableVnc"] is True
        assert written["SupplierDeployMetadata"]["RoleName"] == "theirs"
        relation = written["SupplierDeployMetadata"]["ArtifactRelation"]
        assert relation.pop("odd") == {"ArtifactId": "a"}
        assert {m: entry["ArtifactVersion"] for m, entry in relation.items()} == {
            m: target["version"] for m, target in after["relations"].items()
        }
        assert {entry["Name"] for entry in written["TemplateConfigs"]} == set(after["templates"])


def put(document: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in more.items():
        document[key] = put(document.get(key) or {}, value) if isinstance(value, Mapping) else value
    return document


def test_a_promise_is_exact_where_it_can_be() -> None:
    chance = random.Random(7)
    news = {**wish(chance), "publishing": "online", "visibility": "private"}
    cloud = IdealService()
    inputs = checked(cloud, {}, news)
    state = drive(cloud, inputs, {})
    cloud.approve()
    approved = checked(cloud, inputs, news)
    assert approved["review"] == "Approved"
    assert preview(approved, state)["status"] == "Online"
    state = drive(cloud, approved, state)
    wide = checked(cloud, approved, {**news, "visibility": "public"})
    promise = preview(wide, state)
    assert (promise["serviceVersion"], promise["status"]) == ("1", "Online"), "no version, no review"
    renamed = checked(cloud, approved, {**news, "infos": {"en-US": {"name": "Other"}}})
    assert preview(renamed, state)["serviceVersion"] is UNKNOWN
    assert preview(renamed, state)["serviceId"] == state["serviceId"]
