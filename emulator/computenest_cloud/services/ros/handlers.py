"""ROS actions by name: parse, act, answer. TemplateBody travels in a form body, everything else in the query."""

import json
from collections.abc import Mapping
from typing import Any

from computenest_cloud.clock import format_time
from computenest_cloud.services.oss.seam import Uploads
from computenest_cloud.services.ros.attributes import StackAttributes
from computenest_cloud.services.ros.errors import error
from computenest_cloud.services.ros.functions import truth
from computenest_cloud.services.ros.loading import is_terraform, parse_template
from computenest_cloud.services.ros.previews import Previews
from computenest_cloud.services.ros.records import RESOURCES, STACKS, Stack, StackResource
from computenest_cloud.services.ros.requests import given_parameters, policy_of, stack_of, stack_options, template_of
from computenest_cloud.services.ros.stacks import Stacks
from computenest_cloud.tokens import replay_or_run
from computenest_cloud.world import Answer, Call, Handler

HIDDEN = "******"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _output(name: str, spec: Any) -> dict[str, str]:
    told = spec if isinstance(spec, dict) else {}
    texts = {"Description": _text(told.get("Description") or ""), "Label": _text(told.get("Label") or "")}
    return {"OutputKey": name, **texts}


def _hidden(template: Mapping[str, Any]) -> set[str]:
    """The parameters that nobody is shown. fact: ros-040"""
    specs = template.get("Parameters") or {}
    return {name for name, spec in specs.items() if isinstance(spec, dict) and truth(spec.get("NoEcho", False))}


