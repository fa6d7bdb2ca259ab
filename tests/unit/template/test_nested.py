"""Templates within templates: what a Transform makes of one, stacks in stacks, and what a parent hands down."""

from __future__ import annotations

import json

import pytest

from computenest.review.lint import Finding, lint
from computenest.templates import Scan, scan

HEAD = "ROSTemplateFormatVersion: '2015-09-01'\n"
WORKSPACE = (
    'Workspace:\n  main.tf: |\n    resource "alicloud_instance" "web" {\n      image_id = "ecs_image_web"\n    }\n'
)
INSTANCE = {"Type": "ALIYUN::ECS::Instance", "Properties": {"ImageId": {"Ref": "Image"}}}


def findings(scanned: Scan) -> list[Finding]:
    """What lint says of one file."""
    return list(lint({"t.yaml": scanned}))


def rules(scanned: Scan) -> list[str]:
    """The rules that fire on one file."""
    return [finding.rule for finding in findings(scanned)]


def literals(data: bytes, name: str = "template") -> dict[str, str]:
    """Path -> literal of every position, each cut from the bytes where it stands."""
    found = {}
    for position in scan(data, name=name).positions:
        if position.start is not None:
            assert data[position.start : position.end].decode() == position.value
            assert data.count(b"\n", 0, position.start) + 1 == position.line
            found[position.path] = position.value or ""
    return found


@pytest.mark.parametrize(
    "transform",
    [
        "Aliyun::Terraform-v0.12",
        "Aliyun::Terraform-v0.15",
        "'Aliyun::Terraform-v1.0'",
        "Aliyun::Terraform-v1.1",
        "Aliyun::Terraform-v1.2",
        '"Aliyun::Terraform-v1.5"',
        "Aliyun::Terraform-2020-06-18",
        "Aliyun::OpenTofu-v1.8",
        "Aliyun::OpenTofu-v1.10",
        "[Aliyun::Terraform-v1.5]",
        "\n  - Aliyun::OpenTofu-v1.8",
        "\n- 'Aliyun::Serverless-2018-04-03'\n- Aliyun::Terraform-v1.5",
    ],
)
def test_every_transform_of_terraform_is_read_as_terraform(transform: str) -> None:
    data = f"{HEAD}Transform: {transform}\n{WORKSPACE}".encode()
    found = scan(data)
    assert found.format == "ros-terraform"
    assert literals(data) == {'Workspace["main.tf"].alicloud_instance.web.image_id': "ecs_image_web"}
    assert "unknown-transform" not in rules(found)


@pytest.mark.parametrize(
    ("transform", "said"),
    [
        ("Aliyun::Teraform-v1.5", "the nearest is `Aliyun::Terraform-v1.5`"),
        ("aliyun::terraform-v1.5", "the nearest is `Aliyun::Terraform-v1.5`"),
        ("Aliyun::OpenTofu", "the nearest is `Aliyun::OpenTofu-v1.8`"),
        ("Aliyun::Terraform-1.5", "not known"),
        ("Aliyun::Pulumi-v3", "not known"),
        ("[Aliyun::Terraform-v1.5, Acme::Macro]", "`Acme::Macro` is not known"),
        ("{Ref: Version}", "no parameter or function"),
        ("!Ref Version", "no parameter or function"),
        ("[]", "not a text"),
    ],
)
def test_an_unknown_transform_is_reported_and_its_workspace_read(transform: str, said: str) -> None:
    found = scan(f"{HEAD}Transform: {transform}\n{WORKSPACE}".encode())
    assert [p.value for p in found.positions] == ["ecs_image_web"]
    (finding,) = (finding for finding in findings(found) if finding.rule == "unknown-transform")
    assert said in finding.message
    assert (finding.line, finding.level, finding.path) == (2, "warning", "Transform")
    assert any(note.message == finding.message for note in found.warnings)


def test_an_unknown_transform_of_resources_is_reported_and_they_are_read() -> None:
    resources = "Resources:\n  A:\n    Type: ALIYUN::ECS::Instance\n    Properties: {ImageId: x}\n"
    found = scan(f"{HEAD}Transform: Acme::Macro\n{resources}".encode())
    assert found.format == "ros-yaml"
    assert [p.value for p in found.positions] == ["x"]
    assert "unknown-transform" in rules(found)


def test_serverless_is_ros() -> None:
    data = f"{HEAD}Transform: Aliyun::Serverless-2018-04-03\nResources:\n  A: {{Type: 'Aliyun::Serverless::Service'}}\n"
    found = scan(data.encode())
    assert (found.format, rules(found)) == ("ros-yaml", [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WORKSPACE, "a Workspace without a Transform"),
        ("Transform: Aliyun::Terraform-v1.5\nResources: {}\n", "without a Workspace"),
    ],
)
def test_half_of_a_terraform_template_is_reported(text: str, said: str) -> None:
    found = scan(f"{HEAD}{text}".encode())
    assert found.format == "ros-terraform"
    assert [said in finding.message for finding in findings(found) if finding.rule == "unknown-transform"] == [True]


