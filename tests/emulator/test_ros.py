"""ROS: templates evaluated, stacks in time, each resource with its image; with the official SDK."""

from __future__ import annotations

import inspect
import json
import re

import pytest
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ros20190910 import models as ros

from computenest_cloud.services.ros.stacks import has_succeeded
from emulator import offers
from emulator.harness import both

RICH = """
ROSTemplateFormatVersion: 2015-09-01
Parameters:
  Size: {Type: String, Default: small, AllowedValues: [small, large]}
  Zone: {Type: String}
  Names: {Type: CommaDelimitedList, Default: 'a,b'}
Mappings:
  Images:
    cn-hangzhou: {web: aliyun_3_x64_20G_alibase_}
    cn-beijing: {web: centos_7}
Conditions:
  IsLarge: {Fn::Equals: [{Ref: Size}, large]}
  IsSmall: {Fn::Not: [IsLarge]}
  Both: {Fn::And: [IsLarge, {Fn::Or: [IsSmall, IsLarge]}]}
Resources:
  Vpc: {Type: ALIYUN::ECS::VPC, Properties: {Name: !Sub '${Size}-${ALIYUN::Region}'}}
  Server:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: !FindInMap [Images, !Ref 'ALIYUN::Region', web]
      VpcId: !GetAtt Vpc.VpcId
      HostName: {Fn::Join: ['-', [x, {Fn::Select: ['1', {Ref: Names}]}]]}
  Large:
    Type: ALIYUN::ECS::Instance
    Condition: Both
    Properties: {ImageId: {Fn::If: [IsLarge, ubuntu_22, {Ref: ALIYUN::NoValue}]}}
  Copies:
    Type: ALIYUN::ECS::Instance
    Count: 2
    Properties: {ImageId: centos_7}
  Template: {Type: ALIYUN::ECS::LaunchTemplate, Properties: {ImageId: centos_7}}
  Nested:
    Type: ALIYUN::ROS::Stack
    Properties:
      Parameters: {Image: ubuntu}
      TemplateBody:
        ROSTemplateFormatVersion: '2015-09-01'
        Parameters: {Image: {Type: String}}
        Resources:
          Scaling: {Type: ALIYUN::ESS::ScalingConfiguration, Properties: {ImageId: {Ref: Image}}}
        Outputs: {Image: {Value: {Ref: Image}}}
Outputs:
  Name: {Value: {Fn::Sub: ['${A}-${Zone}', {A: {Fn::GetAtt: [Nested, Outputs.Image]}}]}}
  Text: {Value: {Fn::Join: [',', {Ref: Names}]}}
"""


def _template(image, kind="ALIYUN::ECS::Instance"):
    resources = {"Server": {"Type": kind, "Properties": {"ImageId": image}}}
    return json.dumps({"ROSTemplateFormatVersion": "2015-09-01", "Resources": resources})


def _create(cloud, template, *, region="cn-hangzhou", name="one", account="customer", parameters=None, **more):
    listed = [
        ros.CreateStackRequestParameters(parameter_key=key, parameter_value=value)
        for key, value in (parameters or {}).items()
    ]
    request = ros.CreateStackRequest(
        region_id=region, stack_name=name, template_body=template, parameters=listed, **more
    )
    return cloud.ros(account).create_stack(request).body.stack_id


def _get(cloud, stack_id, *, region="cn-hangzhou", account="customer"):
    return cloud.ros(account).get_stack(ros.GetStackRequest(region_id=region, stack_id=stack_id)).body


def _resources(cloud, stack_id, region="cn-hangzhou"):
    request = ros.ListStackResourcesRequest(region_id=region, stack_id=stack_id)
    found = cloud.ros().list_stack_resources(request).body.resources
    return {entry.logical_resource_id: entry for entry in found}


