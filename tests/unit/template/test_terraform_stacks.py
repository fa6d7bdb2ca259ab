"""ROS templates in Terraform's resources, each literal cut from the bytes where it stands."""

from __future__ import annotations

import json

import pytest

from computenest.review.lint import lint
from computenest.templates import Scan, TemplateRefused, scan, scan_module

BODY = """ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Image: {Type: String, Default: ecs_image_default}
Resources:
  Web:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: ecs_image_web
  Db:
    Type: ALIYUN::ECS::InstanceGroup
    Properties:
      ImageId: !Ref Image
"""
WEB, DB = "template_body.Resources.Web.Properties.ImageId", "template_body.Resources.Db.Properties.ImageId"


def resource(body: str, *, more: str = "", kind: str = "alicloud_ros_stack") -> str:
    """A stack with this `template_body`."""
    return f'resource "{kind}" "s" {{\n  stack_name = "s"\n  template_body = {body}\n{more}}}\n'


def heredoc(text: str = BODY, *, sign: str = "<<", indent: str = "") -> str:
    """A text as a heredoc."""
    return f"{sign}EOF\n" + "".join(f"{indent}{line}\n" for line in text.splitlines()) + f"{indent}EOF"


def quoted(text: str) -> str:
    """A text as a string of HCL."""
    return json.dumps(text, ensure_ascii=False)


ENCODED = """jsonencode({
    ROSTemplateFormatVersion = "2015-09-01"
    Parameters = { Image = { Type = "String", Default = "ecs_image_default" } }
    "Resources" = {
      Web = {
        Type       = "ALIYUN::ECS::Instance"
        Properties = { ImageId = "ecs_image_web" }
      }
      Db : { Type : "ALIYUN::ECS::InstanceGroup", Properties : { ImageId : { Ref : "Image" } } }
    }
  })"""


def literals(found: Scan | TemplateRefused, data: bytes) -> dict[str, str]:
    """Path below the stack -> literal."""
    assert isinstance(found, Scan)
    cut = {}
    for position in found.positions:
        if position.start is not None:
            assert data[position.start : position.end].decode() == position.value
            assert data.count(b"\n", 0, position.start) + 1 == position.line
            cut[position.path.split(".s.", 1)[1]] = position.value or ""
    return cut


def read(text: str) -> dict[str, str]:
    """The literals of one file."""
    data = text.encode()
    return literals(scan(data, name="main.tf"), data)


def rules(text: str) -> list[str]:
    """What lint says of one file."""
    return [finding.rule for finding in lint({"main.tf": scan(text.encode(), name="main.tf")})]