def stack(
    body: object, parameters: object = None, kind: str = "ALIYUN::ROS::Stack", key: str = "TemplateBody"
) -> dict[str, object]:
    """A nested stack with this body."""
    properties: dict[str, object] = {key: body}
    if parameters is not None:
        properties["Parameters"] = parameters
    return {"Type": kind, "Properties": properties}


def outer(resources: dict[str, object], **sections: object) -> bytes:
    """A template with these resources; JSON is YAML."""
    return json.dumps({"ROSTemplateFormatVersion": "2015-09-01", **sections, "Resources": resources}, indent=1).encode()


TERRAFORM_BODY = {
    "ROSTemplateFormatVersion": "2015-09-01",
    "Transform": "Aliyun::OpenTofu-v1.8",
    "Workspace": {"main.tf": 'resource "alicloud_instance" "a" {\n  image_id = "ecs_image_inner"\n}\n'},
}


@pytest.mark.parametrize("as_text", [False, True], ids=["map", "text"])
@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("ALIYUN::ROS::Stack", "TemplateBody"),
        ("ALIYUN::ROS::StackGroup", "TemplateBody"),
        ("ALIYUN::ROS::StackGroup", "DynamicTemplateBody"),
    ],
)
def test_terraform_in_a_nested_stack_is_read(kind: str, key: str, *, as_text: bool) -> None:
    body = json.dumps(TERRAFORM_BODY) if as_text else TERRAFORM_BODY
    data = outer({"S": stack(body, kind=kind, key=key)})
    path = f'Resources.S.Properties.{key}.Workspace["main.tf"].alicloud_instance.a.image_id'
    assert literals(data) == {path: "ecs_image_inner"}


def test_terraform_in_a_block_scalar_of_a_nested_stack_has_its_bytes() -> None:
    data = f"""{HEAD}Resources:
  S:
    Type: ALIYUN::ROS::Stack
    Properties:
      TemplateBody: |
        ROSTemplateFormatVersion: '2015-09-01'
        Transform: [Aliyun::Terraform-v1.5]
        Workspace:
          main.tf: |-
            # 中
            resource "alicloud_instance" "a" {{
              image_id = "ecs_image_inner"
            }}
""".encode()
    (literal,) = literals(data).values()
    assert literal == "ecs_image_inner"


def test_the_transform_of_a_nested_template_is_checked() -> None:
    found = scan(outer({"S": stack({**TERRAFORM_BODY, "Transform": "Aliyun::Teraform-v1.5"})}))
    (finding,) = (finding for finding in findings(found) if finding.rule == "unknown-transform")
    assert finding.path == "Resources.S.Properties.TemplateBody.Transform"


@pytest.mark.parametrize("name", ["Image", "WebImageId", "image_id", "x"])
def test_a_parameter_of_a_nested_stack_leads_to_what_the_parent_gives(name: str) -> None:
    instance = {"Type": "ALIYUN::ECS::Instance", "Properties": {"ImageId": {"Ref": name}}}
    body = {"Parameters": {name: {"Type": "String", "Default": "ecs_image_default"}}, "Resources": {"A": instance}}
    path = "Resources.S.Properties.TemplateBody.Resources.A.Properties.ImageId"
    assert literals(outer({"S": stack(body, {name: "ecs_image_given"})})) == {path: "ecs_image_given"}
    assert literals(outer({"S": stack(body)})) == {path: "ecs_image_default"}
    assert literals(outer({"S": stack(body, {})})) == {path: "ecs_image_default"}
    (ref,) = scan(outer({"S": stack(body, {name: {"Ref": "Outer"}})}, Parameters={"Outer": {"Default": "d"}})).positions
    assert (ref.form, ref.default, ref.start) == ("ref", "d", None)
    (computed,) = scan(outer({"S": stack(body, {"Fn::GetAtt": ["X", "Y"]})})).positions
    assert (computed.form, computed.default, computed.start) == ("ref", "ecs_image_default", None)


def test_a_default_of_a_nested_stack_is_the_key_of_its_map() -> None:
    body = {
        "Parameters": {"Size": {"Type": "String", "Default": "small"}},
        "Mappings": {"Images": {"small": {"Id": "ecs_image_small"}, "large": {"Id": "ecs_image_large"}}},
        "Resources": {
            "A": {
                "Type": "ALIYUN::ECS::Instance",
                "Properties": {"ImageId": {"Fn::FindInMap": ["Images", {"Ref": "Size"}, "Id"]}},
            }
        },
    }
    assert set(literals(outer({"S": stack(body)})).values()) == {"ecs_image_small"}
    assert set(literals(outer({"S": stack(body, {"Size": "large"})})).values()) == {"ecs_image_large"}


