"""What is asked of stacks besides their templates: as Terraform's `alicloud_ros_stack` asks it, and with the SDK."""

from __future__ import annotations

import json

import pytest
from alibabacloud_ros20190910 import models as ros

from emulator.clients import Request, with_tea
from emulator.test_signatures import keys_of

pytestmark = pytest.mark.wire

REGION = "cn-hangzhou"
TEMPLATE = {
    "ROSTemplateFormatVersion": "2015-09-01",
    "Description": "one machine",
    "Parameters": {"Image": {"Type": "String", "Default": "centos_7"}, "Size": {"AllowedValues": ["s", "l"]}},
    "Resources": {
        "Server": {
            "Type": "ALIYUN::ECS::Instance",
            "Properties": {"ImageId": {"Ref": "Image"}, "InstanceType": {"Ref": "Size"}},
        }
    },
}
POLICY = {"Statement": [{"Action": "Update:*", "Resource": "*", "Effect": "Allow", "Principal": "*"}]}


def ask(cloud, action, **params):
    return with_tea(keys_of(cloud, "customer"), Request("2019-09-10", action, {"RegionId": REGION, **params}))


def create(cloud, **params):
    body = json.dumps(TEMPLATE)
    given = {"Parameters.1.ParameterKey": "Size", "Parameters.1.ParameterValue": "s", **params}
    stack_id = ask(cloud, "CreateStack", StackName="shop", TemplateBody=body, **given)["StackId"]
    cloud.advance(60)
    return stack_id


def test_as_terraform_keeps_a_stack(cloud):
    """Every field that its read sets; where one is missing, its next plan changes or replaces the stack."""
    stack_id = create(cloud, DisableRollback="false", TimeoutInMinutes="60", DeletionProtection="Disabled")
    found = ask(cloud, "GetStack", StackId=stack_id, ClientToken="TF-GetStack-1")
    assert (found["Status"], found["StackName"]) == ("CREATE_COMPLETE", "shop")
    assert (found["DeletionProtection"], found["DisableRollback"], found["TimeoutInMinutes"]) == ("Disabled", False, 60)
    given = [each for each in found["Parameters"] if not each["ParameterKey"].startswith("ALIYUN::")]
    assert given == [{"ParameterKey": "Size", "ParameterValue": "s"}]
    assert json.loads(ask(cloud, "GetTemplate", StackId=stack_id)["TemplateBody"]) == TEMPLATE
    tags = {"ResourceType": "stack", "ResourceId.1": stack_id}
    assert ask(cloud, "ListTagResources", **tags)["TagResources"] == []
    ask(cloud, "TagResources", **tags, **{"Tag.1.Key": "a", "Tag.1.Value": "b", "Tag.2.Key": "c", "Tag.2.Value": "d"})
    listed = ask(cloud, "ListTagResources", **tags)
    assert {each["TagKey"]: each["TagValue"] for each in listed["TagResources"]} == {"a": "b", "c": "d"}
    assert listed.get("NextToken") is None  # it asks on as long as there is one
    ask(cloud, "UntagResources", **tags, **{"TagKey.1": "a"})
    assert ask(cloud, "GetStack", StackId=stack_id)["Tags"] == [{"Key": "c", "Value": "d"}]
    assert "StackPolicyBody" not in ask(cloud, "GetStackPolicy", StackId=stack_id)
    changes = {"Parameters.1.ParameterKey": "Size", "Parameters.1.ParameterValue": "l", "TimeoutInMinutes": "30"}
    ask(cloud, "UpdateStack", StackId=stack_id, TemplateBody=json.dumps(TEMPLATE), **changes)
    cloud.advance(60)
    found = ask(cloud, "GetStack", StackId=stack_id)
    assert (found["Status"], found["TimeoutInMinutes"]) == ("UPDATE_COMPLETE", 30)
    ask(cloud, "DeleteStack", StackId=stack_id)
    cloud.advance(60)
    assert ask(cloud, "GetStack", StackId=stack_id)["Status"] == "DELETE_COMPLETE"