BODIES = {
    "heredoc": heredoc(),
    "indented heredoc": heredoc(sign="<<-", indent="    "),
    "heredoc of JSON": heredoc(
        '{"Resources": {"Web": {"Type": "ALIYUN::ECS::Instance", "Properties": {"ImageId": "ecs_image_web"}},'
        ' "Db": {"Type": "ALIYUN::ECS::InstanceGroup", "Properties": {"ImageId": {"Ref": "Image"}}}},'
        ' "Parameters": {"Image": {"Default": "ecs_image_default"}}}'
    ),
    "quoted": quoted(BODY),
    "in parentheses": f"({heredoc()}\n)",
    "jsonencode": ENCODED,
    "yamlencode": ENCODED.replace("jsonencode", "yamlencode"),
    "not ASCII": heredoc("# 中文\n" + BODY),
    "escaped signs": heredoc("Description: $${x} %%{y}\n" + BODY),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize(
    "kind", ["alicloud_ros_stack", "alicloud_ros_stack_group", "alicloud_ros_change_set", "alicloud_ros_template"]
)
def test_a_body_is_read_as_the_template_that_it_is(body: str, kind: str) -> None:
    assert read(resource(body, kind=kind)) == {WEB: "ecs_image_web", DB: "ecs_image_default"}


@pytest.mark.parametrize("body", [BODIES["heredoc"], BODIES["jsonencode"]], ids=["heredoc", "jsonencode"])
def test_parameters_of_a_stack_lead_to_what_it_gives(body: str) -> None:
    more = '  parameters {\n    parameter_key   = "Image"\n    parameter_value = "ecs_image_given"\n  }\n'
    assert read(resource(body, more=more)) == {WEB: "ecs_image_web", DB: "ecs_image_given"}
    variable = 'variable "image" { default = "ecs_image_variable" }\n'
    assert read(variable + resource(body, more=more.replace('"ecs_image_given"', "var.image"))) == {
        WEB: "ecs_image_web",
        DB: "ecs_image_variable",
    }
    dynamic = '  dynamic "parameters" {\n    for_each = var.all\n    content {}\n  }\n'
    assert read(resource(body, more=dynamic)) == {WEB: "ecs_image_web"}


@pytest.mark.parametrize(
    "declared",
    [
        "locals {{ body = {} }}\n",
        'variable "body" {{\n  default = {}\n}}\n',
        'locals {{\n  body = true ? {} : ""\n}}\n',
    ],
    ids=["local", "variable", "conditional"],
)
def test_a_body_that_is_declared_elsewhere_is_followed(declared: str) -> None:
    reference = "var.body" if declared.startswith("variable") else "local.body"
    text = declared.format(quoted(BODY)) + resource(reference)
    assert read(text) == {WEB: "ecs_image_web", DB: "ecs_image_default"}


def test_a_body_in_another_file_of_the_folder_is_a_position_of_that_file() -> None:
    files = {"main.tf": resource("local.body").encode(), "locals.tf": f"locals {{\n  body = {heredoc()}\n}}\n".encode()}
    found = scan_module(files)
    assert literals(found["locals.tf"], files["locals.tf"]) == {WEB: "ecs_image_web", DB: "ecs_image_default"}
    main = found["main.tf"]
    assert isinstance(main, Scan)
    assert [(p.start, "stands in locals.tf" in (p.reason or "")) for p in main.positions] == [(None, True)] * 2


@pytest.mark.parametrize("form", ["heredoc", "quoted", "jsonencode"])
def test_interpolations_in_a_body_are_terraforms(form: str) -> None:
    text = BODY.replace("ecs_image_web", "'${var.image}'")
    encoded = ENCODED.replace('"ecs_image_web"', "var.image")
    body = {"heredoc": heredoc(text), "quoted": quoted(text), "jsonencode": encoded}[form]
    data = 'variable "image" { default = "ecs_image_variable" }\n' + resource(body)
    assert read(data) == {WEB: "ecs_image_variable", DB: "ecs_image_default"}
    unknown = scan(data.replace('{ default = "ecs_image_variable" }', "{}").encode(), name="main.tf")
    assert [(p.form, p.start) for p in unknown.positions if p.path.endswith(WEB)] == [("variable", None)]


def test_a_body_with_a_terraform_template_in_it() -> None:
    hcl = 'resource "alicloud_instance" "a" {\n      image_id = "x"\n    }'
    inner = f"Transform: Aliyun::OpenTofu-v1.8\nWorkspace:\n  main.tf: |\n    {hcl}\n"
    assert read(resource(heredoc(inner))) == {'template_body.Workspace["main.tf"].alicloud_instance.a.image_id': "x"}


def test_each_instance_of_a_stack_has_its_own() -> None:
    more = '  for_each = { a = "ecs_image_a", b = "ecs_image_b" }\n'
    body = ENCODED.replace('"ecs_image_web"', "each.value")
    found = scan(resource(body, more=more).encode(), name="main.tf")
    values = {p.path: p.value for p in found.positions if p.path.endswith(WEB)}
    assert values == {f'alicloud_ros_stack.s["{key}"].{WEB}': f"ecs_image_{key}" for key in "ab"}


def test_json_syntax() -> None:
    tree = {
        "resource": {
            "alicloud_ros_stack": {
                "s": {
                    "template_body": BODY,
                    "parameters": [{"parameter_key": "Image", "parameter_value": "ecs_image_given"}],
                }
            }
        }
    }
    data = json.dumps(tree, indent=1).encode()
    assert literals(scan(data, name="main.tf.json"), data) == {WEB: "ecs_image_web", DB: "ecs_image_given"}


def test_in_a_workspace_a_body_may_be_a_file_beside() -> None:
    body = "".join(f"    {line}\n" for line in BODY.splitlines())
    text = (
        "ROSTemplateFormatVersion: '2015-09-01'\nTransform: Aliyun::Terraform-v1.5\nWorkspace:\n  main.tf: |\n"
        '    resource "alicloud_ros_stack" "s" {\n      template_body = file("${path.module}/stacks/web.yaml")\n    }\n'
        f"  stacks/web.yaml: |\n{body}"
    )
    data = text.encode()
    assert literals(scan(data), data) == {WEB: "ecs_image_web", DB: "ecs_image_default"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('file("${path.module}/web.yaml")', "the file `web.yaml`"),
        ("data.local_file.x.content", "known at deployment"),
        ("var.body", "known at deployment"),
        ("jsonencode(data.x.y)", "known at deployment"),
        (heredoc("%{ if true }\nResources: {\n%{ endif }\n"), "not read"),
    ],
)
def test_a_body_that_is_not_here_is_reported(body: str, said: str) -> None:
    text = resource(body)
    assert rules(text) == ["not-followed"]
    (finding,) = lint({"main.tf": scan(text.encode(), name="main.tf")})
    assert said in finding.message
    assert (finding.line, finding.path) == (3, "alicloud_ros_stack.s.template_body")


def test_a_body_behind_a_url_is_reported_with_the_images_that_it_is_given() -> None:
    parameters = "".join(
        f'  parameters {{\n    parameter_key = "{key}"\n    parameter_value = "{value}"\n  }}\n'
        for key, value in (("WebImageId", "ecs_image_a"), ("Zone", "b"), ("Other", "m-bp1aaaaaaaaaaaaaaaa1"))
    )
    text = f'resource "alicloud_ros_stack" "s" {{\n  template_url = "oss://b/t.yaml"\n{parameters}}}\n'
    found = scan(text.encode(), name="main.tf")
    assert [p.value for p in found.positions] == ["ecs_image_a", "m-bp1aaaaaaaaaaaaaaaa1"]
    assert "not-followed" in rules(text)


@pytest.mark.parametrize("body", [quoted("Resources: ["), quoted("- a"), heredoc("{")])
def test_a_body_that_is_none_is_one_finding(body: str) -> None:
    assert rules(resource(body)) == ["unreadable"]