def _image(cloud, stack_id, name="Server", region="cn-hangzhou"):
    request = ros.GetStackResourceRequest(region_id=region, stack_id=stack_id, logical_resource_id=name)
    found = cloud.ros().get_stack_resource(request).body.resource_attributes
    return next(entry["ResourceAttributeValue"] for entry in found if entry["ResourceAttributeKey"] == "ImageId")


def _update(cloud, stack_id, template, **more):
    request = ros.UpdateStackRequest(region_id="cn-hangzhou", stack_id=stack_id, template_body=template, **more)
    cloud.ros().update_stack(request)
    cloud.advance(60)


def _delete(cloud, stack_id):
    cloud.ros().delete_stack(ros.DeleteStackRequest(region_id="cn-hangzhou", stack_id=stack_id))
    cloud.advance(60)


def test_a_rich_template(cloud):
    stack_id = _create(cloud, RICH, parameters={"Zone": "z"})
    assert _get(cloud, stack_id).status == "CREATE_IN_PROGRESS"
    cloud.advance(60)
    found = _get(cloud, stack_id)
    assert found.status == "CREATE_COMPLETE"
    assert {entry["OutputKey"]: entry["OutputValue"] for entry in found.outputs} == {"Name": "ubuntu-z", "Text": "a,b"}
    resources = _resources(cloud, stack_id)
    assert sorted(resources) == ["Copies[0]", "Copies[1]", "Nested", "Server", "Template", "Vpc"]
    assert resources["Vpc"].physical_resource_id.startswith("vpc-")
    assert _image(cloud, stack_id) == "aliyun_3_x64_20G_alibase_20240819.vhd"
    assert _image(cloud, stack_id, "Template") == "centos_7_9_x64_20G_alibase_20240403.vhd"
    nested = resources["Nested"].physical_resource_id
    listed = cloud.ecs("customer").describe_instances(ecs.DescribeInstancesRequest(region_id="cn-hangzhou")).body
    assert sorted(entry.image_id for entry in listed.instances.instance) == [
        "aliyun_3_x64_20G_alibase_20240819.vhd",
        "centos_7_9_x64_20G_alibase_20240403.vhd",
        "centos_7_9_x64_20G_alibase_20240403.vhd",
    ]
    assert nested.startswith("stack-")
    _delete(cloud, stack_id)
    assert _get(cloud, stack_id).status == "DELETE_COMPLETE"
    assert cloud.ledger()["is_empty"]


def test_conditions_choose(cloud):
    stack_id = _create(cloud, RICH, parameters={"Zone": "z", "Size": "large"}, region="cn-beijing")
    cloud.advance(60)
    assert "Large" in _resources(cloud, stack_id, "cn-beijing")
    assert _image(cloud, stack_id, "Server", "cn-beijing").startswith("centos_7")


@pytest.mark.parametrize(
    ("template", "parameters", "code"),
    [
        ("{", {}, "InvalidSchema"),
        ("[]", {}, "InvalidSchema"),
        ("Resources: {}", {}, "InvalidTemplateVersion"),
        ("{ROSTemplateFormatVersion: x, Resources: [a]}", {}, "InvalidTemplateSection"),
        (RICH, {}, "UserParameterMissing"),
        (RICH, {"Zone": "z", "Other": "x"}, "UnknownUserParameter"),
        (RICH, {"Zone": "z", "Size": "huge"}, "StackValidationFailed"),
        (_template({"Ref": "Nothing"}), {}, "InvalidTemplateReference"),
        (_template({"Fn::FindInMap": ["A", "b", "c"]}), {}, "StackValidationFailed"),
        (_template("x")[:-1] + ', "Transform": "Aliyun::Terraform-v1.5"}', {}, "NotSupported"),
    ],
    ids=range(10),
)
def test_a_template_that_cannot_be_evaluated(cloud, refused, template, parameters, code):
    with refused(code):
        _create(cloud, template, parameters=parameters)
    assert cloud.ledger()["is_empty"]