def test_a_dry_run_of_an_update_changes_nothing(cloud, refused):
    stack_id = create(cloud)
    request = ros.UpdateStackRequest(region_id=REGION, stack_id=stack_id, dry_run=True, use_previous_parameters=True)
    request.template_body = json.dumps({**TEMPLATE, "Resources": {}})
    assert cloud.ros().update_stack(request).body.stack_id == stack_id
    assert ask(cloud, "GetStack", StackId=stack_id)["Status"] == "CREATE_COMPLETE"
    request.use_previous_parameters = False
    with refused("UserParameterMissing"):
        cloud.ros().update_stack(request)


def test_a_policy_is_set_and_read(cloud, refused):
    stack_id = create(cloud)
    client = cloud.ros()
    client.set_stack_policy(
        ros.SetStackPolicyRequest(region_id=REGION, stack_id=stack_id, stack_policy_body=json.dumps(POLICY))
    )
    ask_policy = ros.GetStackPolicyRequest(region_id=REGION, stack_id=stack_id)
    assert client.get_stack_policy(ask_policy).body.stack_policy_body == POLICY
    for text in ("{", "[]", "{}"):
        with refused("InvalidParameter.StackPolicyBody"):
            client.set_stack_policy(
                ros.SetStackPolicyRequest(region_id=REGION, stack_id=stack_id, stack_policy_body=text)
            )
    stranger = cloud.ros("stranger")
    for asked in (stranger.get_stack_policy, client.get_stack_policy):
        other = ask_policy if asked == stranger.get_stack_policy else ros.GetStackPolicyRequest(REGION, "stack-none")
        with refused("StackNotFound"):
            asked(other)


def test_a_protected_stack_stays(cloud, refused):
    stack_id = create(cloud, DeletionProtection="Enabled")
    delete = ros.DeleteStackRequest(region_id=REGION, stack_id=stack_id)
    with refused("DeletionProtectionEnabled"):
        cloud.ros().delete_stack(delete)
    protect = ros.SetDeletionProtectionRequest(region_id=REGION, stack_id=stack_id, deletion_protection="Disabled")
    cloud.ros().set_deletion_protection(protect)
    cloud.ros().delete_stack(delete)
    cloud.advance(60)
    assert cloud.ledger()["is_empty"]


def test_events_tell_what_happened(cloud):
    stack_id = create(cloud)
    ask_events = ros.ListStackEventsRequest(region_id=REGION, stack_id=stack_id)
    found = cloud.ros().list_stack_events(ask_events).body
    assert [(event.logical_resource_id, event.status) for event in found.events] == [
        ("shop", "CREATE_COMPLETE"),
        ("Server", "CREATE_COMPLETE"),
        ("shop", "CREATE_IN_PROGRESS"),
    ]
    ask_events.status = ["CREATE_IN_PROGRESS"]
    assert cloud.ros().list_stack_events(ask_events).body.total_count == 1
    cloud.fault({"kind": "fail_stack", "code": "NoStock", "message": "none left"}, times=1)
    ask(cloud, "UpdateStack", StackId=stack_id, UsePreviousParameters="true")
    cloud.advance(60)
    newest = cloud.ros().list_stack_events(ros.ListStackEventsRequest(region_id=REGION, stack_id=stack_id)).body
    assert newest.events[0].status == "ROLLBACK_COMPLETE"
    assert "NoStock: none left" in newest.events[0].status_reason


def test_a_stack_is_previewed(cloud, refused):
    client = cloud.ros()
    given = [ros.PreviewStackRequestParameters(parameter_key="Size", parameter_value="s")]
    request = ros.PreviewStackRequest(
        region_id=REGION, stack_name="shop", template_body=json.dumps(TEMPLATE), parameters=given
    )
    planned = client.preview_stack(request).body.stack
    assert [(each.logical_resource_id, each.action) for each in planned.resources] == [("Server", "Add")]
    assert planned.resources[0].properties == {"ImageId": "centos_7", "InstanceType": "s"}
    assert (planned.description, planned.timeout_in_minutes) == ("one machine", 60)
    assert client.list_stacks(ros.ListStacksRequest(region_id=REGION)).body.total_count == 0
    stack_id = create(cloud)
    changed = json.loads(json.dumps(TEMPLATE))
    changed["Resources"]["Other"] = changed["Resources"].pop("Server")
    request = ros.PreviewStackRequest(
        region_id=REGION, stack_id=stack_id, template_body=json.dumps(changed), parameters=given
    )
    planned = client.preview_stack(request).body.stack
    assert {each.logical_resource_id: each.action for each in planned.resources} == {"Other": "Add", "Server": "Remove"}
    request.parameters = None
    with refused("UserParameterMissing"):
        client.preview_stack(request)


