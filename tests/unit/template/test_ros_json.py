"""A ROS template as JSON, and with its images as parameters; the embedded cloud's own reader is the second opinion."""

from __future__ import annotations

import json

import pytest

from computenest.templates import MarkerRefused, TemplateRefused, as_json, scan, with_parameters
from computenest_cloud.services.ros.loading import parse_template

RICH = b"""
ROSTemplateFormatVersion: 2015-09-01
Description: {en: "text", zh-cn: "\xe6\x96\x87"}
Parameters:
  Size: {Type: String, Default: small, AllowedValues: [small, large]}
  Count: {Type: Number, Default: 010, MinValue: 1.5}
Conditions:
  IsLarge: !Equals [!Ref Size, large]
  Both: !And [!Condition IsLarge, !Not [!Equals [a, b]]]
Resources:
  Vpc: {Type: ALIYUN::ECS::VPC, Properties: &shared {Name: !Sub '${Size}-x', Cidr: 10.0.0.0/8}}
  Web:
    Type: ALIYUN::ECS::Instance
    DependsOn: Vpc
    Properties:
      ImageId: ecs_image_web
      VpcId: !GetAtt Vpc.VpcId
      Tags: [{Key: on, Value: 2020-01-01}]
      UserData: !Base64Encode |
        #!/bin/sh
        echo "a"
      Flag: yes
      Nothing: ~
      More: *shared
"""


def template(**sections):
    return json.dumps({"ROSTemplateFormatVersion": "2015-09-01", **sections}).encode()


def server(image):
    return {"Web": {"Type": "ALIYUN::ECS::Instance", "Properties": {"ImageId": image}}}


def parameterized(data, *markers):
    return with_parameters(data, scan=scan(data), markers=markers)


def test_it_is_read_as_ros_reads_it():
    found = as_json(RICH)
    wanted = parse_template(RICH.decode())
    # The list is the only form that JSON has; the text is the short tag's.
    wanted["Resources"]["Web"]["Properties"]["VpcId"] = {"Fn::GetAtt": ["Vpc", "VpcId"]}
    assert json.loads(found) == wanted
    assert "文" in found
    assert as_json(found.encode()) == found


def tens(number):
    """Ten aliases of the line before."""
    return ", ".join([f"*l{number - 1}"] * 10)


LINES = ["ROSTemplateFormatVersion: x", "A: &l0 [x, x, x, x, x, x]", *(f"B{n}: &l{n} [{tens(n)}]" for n in range(1, 7))]
BOMB = "\n".join(LINES).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a: b", "no ROSTemplateFormatVersion"),
        (b"ROSTemplateFormatVersion: x\nA: .inf", "no value that JSON has"),
        (b"ROSTemplateFormatVersion: x\nTransform: Aliyun::Terraform-v1.5\nWorkspace: {}", "Terraform"),
        (b'resource "alicloud_instance" "web" {}', "template"),
        (BOMB, "too many values"),
    ],
    ids=["no template", "infinite", "terraform type", "terraform", "bomb"],
)  # fmt: skip
def test_what_cannot_be_json_is_refused(data, said):
    with pytest.raises(TemplateRefused, match=said):
        as_json(data)


def test_an_image_becomes_a_parameter():
    found = parameterized(RICH, "ecs_image_web")
    written = json.loads(found.text)
    assert dict(found.markers) == {"Image_ecs_image_web": "ecs_image_web"}
    assert written["Resources"]["Web"]["Properties"]["ImageId"] == {"Ref": "Image_ecs_image_web"}
    assert written["Parameters"].pop("Image_ecs_image_web")["Type"] == "String"
    written["Resources"]["Web"]["Properties"]["ImageId"] = "ecs_image_web"
    assert written == json.loads(as_json(RICH))


def test_markers_that_are_called_alike_have_parameters_of_their_own():
    resources = {"A": server("a-b")["Web"], "B": server("a_b")["Web"]}
    found = parameterized(template(Resources=resources), "a-b", "a_b")
    assert dict(found.markers) == {"Image_a_b": "a-b", "Image_a_b_2": "a_b"}


def test_a_path_is_a_marker_too_and_names_never_clash():
    taken = {"Image_Resources_Web_Properties_ImageId": {"Type": "String", "Default": "x"}}
    data = template(Parameters=taken, Resources=server("centos_7"))
    found = parameterized(data, "Resources.Web.Properties.ImageId")
    assert dict(found.markers) == {"Image_Resources_Web_Properties_ImageId_2": "Resources.Web.Properties.ImageId"}
    assert json.loads(found.text)["Parameters"]["Image_Resources_Web_Properties_ImageId"] == {
        "Type": "String", "Default": "x",
    }  # fmt: skip


def test_inside_a_function_is_a_place_for_a_reference():
    chosen = {"Fn::If": ["Big", "image_big", "image_small"]}
    data = template(Conditions={"Big": {"Fn::Equals": ["a", "b"]}}, Resources=server(chosen))
    found = json.loads(parameterized(data, "image_big", "image_small").text)
    refs = [{"Ref": "Image_image_big"}, {"Ref": "Image_image_small"}]
    assert found["Resources"]["Web"]["Properties"]["ImageId"] == {"Fn::If": ["Big", *refs]}


@pytest.mark.parametrize(
    "sections",
    [
        {
            "Mappings": {"Images": {"cn-hangzhou": {"web": "image_web"}}},
            "Resources": server({"Fn::FindInMap": ["Images", "cn-hangzhou", "web"]}),
        },
        {
            "Resources": {
                "Nested": {
                    "Type": "ALIYUN::ROS::Stack",
                    "Properties": {
                        "TemplateBody": {"ROSTemplateFormatVersion": "2015-09-01", "Resources": server("image_web")}
                    },
                }
            }
        },
    ],
    ids=["mapping", "nested"],
)
def test_where_no_reference_may_stand_it_says_so(sections):
    with pytest.raises(MarkerRefused, match="where ROS takes no parameter; render"):
        parameterized(template(**sections), "image_web")


def test_a_marker_that_stands_nowhere_is_refused():
    with pytest.raises(MarkerRefused):
        parameterized(RICH, "image_none")
