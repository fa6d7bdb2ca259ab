"""What parameters decide of a template, held against the embedded cloud, which deploys it for real: the value that it
takes is always among those that are possible, and the only one where every parameter is known."""

from __future__ import annotations

import json
import random
from types import SimpleNamespace
from typing import Any

import pytest

from computenest.templates import LEFT_OUT, Given, positions_given, scan
from computenest_cloud.services.ros.evaluation import Evaluation

CASES, SEEDS = 150, 4
REGION = "cn-beijing"
PARAMETERS = {
    "Own": {"Type": "Boolean", "Default": False},
    "Size": {"Type": "String", "Default": "small", "AllowedValues": ["small", "large"]},
    "Nodes": {"Type": "Number", "Default": 1},
}
VALUES: dict[str, tuple[Any, ...]] = {"Own": (True, False), "Size": ("small", "large"), "Nodes": (1, 2)}


def condition(dice: random.Random, depth: int = 0) -> Any:
    named = ("Big",) if depth else ()
    kind = dice.choice(("equals", "equals", "not", "and", "or", "name") if named else ("equals", "not", "and", "or"))
    if depth > 2 or kind == "equals":
        name = dice.choice(sorted(VALUES))
        return {"Fn::Equals": [{"Ref": name}, dice.choice(VALUES[name])]}
    if kind == "name":
        return dice.choice(named)
    if kind == "not":
        return {"Fn::Not": [condition(dice, depth + 1)]}
    return {f"Fn::{kind.title()}": [condition(dice, depth + 1) for _ in range(2)]}


def image(dice: random.Random, depth: int = 0) -> Any:
    kind = dice.choice(("literal", "if", "if", "map")) if depth < 3 else "literal"
    if kind == "if":
        branches = [image(dice, depth + 1), image(dice, depth + 1)]
        return {"Fn::If": [dice.choice(("Big", "Mine", condition(dice, 1))), *branches]}
    if kind == "map":
        first = dice.choice(({"Ref": "Size"}, {"Fn::If": ["Mine", "small", "large"]}))
        return {"Fn::FindInMap": ["Images", first, dice.choice(("web", {"Ref": "ALIYUN::Region"}))]}
    return dice.choice(("image_web", "image_db", "centos_7"))


def template(dice: random.Random) -> dict[str, Any]:
    simple = {"Fn::Equals": [{"Ref": "Size"}, "large"]}
    rows = {size: {"web": f"image_{size}", REGION: f"image_{size}_here"} for size in VALUES["Size"]}
    resources: dict[str, Any] = {}
    for name in ("Web", "Db"):
        resources[name] = {"Type": "ALIYUN::ECS::Instance", "Properties": {"ImageId": image(dice)}}
        if dice.random() < 0.4:
            resources[name]["Condition"] = dice.choice(("Big", "Mine"))
    return {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Parameters": PARAMETERS,
        "Conditions": {"Big": simple, "Mine": condition(dice)},
        "Mappings": {"Images": rows},
        "Resources": resources,
    }


def deployed(made: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Logical id -> the image that the embedded cloud takes; without a resource that its condition leaves out."""
    scope: Any = SimpleNamespace(region=REGION, uid="1", stack_id="s", stack_name="s", identify=lambda *_: "i-1")
    return {found.logical_id: found.properties["ImageId"] for found in Evaluation(made, given, scope).resources()}


def possible(made: dict[str, Any], known: dict[str, Any], *, is_whole: bool) -> dict[str, set[Any]]:
    parameters = {name: json.dumps(value).strip('"') for name, value in known.items()}
    found: dict[str, set[Any]] = {}
    for position in positions_given(json.dumps(made).encode(), given=Given(parameters, REGION, is_whole)):
        value = None if position.form == LEFT_OUT else position.value
        found.setdefault(position.path.split(".")[1], set()).add(value)
    return found


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_is_deployed_is_what_is_possible(seed: int) -> None:
    dice = random.Random(seed)
    certain = 0
    for _ in range(CASES):
        made = template(dice)
        given = {name: dice.choice(values) for name, values in VALUES.items() if dice.random() < 0.7}
        facts = deployed(made, given)
        assert possible(made, given, is_whole=True) == {name: {value} for name, value in facts.items()}, (made, given)
        known = {name: value for name, value in given.items() if dice.random() < 0.5}
        guess = possible(made, known, is_whole=False)
        for name in ("Web", "Db"):
            assert facts.get(name) in guess.get(name, {None}), (name, made, given, known)
        certain += sum(len(values) == 1 for values in guess.values())
    assert certain > CASES / 2, "what does not depend on an unknown parameter is certain"


def test_short_tags_and_references_to_conditions_are_read_alike() -> None:
    text = b"""ROSTemplateFormatVersion: '2015-09-01'
Parameters: {Own: {Type: Boolean, Default: true}}
Conditions:
  Mine: !Equals [!Ref Own, true]
  Theirs: !Not [!Condition Mine]
  Both: {Fn::And: [{Condition: Mine}, {Condition: Theirs}]}
Resources:
  A: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: !If [Mine, a_yes, a_no]}}
  B: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: !If [Theirs, b_yes, b_no]}}
  C: {Type: 'ALIYUN::ECS::Instance', Condition: Both, Properties: {ImageId: c}}
  D:
    Type: ALIYUN::ECS::Instance
    Properties: {Fn::If: [Both, {ImageId: d_yes}, {ImageId: d_no}]}
  E:
    Type: ALIYUN::ROS::Stack
    Condition: Mine
    Properties:
      Parameters: {Inner: {Ref: Own}}
      TemplateBody:
        ROSTemplateFormatVersion: '2015-09-01'
        Parameters: {Inner: {Type: Boolean}, Other: {Type: String, Default: x}}
        Conditions: {In: {Fn::Equals: [{Ref: Inner}, false]}, Out: {Fn::Equals: [{Ref: Other}, x]}}
        Resources:
          F: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: {Fn::If: [In, f_yes, f_no]}}}
          G: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: {Fn::If: [Out, g_yes, g_no]}}}
"""

    def values(**parameters: str | None) -> list[str | None]:
        return [p.value for p in positions_given(text, given=Given(parameters, REGION)) if p.form != LEFT_OUT]

    assert values() == ["a_yes", "b_no", "d_no", "f_no", "g_yes"]
    assert values(Own="false") == ["a_no", "b_yes", "d_no"]
    both = values(Own=None)
    assert both == ["a_yes", "a_no", "b_yes", "b_no", "c", "d_yes", "d_no", "f_yes", "f_no", "g_yes"]
    assert len(scan(text).positions) == len(both) + 1, "a template by itself decides nothing"