@pytest.mark.parametrize(
    ("image", "account", "region", "is_allowed"),
    [
        ("m-bp1gold0000000000001", "supplier", "cn-hangzhou", True),
        ("m-bp1gold0000000000001", "customer", "cn-hangzhou", False),
        ("m-bp1gold0000000000001", "supplier", "cn-beijing", False),
        ("centos_7", "customer", "cn-shanghai", True),
        ("image_web", "customer", "cn-hangzhou", False),
        ("{{resolve:oos:aliyun/services/computenest/images/ai}}", "customer", "cn-hangzhou", True),
        ({"Fn::MarketplaceImage": "cmjj00000002"}, "customer", "cn-hangzhou", True),
        ({"Fn::MarketplaceImage": "cmjj00000002"}, "customer", "cn-shanghai", False),
    ],
)
def test_an_image_that_may_not_be_used_fails_the_stack(cloud, image, account, region, is_allowed):
    stack_id = _create(cloud, _template(image), region=region, account=account)
    cloud.advance(60)
    found = _get(cloud, stack_id, region=region, account=account)
    assert found.status == ("CREATE_COMPLETE" if is_allowed else "CREATE_ROLLBACK_COMPLETE")
    assert ("InvalidImageId.NotFound: resources.Server" in found.status_reason) != is_allowed


def test_a_shared_image_may_be_used_where_it_is(cloud):
    cloud.share("m-bp1gold0000000000001", cloud.uid("customer"))
    stack_id = _create(cloud, _template("m-bp1gold0000000000001"))
    cloud.advance(60)
    assert _get(cloud, stack_id).status == "CREATE_COMPLETE"


def test_look_alikes_are_not_images(cloud):
    stack_id = _create(cloud, _template("whatever", "ALIYUN::SWAS::Instances"))
    cloud.advance(60)
    assert _get(cloud, stack_id).status == "CREATE_COMPLETE"


def test_a_stack_is_one_of_its_name_and_busy_while_it_works(cloud, refused):
    stack_id = _create(cloud, _template("centos_7"), client_token="t")
    assert _create(cloud, _template("centos_7"), client_token="t") == stack_id
    with refused("StackExists"):
        _create(cloud, _template("centos_7"))
    with refused("ActionInProgress"):
        _update(cloud, stack_id, _template("ubuntu_22"))
    with refused("StackNotFound"):
        _get(cloud, stack_id, account="stranger")


def test_failures_on_demand(cloud):
    cloud.fault({"kind": "fail_stack", "code": "Zone.NotOnSale"}, times=1)
    stack_id = _create(cloud, _template("centos_7"), disable_rollback=True)
    cloud.advance(60)
    assert _get(cloud, stack_id).status == "CREATE_FAILED"
    assert "Zone.NotOnSale" in _get(cloud, stack_id).status_reason


@both("ros.image_change")
def test_an_update_with_another_image(cloud, position):
    cloud.switch("ros.image_change", position)
    stack_id = _create(cloud, _template("centos_7"))
    cloud.advance(60)
    before = _resources(cloud, stack_id)["Server"].physical_resource_id
    _update(cloud, stack_id, _template("ubuntu_22"))
    assert _get(cloud, stack_id).status == "UPDATE_COMPLETE"
    assert _image(cloud, stack_id) == "ubuntu_22_04_x64_20G_alibase_20240820.vhd"
    after = _resources(cloud, stack_id)["Server"].physical_resource_id
    assert (after == before) == (position == "in_place")
    _update(cloud, stack_id, _template("nonsense"))
    assert _get(cloud, stack_id).status == "ROLLBACK_COMPLETE"
    assert _image(cloud, stack_id) == "ubuntu_22_04_x64_20G_alibase_20240820.vhd"
    assert _resources(cloud, stack_id)["Server"].physical_resource_id == after