def test_what_a_parameter_may_be_and_what_it_costs(cloud):
    client, body = cloud.ros(), json.dumps(TEMPLATE)
    ask_limits = ros.GetTemplateParameterConstraintsRequest(region_id=REGION, template_body=body)
    found = {
        each.parameter_key: each
        for each in client.get_template_parameter_constraints(ask_limits).body.parameter_constraints
    }
    assert (found["Size"].allowed_values, found["Image"].behavior) == (["s", "l"], "NoLimit")
    given = [ros.GetTemplateEstimateCostRequestParameters(parameter_key="Size", parameter_value="s")]
    ask_cost = ros.GetTemplateEstimateCostRequest(region_id=REGION, template_body=body, parameters=given)
    assert client.get_template_estimate_cost(ask_cost).body.resources["Server"]["Success"] is True


def test_regions_of_ros(cloud):
    found = cloud.ros().describe_regions(ros.DescribeRegionsRequest()).body.regions
    assert len(found) >= 24
    assert found[0].region_endpoint


def resource(kind="ALIYUN::ECS::VPC", **more):
    return {"Type": kind, **more}


REFERS = {"Properties": {"Name": {"Ref": "B"}}}
CYCLES = {
    "itself": {"A": resource(Properties={"Name": {"Ref": "A"}})},
    "by Ref": {"A": resource(**REFERS), "B": resource(Properties={"Name": {"Ref": "A"}})},
    "by GetAtt": {"A": resource(**REFERS), "B": resource(Properties={"Name": {"Fn::GetAtt": ["A", "VpcId"]}})},
    "by Sub": {"A": resource(**REFERS), "B": resource(Properties={"Name": {"Fn::Sub": "${A.VpcId}-x"}})},
    "by DependsOn": {"A": resource(DependsOn="B"), "B": resource(DependsOn=["A"])},
    "of three": {"A": resource(**REFERS), "B": resource(DependsOn="C"), "C": resource(DependsOn="A")},
    "through a nested stack": {
        "A": resource(Properties={"Name": {"Fn::GetAtt": ["N", "Outputs.Out"]}}),
        "N": resource(
            "ALIYUN::ROS::Stack",
            Properties={
                "Parameters": {"In": {"Ref": "A"}},
                "TemplateBody": {
                    "ROSTemplateFormatVersion": "2015-09-01",
                    "Parameters": {"In": {"Type": "String"}},
                    "Outputs": {"Out": {"Value": {"Ref": "In"}}},
                },
            },
        ),
    },
}


@pytest.mark.parametrize("name", CYCLES)
def test_what_needs_itself_is_refused(cloud, refused, name):
    body = json.dumps({"ROSTemplateFormatVersion": "2015-09-01", "Resources": CYCLES[name]})
    with refused("CircularDependency"):
        cloud.ros().create_stack(ros.CreateStackRequest(region_id=REGION, stack_name="x", template_body=body))


def test_what_a_condition_leaves_out_needs_nothing(cloud):
    never = {"Fn::If": ["Never", {"Ref": "A"}, "x"]}
    resources = {"A": resource(**REFERS), "B": resource(Properties={"Name": never}), "C": resource(DependsOn="A")}
    template = {"Conditions": {"Never": {"Fn::Equals": [1, 2]}}, "Resources": resources}
    body = json.dumps({"ROSTemplateFormatVersion": "2015-09-01", **template})
    cloud.ros().create_stack(ros.CreateStackRequest(region_id=REGION, stack_name="x", template_body=body))