class RosHandlers:
    def __init__(self, stacks: Stacks, uploads: Uploads) -> None:
        self._stacks = stacks
        self._uploads = uploads

    def actions(self) -> Mapping[str, Handler]:
        return {
            "CreateStack": self.create_stack,
            "UpdateStack": self.update_stack,
            "GetStack": self.get_stack,
            "ListStacks": self.list_stacks,
            "ListStackResources": self.list_stack_resources,
            "GetStackResource": self.get_stack_resource,
            "DeleteStack": self.delete_stack,
            "GetTemplate": self.get_template,
            "ValidateTemplate": self.validate_template,
            **StackAttributes(self._stacks, self._uploads).actions(),
            **Previews(self._stacks, self._uploads).actions(),
        }

    def _template(self, call: Call) -> str:
        return template_of(call, self._uploads)

    def _stack(self, call: Call) -> Stack:
        return stack_of(call, self._stacks)

    def create_stack(self, call: Call) -> Answer:
        region, name = call.params.required("RegionId"), call.params.required("StackName")

        def run() -> Answer:
            stack = self._stacks.create(
                call.account.uid,
                region,
                name,
                self._template(call),
                given_parameters(call),
                stack_options(call, self._uploads),
            )
            return Answer({"StackId": stack.stack_id}, stack.stack_id)

        return replay_or_run(call, run)

    def update_stack(self, call: Call) -> Answer:
        def run() -> Answer:
            stack, params = self._stack(call), call.params
            has_template = bool(params.text("TemplateBody") or params.text("TemplateURL"))
            template = self._template(call) if has_template else stack.template
            before = stack.parameters if params.flag("UsePreviousParameters") else {}
            timeout, policy = params.number("TimeoutInMinutes", default=stack.timeout_minutes, low=10, high=1440), None
            if params.text("StackPolicyBody") or params.text("StackPolicyURL"):
                policy = policy_of(call, self._uploads)
            parameters = {**before, **given_parameters(call)}
            if params.flag("DryRun"):
                self._stacks.check_update(stack, template, parameters)
                return Answer({"StackId": stack.stack_id, "DryRunResult": {}}, stack.stack_id)
            self._stacks.update(stack, template, parameters)
            stack.timeout_minutes = timeout
            stack.policy = policy or stack.policy
            stack.ram_role = params.text("RamRoleName") or stack.ram_role
            stack.tags = {**stack.tags, **{g.required("Key"): g.text("Value") for g in params.groups("Tags")}}
            if params.text("DisableRollback"):
                stack.is_rollback_disabled = params.flag("DisableRollback")
            return Answer({"StackId": stack.stack_id}, stack.stack_id)

        return replay_or_run(call, run)

    def delete_stack(self, call: Call) -> Answer:
        if call.params.flag("RetainAllResources") or call.params.has_items("RetainResources"):
            raise error("NotSupported", "Resources that outlive their stack are not emulated.")
        self._stacks.delete(self._stack(call))
        return Answer({})

    def get_stack(self, call: Call) -> Answer:
        stack = self._stack(call)
        outputs = [
            {"OutputKey": key, "OutputValue": value, "Description": ""} for key, value in sorted(stack.outputs.items())
        ]
        parameters = {
            "ALIYUN::StackName": stack.name,
            "ALIYUN::StackId": stack.stack_id,
            "ALIYUN::Region": stack.region,
            "ALIYUN::AccountId": stack.owner_uid,
            **stack.parameters,
        }
        template = parse_template(stack.template)
        shown = parameters | dict.fromkeys(_hidden(template) & parameters.keys(), HIDDEN)
        listed = [{"ParameterKey": key, "ParameterValue": _text(shown[key])} for key in sorted(shown)]
        details = {
            "Description": _text(template.get("Description") or ""),
            "TemplateDescription": _text(template.get("Description") or ""),
            "NotificationURLs": list(stack.notification_urls),
            "RamRoleName": stack.ram_role,
            "RootStackId": "",
            "CheckedStackResourceCount": 0,
            "NotCheckedStackResourceCount": len(call.world.store[RESOURCES].grouped(stack.stack_id)),
            "TemplateURL": stack.template_url,
            "Interface": _text((template.get("Metadata") or {}).get("ALIYUN::ROS::Interface") or {}),
        }
        return Answer({**self._summary(stack), **details, "Outputs": outputs, "Parameters": listed})

    @staticmethod
    def _summary(stack: Stack) -> dict[str, Any]:
        return {
            "StackId": stack.stack_id,
            "StackName": stack.name,
            "RegionId": stack.region,
            "Status": stack.status,
            "StatusReason": stack.status_reason,
            "StackType": "ROS",
            "DisableRollback": stack.is_rollback_disabled,
            "DeletionProtection": stack.deletion_protection,
            "TimeoutInMinutes": stack.timeout_minutes,
            "ParentStackId": stack.parent_id,
            "ResourceGroupId": stack.resource_group_id,
            "ServiceManaged": False,
            "ServiceName": "",
            "StackDriftStatus": "NOT_CHECKED",
            "Tags": [{"Key": key, "Value": stack.tags[key]} for key in sorted(stack.tags)],
            "CreateTime": format_time(stack.created_at),
            "UpdateTime": format_time(stack.updated_at or stack.created_at),
        }

    def list_stacks(self, call: Call) -> Answer:
        region = call.params.required("RegionId")
        names, wanted = call.params.items("StackName"), call.params.items("Status")
        number = call.params.number("PageNumber", default=1, low=1, high=10**6)
        size = call.params.number("PageSize", default=10, low=1, high=50)
        found = [
            stack
            for stack in sorted(call.world.store[STACKS], key=lambda stack: -stack.seq)
            if (stack.owner_uid, stack.region) == (call.account.uid, region)
            and (not names or stack.name in names)
            and (stack.status in wanted if wanted else stack.deleted_at is None)
        ]
        shown = [self._summary(stack) for stack in found[(number - 1) * size : number * size]]
        return Answer({"Stacks": shown, "TotalCount": len(found), "PageNumber": number, "PageSize": size})

    def list_stack_resources(self, call: Call) -> Answer:
        stack = self._stack(call)
        found = call.world.store[RESOURCES].grouped(stack.stack_id)
        return Answer({"Resources": [self._resource(stack, entry) for entry in found]})

    @staticmethod
    def _resource(stack: Stack, entry: StackResource) -> dict[str, Any]:
        return {
            "StackId": entry.stack_id,
            "StackName": stack.name,
            "LogicalResourceId": entry.logical_id,
            "PhysicalResourceId": ",".join(entry.members) or entry.physical_id,
            "ResourceType": entry.resource_type,
            "Status": entry.status,
            "StatusReason": "state changed",
            "ResourceDriftStatus": "NOT_CHECKED",
            "CreateTime": format_time(entry.created_at),
            "UpdateTime": format_time(entry.updated_at),
        }

    def get_stack_resource(self, call: Call) -> Answer:
        """fact: ros-022"""
        stack, logical_id = self._stack(call), call.params.required("LogicalResourceId")
        entry = call.world.store[RESOURCES].get(f"{stack.stack_id}/{logical_id}")
        if entry is None:
            raise error("ResourceNotFound", f"The Resource ({logical_id}) could not be found in Stack ({stack.name}).")
        values: dict[str, Any] = {"ImageId": entry.running_image_id, "InstanceIds": list(entry.members)}
        attributes = [
            {"ResourceAttributeKey": key, "ResourceAttributeValue": value} for key, value in values.items() if value
        ]
        return Answer({**self._resource(stack, entry), "ResourceAttributes": attributes})

    def get_template(self, call: Call) -> Answer:
        stack = self._stack(call)
        body = {"TemplateBody": stack.template, "StackId": stack.stack_id, "RegionId": stack.region}
        return Answer({**body, "OwnerId": stack.owner_uid, "CreateTime": format_time(stack.created_at)})

    def validate_template(self, call: Call) -> Answer:
        template = parse_template(self._template(call))
        parameters = template.get("Parameters") or {}
        resources = {} if is_terraform(template) else template.get("Resources") or {}
        kinds = sorted({str(entry.get("Type", "")) for entry in resources.values() if isinstance(entry, dict)})
        listed = [
            {**spec, "ParameterKey": name, "NoEcho": str(spec.get("NoEcho", False)).lower()}
            for name, spec in parameters.items()
            if isinstance(spec, dict)
        ]
        return Answer(
            {
                "Description": _text(template.get("Description") or ""),
                "Parameters": listed,
                "ResourceTypes": {
                    "Resources": [kind for kind in kinds if kind.startswith("ALIYUN::")],
                    "DataSources": [kind for kind in kinds if kind.startswith("DATASOURCE::")],
                    "Modules": [],
                },
                "Resources": [
                    {"LogicalResourceIdPattern": name, "ResourceType": entry.get("Type", ""), "ResourcePath": name}
                    for name, entry in resources.items()
                    if isinstance(entry, dict)
                ],
                "Outputs": [_output(name, spec) for name, spec in (template.get("Outputs") or {}).items()],
            }
        )