def test_templates_are_shown_and_validated(cloud):
    url = offers.upload(cloud, RICH, visibility="public")
    found = cloud.ros().validate_template(ros.ValidateTemplateRequest(region_id="cn-hangzhou", template_url=url)).body
    assert [entry["ParameterKey"] for entry in found.parameters] == ["Size", "Zone", "Names"]
    assert "ALIYUN::ROS::Stack" in found.resource_types.resources
    stack_id = _create(cloud, _template("centos_7"))
    shown = cloud.ros().get_template(ros.GetTemplateRequest(region_id="cn-hangzhou", stack_id=stack_id)).body
    assert shown.template_body == _template("centos_7")


FUNCTIONS = {
    "Add": ([1, "2", 3.5], 6.5),
    "AddLists": ([["a"], ["b"]], ["a", "b"]),
    "AddMaps": ([{"a": 1}, {"b": 2}], {"a": 1, "b": 2}),
    "Any": ([False, "true"], True),
    "Avg": ([1, [1, 2, 6.0]], 3),
    "Base64Decode": ("aGVsbG8=", "hello"),
    "Base64Encode": ("hello", "aGVsbG8="),
    "Calculate": (["(2+{0})/{1}*3-1", 1, [3, 2]], 6.5),
    "Cidr": (["192.168.0.0/24", 2, 5], ["192.168.0.0/27", "192.168.0.32/27"]),
    "Contains": ([["a", "b"], "b"], True),
    "EachMemberIn": ([["a"], ["b"]], False),
    "GetJsonValue": (["key", '{"key": "value"}'], "value"),
    "Index": (["b", ["a", "b"]], 1),
    "Length": ([1, 2, 3], 3),
    "ListMerge": ([["a"], ["b", "c"]], ["a", "b", "c"]),
    "MatchPattern": (["^a.c$", "abc"], True),
    "Max": ([1, 12, 3], 12),
    "MergeMapToList": ([{"Port": [80]}, {"Server": ["a", "b"]}], [{"Port": 80, "Server": n} for n in "ab"]),
    "Min": ([4, "2"], 2),
    "Replace": ([{"a": "x"}, "banana"], "bxnxnx"),
    "Select": (["-1", ["a", "b"]], "b"),
    "Select beyond": (["2", ["a", "b"]], ""),
    "Select before": (["-3", ["a", "b"], "x"], "x"),
    "Select slice": (["0:3:2", ["a", "b", "c", "d"]], ["a", "c"]),
    "Select key": (["k", {"k": "v"}, "x"], "v"),
    "Select no key": (["l", {"k": "v"}, "x"], "x"),
    "SelectMapList": (["key", [{"key": 1}, {"other": 2}, {"key": 3}]], [1, 3]),
    "Split": ([",", "a,b"], ["a", "b"]),
    "Str": (12, "12"),
}


def test_functions_compute(cloud):
    outputs = {name: {"Value": {f"Fn::{_function(name)}": argument}} for name, (argument, _) in FUNCTIONS.items()}
    unknown = {"Fn::Calculate": [{"Fn::GetAtt": ["Server", "Price"]}, 0]}
    outputs |= {
        "Unknown": {"Value": unknown},
        "Today": {"Value": {"Ref": "Today"}},
        "Found": {"Value": {"Ref": "Found"}},
    }
    found = _outputs(
        cloud,
        Outputs=outputs,
        Locals={
            "Today": {"Type": "Eval", "Value": {"Fn::FormatTime": ["%Y-%m-%d", "Asia/Shanghai"]}},
            "Found": {"Type": "DATASOURCE::VPC::Vpcs", "Properties": {}},
        },
    )
    assert (found.pop("Unknown"), found.pop("Found")) == ("<Fn::Calculate>", "<Found>")
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", found.pop("Today"))
    assert found == {name: value for name, (_, value) in FUNCTIONS.items()}


def _function(name):
    return "Add" if name.startswith("Add") else name.partition(" ")[0]


def _outputs(cloud, **sections):
    resources = {"Server": {"Type": "ALIYUN::ECS::Instance", "Properties": {"ImageId": "centos_7"}}}
    template = {"ROSTemplateFormatVersion": "2015-09-01", "Resources": resources, **sections}
    stack_id = _create(cloud, json.dumps(template))
    cloud.advance(60)
    return {entry["OutputKey"]: entry["OutputValue"] for entry in _get(cloud, stack_id).outputs}