@pytest.mark.parametrize("as_text", [False, True], ids=["map", "text"])
def test_a_literal_goes_down_two_stacks(*, as_text: bool) -> None:
    inner: object = {"Parameters": {"Image": {"Type": "String"}}, "Resources": {"A": INSTANCE}}
    middle: object = {
        "Parameters": {"Mine": {"Type": "String"}},
        "Resources": {"T": stack(json.dumps(inner) if as_text else inner, {"Image": {"Ref": "Mine"}})},
    }
    data = outer({"S": stack(json.dumps(middle) if as_text else middle, {"Mine": "ecs_image_given"})})
    path = "Resources.S.Properties.TemplateBody.Resources.T.Properties.TemplateBody.Resources.A.Properties.ImageId"
    assert literals(data) == {path: "ecs_image_given"}


def test_stacks_nested_too_deep_are_reported() -> None:
    body: dict[str, object] = {"Resources": {"A": INSTANCE}}
    for _ in range(6):
        body = {"Resources": {"S": stack(body, {"Image": "x"})}}
    found = scan(outer({"S": stack(body)}))
    assert (found.positions, rules(found)) == ((), ["not-followed"])


@pytest.mark.parametrize("body", ["a: [", "- a list", "just text", '{"Resources": '])
def test_a_body_that_is_no_template_is_one_finding(body: str) -> None:
    found = scan(outer({"S": stack(body)}))
    assert found.positions == ()
    assert len(rules(found)) == 1


def test_hcl_that_is_none_in_a_nested_stack_is_one_finding() -> None:
    body = {**TERRAFORM_BODY, "Workspace": {"main.tf": "resource {{{"}}
    found = scan(outer({"S": stack(body), "A": {"Type": "ALIYUN::ECS::Instance", "Properties": {"ImageId": "x"}}}))
    assert [p.value for p in found.positions] == ["x"]
    assert rules(found) == ["unreadable", "unrelated-marker"]


REGIONAL = "m-bp1aaaaaaaaaaaaaaaa1"


@pytest.mark.parametrize(
    ("kind", "section"),
    [
        ("ALIYUN::ROS::Stack", "Parameters"),
        ("ALIYUN::ROS::StackGroup", "Parameters"),
        ("ALIYUN::ROS::StackInstances", "ParameterOverrides"),
        ("ALIYUN::OOS::Execution", "Parameters"),
        ("ALIYUN::ComputeNest::ServiceInstance", "Parameters"),
        ("MODULE::Acme::Web::Server", ""),
    ],
)
def test_what_is_handed_to_a_template_elsewhere_is_found_by_name_or_by_look(kind: str, section: str) -> None:
    handed: dict[str, object] = {
        "ImageId": "ecs_image_a",
        "web_image_id": "ecs_image_b",
        "MasterImageIds": "ecs_image_c",
        "Anything": REGIONAL,
        "Zone": "cn-hangzhou-h",
        "ImageName": "web",
    }
    properties = {"TemplateURL": "oss://bucket/t.yaml", section: handed} if section else handed
    found = scan(outer({"S": {"Type": kind, "Properties": properties}}))
    assert [p.value for p in found.positions] == ["ecs_image_a", "ecs_image_b", "ecs_image_c", REGIONAL]
    assert all("free parameter" in (p.reason or "") for p in found.positions)


@pytest.mark.parametrize("kind", ["ALIYUN::ROS::Stack", "ALIYUN::ROS::StackGroup", "MODULE::Acme::Web::Server"])
def test_a_template_that_is_kept_elsewhere_is_reported(kind: str) -> None:
    found = scan(outer({"S": {"Type": kind, "Properties": {"TemplateURL": "https://example.com/t.yaml"}}}))
    assert rules(found) == ["not-followed"]
    assert [note.line for note in found.warnings] == [finding.line for finding in findings(found)]


def test_a_module_within_a_nested_stack_is_reported() -> None:
    found = scan(outer({"S": stack({"Resources": {"M": {"Type": "MODULE::A::B::C"}}})}))
    assert rules(found) == ["not-followed"]


def test_a_name_that_leads_nowhere_in_a_stacks_parameters_is_reported() -> None:
    found = scan(
        outer({"S": {"Type": "ALIYUN::ROS::Stack", "Properties": {"Parameters": {"ImageId": {"Ref": "Imag"}}}}})
    )
    assert rules(found) == ["dead-reference"]
