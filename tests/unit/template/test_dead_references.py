"""Names that lead nowhere, whichever function of ROS says them, and what is none."""

from __future__ import annotations

import pytest

from computenest.review.lint import lint
from computenest.templates import scan
from unit.template.test_lint import BJ, HEAD, HZ, instance, mapping

DECLARED = """Conditions: {isNew: true}
Locals: {Found: {Type: 'DATASOURCE::ECS::Images'}}
Parameters: {Name: {Type: String}}
"""
MORE = "  Custom: {Type: 'ALIYUN::ECS::CustomImage', Count: 2}\n"


def findings(value: str, *, more: str = "") -> list[tuple[str, str]]:
    """Rule and message of each finding of a template with this ImageId."""
    text = instance(value, head=DECLARED, more=more) + MORE
    return [(one.rule, one.message) for one in lint({"t.yaml": scan(text.encode())})]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("!Ref ALIYUN::Regoin", "no pseudo parameter of ROS; the nearest is `ALIYUN::Region`"),
        ("!FindInMap [M, !Ref 'ALIYUN::Regions', x]", "no pseudo parameter"),
        ("!GetAtt [Costum, ImageId]", "Fn::GetAtt of `Costum`, which is declared nowhere; the nearest is `Custom`"),
        ("!GetAtt Costum.ImageId", "the nearest is `Custom`"),
        ("{'Fn::GetAtt': [Costum, ImageId]}", "the nearest is `Custom`"),
        ("!If [isnew, ubuntu, centos_7]", "condition `isnew` is declared nowhere; the nearest is `isNew`"),
        ("!If [isNew, !Ref Nmae, centos_7]", "Ref to `Nmae`"),
        ("!Sub '${Nmae}'", "Fn::Sub of `Nmae`, which is declared nowhere; the nearest is `Name`"),
        ("!Sub ['${own}-${Nmae}', {own: x}]", "Fn::Sub of `Nmae`"),
        ("!Sub '${Costum.ImageId}'", "Fn::Sub of `Costum.ImageId`"),
        ("!Sub '${ALIYUN::Zone}'", "no pseudo parameter"),
    ],
)
def test_a_name_that_leads_nowhere_is_an_error(value: str, said: str) -> None:
    found = [message for rule, message in findings(value) if rule == "dead-reference"]
    assert any(said in message for message in found), found


@pytest.mark.parametrize(
    "value",
    [
        "!Ref ALIYUN::ResourceGroupId",
        "!GetAtt [Custom, ImageId]",
        "!GetAtt ['Custom[0]', ImageId]",
        "!GetAtt Custom.ImageId",
        "!GetAtt [Found, Images]",
        "!GetAtt [!Ref Name, ImageId]",
        "!If [isNew, ubuntu, centos_7]",
        "!If [!Equals [!Ref Name, x], ubuntu, centos_7]",
        "!Sub '${Name}-${ALIYUN::Region}-${Custom.ImageId}-${!literal}'",
        "!Sub ['${own}', {own: x}]",
    ],
)
def test_a_name_that_something_has_is_none(value: str) -> None:
    assert findings(value) == []


def test_the_condition_of_a_resource_is_one() -> None:
    assert [rule for rule, _ in findings("ubuntu", more="    Condition: isNwe\n")] == ["dead-reference"]
    assert findings("ubuntu", more="    Condition: isNew\n") == []


def test_a_fragment_may_leave_things_out() -> None:
    for value in ("!GetAtt [X, Y]", "!If [x, ubuntu, centos_7]", "!Sub '${X}'"):
        text = instance(value).replace(HEAD, "")
        assert lint({"t.yaml": scan(text.encode())}) == ()


@pytest.mark.parametrize("keys", ["cn-hangzhou, id", "id, cn-hangzhou"])
def test_the_image_of_one_region_that_a_map_gives_in_all_is_reported(keys: str) -> None:
    first, second = keys.split(", ")
    rows = f"    {first}: {{{second}: {HZ}}}\n"
    rows += f"    cn-beijing: {{id: {BJ}}}\n" if first == "cn-hangzhou" else ""
    found = lint({"t.yaml": scan(instance(f"!FindInMap [Images, {keys}]", head=mapping(rows)).encode())})
    assert [one.message for one in found if one.rule == "uncovered-image"] == [
        f"`{HZ}`, the image of cn-hangzhou, is taken in every region, and no package covers it"
    ]
