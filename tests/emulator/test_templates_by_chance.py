"""Templates that nobody writes: a good one with places of another kind, functions of anything among them.

In the test's own process, because a request over HTTP (`test_fuzz.py`) costs ten times as much as what it asks for.
"""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any

import pytest

from computenest_cloud.cloud import Cloud
from computenest_cloud.errors import ServiceError
from computenest_cloud.services.ros.functions import FUNCTIONS
from computenest_cloud.services.ros.loading import parse_template
from computenest_cloud.wire.params import Params
from computenest_cloud.world import Call
from emulator.hostile import TEMPLATE, TEXTS, VALUES
from emulator.in_process import InProcess

SEED = 20261129
SHARE, WHOLE = 800, 8000
ACTIONS = ("CreateStack", "PreviewStack", "GetTemplateEstimateCost", "GetTemplateParameterConstraints")
NAMES = sorted(
    (*FUNCTIONS, "If", "GetAtt", "Sub", "FindInMap", "And", "Or", "Not", "GetAZs", "FormatTime", "NoSuchFunction")
)
REFERRED = ("Amount", "Names", "Server", "Nested", "Local", "Nothing", "ALIYUN::Region", "ALIYUN::NoValue")
ARGUMENTS: tuple[Any, ...] = (
    "Server.Id",
    "Nested.Outputs.x",
    ["Server", "InstanceIds"],
    ["M", "cn-hangzhou", "Image"],
    ["${x} ${Amount}", {"x": 1}],
    ["C", 1, 2],
    ["%Y", "Asia/Shanghai"],
)
WHOLE_TEMPLATE = {**TEMPLATE, "Locals": {"Local": {"Value": {"Ref": "Amount"}}}}
SHORT = tuple(text for text in TEXTS if len(text) < 6000)
SENT = tuple(text for text in SHORT if "\ud800" not in text)  # the gateway lets no lone surrogate through


def _anything(random: Random, depth: int = 0) -> Any:
    chance = random.random()
    if depth > 4 or chance < 0.3:
        return random.choice(VALUES)
    if chance < 0.4:
        return random.choice(SHORT)
    if chance < 0.55:
        return {"Ref": random.choice((*REFERRED, _anything(random, depth + 1)))}
    if chance < 0.9:
        some = [_anything(random, depth + 1) for _ in range(random.randrange(4))]
        return {f"Fn::{random.choice(NAMES)}": random.choice((_anything(random, depth + 1), some, *ARGUMENTS))}
    if chance < 0.95:
        return [_anything(random, depth + 1) for _ in range(random.randrange(4))]
    return {random.choice(("a", "Ref", "Condition", "Fn::If")): _anything(random, depth + 1)}


def _spoilt(random: Random, value: Any) -> Any:
    if not isinstance(value, dict | list) or not value or random.random() < 0.12:
        return _anything(random)
    if isinstance(value, list):
        at = random.randrange(len(value))
        return [_spoilt(random, held) if number == at else held for number, held in enumerate(value)]
    chosen = random.choice(sorted(value))
    return {key: _spoilt(random, held) if key == chosen else held for key, held in value.items()}


@pytest.fixture
def inside(cloud: InProcess) -> Cloud:
    return cloud.inside


def _ask(cloud: Cloud, action: str, **given: str) -> Any:
    """Below the gateway, so that a failure is seen as it is."""
    params = Params({"RegionId": "cn-hangzhou", **given})
    answer = cloud.answer(Call(cloud.world, "ros", action, cloud.world.account("customer"), params)).body
    return json.dumps(answer, allow_nan=False, ensure_ascii=False).encode().decode()


def _try(cloud: Cloud, count: int, seed: int) -> None:
    codes: Counter[str] = Counter()
    for number in range(count):
        random = Random(f"{seed} {number}")
        template: Any = WHOLE_TEMPLATE
        for _ in range(random.choice((1, 1, 2, 3))):
            template = _spoilt(random, template)
        given, stack_id = {"TemplateBody": json.dumps(template), "StackName": f"s{number}"}, ""
        if random.random() < 0.3:
            given |= {"Parameters.1.ParameterKey": "Amount", "Parameters.1.ParameterValue": random.choice(SENT)}
        for action in ACTIONS:
            try:
                answer = _ask(cloud, action, **given)
            except ServiceError as refusal:
                cloud.roll_back()
                codes[refusal.code] += 1
                continue
            codes["OK"] += 1
            stack_id = stack_id or json.loads(answer).get("StackId", "")
            assert "object at 0x" not in answer, (seed, number, template)
        cloud.world.clock.advance(100)
        cloud.world.catch_up()
        assert cloud.world.guard.failures == 0, (seed, number, template)
        if stack_id:
            shown = _ask(cloud, "GetStack", StackId=stack_id)
            codes[json.loads(shown)["Status"]] += 1
            assert "object at 0x" not in shown, (seed, number, template)
    print(f"\nseed {seed}: {count} templates, {dict(codes.most_common())}")  # noqa: T201 - the counts are the claim
    assert codes["OK"] > count / 2, codes


@pytest.mark.parametrize(
    "value",
    ["!!binary aGVsbG8=", "!!set {a, b}", "!!timestamp 2026-01-01", ".nan", "-.inf", f"0x{'f' * 6000}", "9" * 41],
)
def test_yaml_s_own_values_are_refused_where_json_has_none(value):
    with pytest.raises(ServiceError, match="Template format error") as refused:
        parse_template(f"ROSTemplateFormatVersion: '2015-09-01'\nDescription: {value}\n")
    assert refused.value.code == "InvalidSchema"


@pytest.mark.parametrize("conditions", [{"A": "B", "B": "A"}, {"A": "A"}, {"A": {"Fn::Not": ["A"]}}])
def test_conditions_that_mean_each_other_are_refused(inside, conditions):
    resources = {"Server": {"Type": "ALIYUN::ECS::Instance", "Condition": "A"}}
    template = {"ROSTemplateFormatVersion": "2015-09-01", "Conditions": conditions, "Resources": resources}
    with pytest.raises(ServiceError) as refused:
        _ask(inside, "PreviewStack", StackName="s", TemplateBody=json.dumps(template))
    assert refused.value.code == "CircularDependency"


def test_a_share(inside):
    _try(inside, SHARE, SEED)


@pytest.mark.long
def test_all_of_it(inside):
    _try(inside, WHOLE, SEED + 1)
