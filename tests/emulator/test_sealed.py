"""What a template calls NoEcho, and every other parameter: known after a restart, and nowhere in the state in clear."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from alibabacloud_computenest20210601 import models as user
from alibabacloud_ros20190910 import models as ros
from alibabacloud_tea_openapi.exceptions import ClientException

from computenest_cloud.services.ros.records import STACKS, Stack
from computenest_cloud.store.database import Store
from emulator import offers
from emulator.harness import Cloud

SECRET = "Pa55-w0rd-nobody-else-has"
TEMPLATE = json.dumps(
    {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Parameters": {"Password": {"Type": "String", "NoEcho": True}, "Size": {"Type": "String", "Default": "s"}},
        "Resources": {"Server": {"Type": "ALIYUN::ECS::Instance", "Properties": {"Password": {"Ref": "Password"}}}},
    }
)
REGION = "cn-hangzhou"


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _shown(cloud: Cloud, stack_id: str) -> dict[str, str]:
    found = cloud.ros().get_stack(ros.GetStackRequest(region_id=REGION, stack_id=stack_id)).body
    return {entry.parameter_key: entry.parameter_value for entry in found.parameters}


def _update(cloud: Cloud, stack_id: str, size: str) -> None:
    given = [ros.UpdateStackRequestParameters(parameter_key="Size", parameter_value=size)]
    more = {"use_previous_parameters": True, "parameters": given, "template_body": TEMPLATE}
    cloud.ros().update_stack(ros.UpdateStackRequest(region_id=REGION, stack_id=stack_id, **more))


def test_no_parameter_is_in_clear_in_the_state(start, tmp_path):
    cloud = start("--virtual")
    given = [ros.CreateStackRequestParameters(parameter_key="Password", parameter_value=SECRET)]
    made = ros.CreateStackRequest(region_id=REGION, stack_name="s", template_body=TEMPLATE, client_token="t")
    made.parameters = given
    stack_id = cloud.ros().create_stack(made).body.stack_id
    service_id = offers.save(cloud, offers.metadata({}, offers.upload(cloud, TEMPLATE)), share_type="Public")
    offers.publish(cloud, service_id)
    parameters = {"RegionId": REGION, "Password": SECRET}
    asked = user.CreateServiceInstanceRequest(
        region_id=REGION, service_id=service_id, name="n", parameters=parameters, client_token="t"
    )
    cloud.user().create_service_instance(asked)
    cloud.advance(100)
    assert _shown(cloud, stack_id)["Password"] == "******"
    _update(cloud, stack_id, "m")
    assert [name for name, content in _files(tmp_path).items() if SECRET.encode() in content] == [], "while it runs"
    cloud.advance(100)
    cloud.stop()
    assert [name for name, content in _files(tmp_path).items() if SECRET.encode() in content] == []
    key = tmp_path / "state.sqlite.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    again = start("--virtual")
    assert again.ros().create_stack(made).body.stack_id == stack_id, "the same token and parameters"
    _update(again, stack_id, "l")
    again.advance(100)
    assert _shown(again, stack_id)["Size"] == "l"
    again.stop()
    key.unlink()
    without = Cloud(tmp_path, "--virtual")
    assert without.process.wait(timeout=100) == 1
    said = without.log_path.read_text()
    assert "cannot be read without the key" in said
    assert "Traceback" not in said


REF = {"Ref": "Password"}
INNER = {
    "ROSTemplateFormatVersion": "2015-09-01",
    "Parameters": {"Key": {"Type": "String"}},
    "Outputs": {"Out": {"Value": {"Ref": "Key"}}},
}
NUMBER = {**INNER, "Parameters": {"Key": {"Type": "Number"}}}


def _server(**properties: object) -> dict[str, object]:
    return {"Resources": {"Server": {"Type": "ALIYUN::ECS::Instance", "Properties": properties}}}


def _nested(**properties: object) -> dict[str, object]:
    return {"Resources": {"Nested": {"Type": "ALIYUN::ROS::Stack", "Properties": properties}}}


def _shows(value: object) -> dict[str, object]:
    return {"Outputs": {"Out": {"Value": value}}}


ESCAPES: dict[str, dict[str, object]] = {
    "output": _shows(REF),
    "part of an output": _shows({"Fn::Sub": "x${Password}y"}),
    "output of a nested stack": _nested(TemplateBody=INNER, Parameters={"Key": REF}),
    "no number of a nested stack": _nested(TemplateBody=NUMBER, Parameters={"Key": REF}),
    "body of a nested stack": _nested(TemplateBody=REF),
    "address of a nested stack": _nested(TemplateURL=REF),
    "image": _server(ImageId=REF),
    "properties": _server(InstanceName=REF, UserData=REF, Tags=[{"Key": REF, "Value": REF}]),
    "count": {"Resources": {"Servers": {"Type": "ALIYUN::ECS::Instance", "Count": REF, "Properties": {}}}},
    "key of a map": _shows({"Fn::FindInMap": ["Map", REF, REF]}) | {"Mappings": {"Map": {"a": {"b": "c"}}}},
    "attribute": _shows({"Fn::GetAtt": [REF, "x"]}),
    "index": _shows({"Fn::Select": [REF, ["a"]]}),
    "expression": _shows({"Fn::Calculate": [REF, 0]}),
    "no number": {"Parameters": {"Password": {"Type": "Number", "NoEcho": "true"}}},
    "no JSON": {"Parameters": {"Password": {"Type": "Json", "NoEcho": True}}},
    "none of the values": {"Parameters": {"Password": {"Type": "String", "NoEcho": True, "AllowedValues": ["a"]}}},
    "a rule": {"Rules": {"Rule": {"Assertions": [{"Assert": {"Fn::Equals": [REF, "a"]}, "AssertDescription": REF}]}}},
}


def test_nothing_that_a_template_makes_of_a_secret_is_in_clear(start, tmp_path):
    """It can show one, and a failure quotes what it cannot use."""
    cloud, base = start("--virtual"), json.loads(TEMPLATE)
    refusals: list[str] = []
    for number, escape in enumerate(ESCAPES.values()):
        body = json.dumps({**base, **escape})
        given = [ros.CreateStackRequestParameters(parameter_key="Password", parameter_value=SECRET)]
        made = ros.CreateStackRequest(region_id=REGION, stack_name=f"s{number}", template_body=body, parameters=given)
        try:
            cloud.ros().create_stack(made)
        except ClientException as refusal:
            refusals.append(refusal.message)
        saved = offers.save(
            cloud, offers.metadata({}, offers.upload(cloud, body)), share_type="Public", name=f"n{number}"
        )
        offers.publish(cloud, saved)
        instance = user.CreateServiceInstanceRequest(region_id=REGION, service_id=saved, name=f"i{number}")
        instance.parameters = {"RegionId": REGION, "Password": SECRET}
        cloud.user().create_service_instance(instance)
        cloud.advance(100)
    assert len(refusals) == 4
    assert not any(SECRET in message for message in refusals)
    assert [name for name, content in _files(tmp_path).items() if SECRET.encode() in content] == [], "while it runs"
    cloud.stop()
    assert [name for name, content in _files(tmp_path).items() if SECRET.encode() in content] == []


def test_a_state_that_was_written_in_clear_is_read_and_sealed(tmp_path):
    fields = {"stack_id": "stack-1", "seq": 1, "owner_uid": "1", "region": REGION, "name": "s", "template": ""}
    stack = Stack(**fields, created_at=0.0, parameters={"Password": SECRET})
    store = Store(tmp_path / "state", [STACKS])
    store._connection.execute("INSERT INTO stacks (key, doc) VALUES (?, ?)", (stack.key, stack.model_dump_json()))
    store.close()
    again = Store(tmp_path / "state", [STACKS])
    (found,) = again[STACKS]
    assert found.parameters == {"Password": SECRET}
    found.name = "t"
    again.commit()
    found.parameters = {}
    again.roll_back()
    assert found.parameters == {"Password": SECRET}
    (doc,) = again._connection.execute("SELECT doc FROM stacks").fetchone()
    assert SECRET not in doc
    again.close()
