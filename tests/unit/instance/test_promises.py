"""A preview never promises what `up` contradicts: five thousand changes previewed, made by an ideal cloud, compared."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from computenest.kernel.names import RegionId
from computenest.kernel.outcome import Checked
from computenest.kernel.unknown import UNKNOWN, Known
from computenest.resources.service_instance import check as checks
from computenest.resources.service_instance import diff as differences
from computenest.resources.service_instance import preview as previews
from computenest.resources.service_instance import state
from computenest.resources.service_instance.classify import WAITING
from computenest.resources.service_instance.declaration import MODELS, ServiceReference
from computenest.resources.service_instance.deploys import Deploys, Offered, is_ahead
from computenest.resources.service_instance.model import Instance, InstanceId, InstanceResource, State, Wanted, given_to
from computenest.resources.service_instance.waiting import is_wanted, waiting
from unit.bags import check_of, diff_of, preview_of
from unit.plugin import laws
from unit.service.services import facts

instance_check, diff = check_of(MODELS, checks.check), diff_of(MODELS, differences.diff)
preview = preview_of(MODELS, previews.preview)
CASES, SEEDS = 1250, 4
REGIONS = ("cn-beijing", "cn-hangzhou", "cn-shanghai")


SAME_REGION = "cn-shanghai"
"""Where every edition of the service deploys the same."""


def image(edition: str, region: str) -> str:
    return f"m-{'' if region == SAME_REGION else edition}{region.replace('-', '')}00"


def service(random: random.Random) -> dict[str, Any]:
    """A service that is online, a draft, or with the reviewers for the first time. `runs` is the edition of the version
    that instances are made of."""
    own = {"ownerId": "o-service", "generation": 1, "serviceId": "service-1"}
    if random.random() < 0.2:
        return {**own, **draft("a"), "stage": "submitted", "publishing": "online"}
    if random.random() < 0.3:
        return {**own, **draft("a")}
    return {**own, **online("1", "a")}


def draft(edition: str) -> dict[str, Any]:
    return {"serviceVersion": "draft", "edition": edition, "runs": edition, "stage": "draft", "publishing": "draft"}


def online(version: str, edition: str) -> dict[str, Any]:
    return {"serviceVersion": version, "edition": edition, "runs": edition, "stage": "online", "publishing": "online"}


def moved_on(random: random.Random, before: Mapping[str, Any]) -> dict[str, Any]:
    """The same service later: as it was, a newer version with the reviewers, or that one online."""
    following = chr(ord(before["edition"]) + 1)
    number = 0 if before["serviceVersion"] == "draft" else int(before["serviceVersion"])
    if random.random() < 0.4:
        return dict(before)
    if before["stage"] == "submitted" and before["serviceVersion"] == "draft" and random.random() < 0.3:
        return {**before, "stage": "rejected"}
    if before["stage"] == "rejected":
        return {**before, "edition": following, "runs": following, "stage": "submitted"}
    if before["stage"] == "submitted":
        return {**before, **online(str(number + 1), before["edition"])}
    if before["stage"] == "draft":
        return {**before, **random.choice((draft(following), online("1", before["edition"])))}
    waiting = {"edition": following, "stage": "submitted"}
    return {**before, **random.choice((waiting, online(str(number + 1), following), draft(before["edition"])))}


def wish(random: random.Random) -> dict[str, Any]:
    """Something a program may ask for: the association is always that of the service's newest edition."""
    offered = service(random)
    for _ in range(random.randint(0, 2)):
        offered = moved_on(random, offered)
    wanted: dict[str, Any] = {
        "ownerId": "o-1",
        "logicalName": "shop",
        "service": offered,
        "region": random.choice(REGIONS),
    }
    optional: dict[str, tuple[Any, ...]] = {
        "association": (True,),
        "parameters": ({}, {"Amount": 1}, {"Amount": 2}, {"Amount": 2, "Password": "hunter2"}),
        "operation": ("resize",),
        "tags": ({"a": "1"}, {"a": "2"}),
        "account": ("customer",),
        "templateName": ("main",),
        "timeoutS": (60, 7200),
    }
    return wanted | {key: random.choice(values) for key, values in optional.items() if random.random() < 0.5}