@pytest.mark.parametrize(
    "function",
    [
        {"Fn::Calculate": ["__import__('os')", 0]},
        {"Fn::Calculate": ["1/0", 0]},
        {"Fn::Add": ["a", "b"]},
        {"Fn::Cidr": ["192.168.0.1/24", 2, 5]},
        {"Fn::Base64Decode": "?"},
        {"Fn::FormatTime": ["%Y", "Nowhere/Land"]},
        {"Fn::MatchPattern": ["(", "a"]},
    ],
    ids=range(7),
)
def test_a_function_that_cannot_compute(cloud, refused, function):
    properties = {"ImageId": "centos_7", "HostName": function}
    resources = {"Server": {"Type": "ALIYUN::ECS::Instance", "Properties": properties}}
    with refused("StackValidationFailed"):
        _create(cloud, json.dumps({"ROSTemplateFormatVersion": "2015-09-01", "Resources": resources}))


CONSTRAINED = json.dumps(
    {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Parameters": {
            "Password": {"Type": "String", "NoEcho": True, "MinLength": 8, "MaxLength": 30, "Default": "short"},
            "Size": {"Type": "Number", "MinValue": 20, "MaxValue": 100, "Default": 1},
            "Zone": {"Type": "String", "AllowedPattern": "^cn-[a-z]+-[a-z]$", "Default": "anywhere"},
            "Kind": {"Type": "String", "Default": "small"},
        },
        "Rules": {
            "Large": {
                "RuleCondition": {"Fn::Equals": [{"Ref": "Kind"}, "large"]},
                "Assertions": [
                    {"Assert": {"Fn::Equals": [{"Ref": "Size"}, 100]}, "AssertDescription": "large means 100"},
                ],
            }
        },
    }
)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Password": "12345678", "Size": "20", "Zone": "cn-hangzhou-b"}, None),
        ({}, None),
        ({"Password": "secret"}, "(Password) value ****** is 6 long"),
        ({"Size": "19"}, "(Size) value '19' is outside"),
        ({"Size": "many"}, "(Size) value 'many' is not a Number"),
        ({"Zone": "us-east-1b"}, "does not match the pattern"),
        ({"Kind": "large", "Size": "99"}, "large means 100"),
        ({"Kind": "large", "Size": "100"}, None),
    ],
    ids=range(8),
)
def test_what_is_given_is_held_against_constraints_and_rules(cloud, refused, given, said):
    if said is None:
        _create(cloud, CONSTRAINED, parameters=given)
        return
    with refused("StackValidationFailed") as caught:
        _create(cloud, CONSTRAINED, parameters=given)
    assert said in str(caught.value)


def test_a_stack_groups_template_is_its_own(cloud):
    """It refers to parameters of its own, which the stack does not have."""
    inner = {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Parameters": {"Name": {"Type": "String"}},
        "Resources": {"Vpc": {"Type": "ALIYUN::ECS::VPC", "Properties": {"VpcName": {"Ref": "Name"}}}},
    }
    group = {"Type": "ALIYUN::ROS::StackGroup", "Properties": {"StackGroupName": "g", "TemplateBody": inner}}
    stack_id = _create(cloud, json.dumps({"ROSTemplateFormatVersion": "2015-09-01", "Resources": {"Group": group}}))
    cloud.advance(60)
    assert _get(cloud, stack_id).status == "CREATE_COMPLETE"


def test_of_the_documented_statuses_two_are_a_success():
    """Of those that the SDK lists, where an instance waits for its stack."""
    names = re.findall(
        r"^ +# - ([A-Z_]+_(?:COMPLETE|FAILED|IN_PROGRESS)):", inspect.getsource(ros.GetStackResponseBody), re.M
    )
    assert len(names) > 20
    assert {name for name in names if has_succeeded(name)} == {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