def declared(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The wish as the program hands it over: the association is always that of the service's newest edition."""
    if not wanted.get("association"):
        return {key: value for key, value in wanted.items() if key != "association"}
    substitutions = {region: image(wanted["service"]["edition"], region) for region in REGIONS}
    positions = {"ecs_image_web": ["Resources.Web.Properties.ImageId"]}
    association = {"positions": positions, "substitutions": {"ecs_image_web": substitutions}}
    return {**wanted, "association": association}


def blurred(random: random.Random, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The wish as a preview may see it: a service that changes is unknown but for what the program itself says."""
    seen = {
        key: UNKNOWN if key not in {"ownerId", "logicalName", "service"} and random.random() < 0.1 else value
        for key, value in wanted.items()
    }
    if random.random() < 0.4:
        hidden = dict.fromkeys(("serviceId", "serviceVersion", "stage"), UNKNOWN)
        seen["service"] = {**seen["service"], **hidden}
    return seen


def check(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
    return instance_check(olds, news, recorded=None, deploys=deploys(news))


def deploys(news: Mapping[str, Any]) -> Deploys | None:
    """What the check of the service itself has seen before."""
    service, association = news.get("service"), news.get("association")
    if not isinstance(service, Mapping):
        return None
    relation = {"artifactId": "a-web", "version": service["edition"]}
    offered = {"templates": {"main": {"digest": "d1"}}, "relations": {"ecs_image_web": relation}}
    shown = association.get("substitutions") if isinstance(association, Mapping) else association
    is_other = is_ahead(ServiceReference.model_validate(service)) or service["serviceVersion"] != "1"
    return Deploys(Offered(facts(offered), shown), Offered(facts({"edition": "before"})) if is_other else None)


def up(inputs: Mapping[str, Any], former: Mapping[str, Any], runs: str) -> dict[str, Any]:
    """What an ideal cloud makes of it: the images of the version that is deployed, or those that it ran before."""
    wanted, known = Wanted[Known].model_validate(inputs), State[Known].model_validate(former) if former else None
    if is_wanted(wanted, known):
        return waiting(wanted).bag()
    handle = former.get("resourceId")
    if former.get("status") == WAITING:
        former, known = {}, None
    changes = set(diff(former, inputs).changes) if former else {"serviceVersion"}
    stays = former and not changes & {"serviceVersion", "serviceMark"}
    deployed = former["images"]["Web"] if stays else image(runs, wanted.region)
    part = {"logicalId": "Web", "type": "ALIYUN::ECS::Instance", "physicalId": "i-1", "status": "CREATE_COMPLETE"}
    parts = [InstanceResource.model_validate({**part, "region": wanted.region, "imageId": deployed})]
    seen = Instance(
        instance_id=InstanceId(former.get("instanceId", "si-1")),
        name=wanted.name,
        status="Deployed",
        status_detail="",
        progress_percent=100,
        service_id=wanted.service_id,
        service_version=str(wanted.service_version),
        template_name=wanted.template_name or "main",
        parameters=given_to(wanted),
        outputs={"Amount": wanted.parameters.get("Amount", 0)},
        stack=("stack-1", RegionId(wanted.region)),
        tags=wanted.tags,
        resource_group_id="rg",
        modified="",
    )
    made = {**state.deployed(wanted, seen, parts, known).bag(), "incarnation": former.get("incarnation", 1)}
    return {**made, "resourceId": handle} if handle else made


def inputs_of(former: Mapping[str, Any]) -> dict[str, Any]:
    return Wanted[Known].made(State[Known].model_validate(former)).bag()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_up_keeps_what_the_preview_promised(seed: int) -> None:
    chance = random.Random(seed)
    changes = upgrades = waited = deployed = stayed = 0
    for _ in range(CASES):
        first = wish(chance)
        before = laws.checked(check, {}, declared(first))
        former = up(before, {}, first["service"]["runs"])
        laws.assert_kept(preview(check({}, blurred(chance, declared(first))).inputs, {}), former, told=first)
        waited += former["status"] == WAITING
        laws.assert_nothing_to_do(diff(former, laws.checked(check, before, declared(first))))
        laws.assert_nothing_to_do(diff(former, laws.checked(check, inputs_of(former), declared(first))))
        other = {**wish(chance), "service": moved_on(chance, first["service"])}
        news = {**first, **{key: other[key] for key in chance.sample(sorted(other), chance.randint(0, 2))}}
        inputs = laws.checked(check, before, declared(news))
        laws.assert_check_is_idempotent(check, inputs, declared(news))
        difference = diff(former, inputs)
        stayed += inputs.get("serviceVersion") != news["service"]["serviceVersion"]
        laws.assert_diffs_agree(difference, former, inputs)
        seen = check(before, blurred(chance, declared(news)))
        assert not seen.failures
        previewed = diff(former, seen.inputs)
        laws.assert_diffs_agree(previewed, former, seen.inputs)
        shown = {*previewed.changes, "serviceMark"} if "serviceVersion" in previewed.changes else {*previewed.changes}
        assert set(difference.changes) <= shown, (first, news, previewed)
        if former["status"] == WAITING:
            assert not difference.replaces, "there is nothing to replace"
        fact = up(inputs, {} if difference.replaces else former, news["service"]["runs"])
        if difference.has_changes and not difference.replaces and not previewed.replaces:
            changes += 1
            upgrades += bool({"serviceVersion", "serviceMark"} & set(difference.changes))
            laws.assert_kept(preview(seen.inputs, former), fact, told=(first, news))
        laws.assert_nothing_to_do(diff(fact, inputs))
        deployed += former["status"] == WAITING != fact["status"]
    assert stayed > CASES / 100
    assert waited > CASES / 20
    assert deployed
    assert changes > CASES / 20
    assert upgrades > CASES / 100
