"""What ROS tells of a template before it is deployed: the stack it would make, what parameters may be, what it costs.

Nothing is changed and nothing is reserved.
"""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.catalogue import regions
from computenest_cloud.errors import invalid_parameter
from computenest_cloud.services.oss.seam import Uploads
from computenest_cloud.services.ros.estimate import estimate
from computenest_cloud.services.ros.evaluation import Declared, Evaluation
from computenest_cloud.services.ros.functions import text, truth
from computenest_cloud.services.ros.loading import parse_template
from computenest_cloud.services.ros.records import RESOURCES, Stack, StackResource
from computenest_cloud.services.ros.requests import given_parameters, stack_of, stack_options, template_of
from computenest_cloud.services.ros.stacks import Stacks
from computenest_cloud.world import Answer, Call, Handler


class Previews:
    def __init__(self, stacks: Stacks, uploads: Uploads) -> None:
        self._stacks = stacks
        self._uploads = uploads

    def actions(self) -> Mapping[str, Handler]:
        return {
            "PreviewStack": self.preview_stack,
            "GetTemplateParameterConstraints": self.get_template_parameter_constraints,
            "GetTemplateEstimateCost": self.get_template_estimate_cost,
        }

    def _planned(self, call: Call, name: str) -> Stack:
        """A stack that is evaluated and thrown away."""
        region = call.params.required("RegionId")
        if region not in regions():
            raise invalid_parameter("RegionId", f"unknown region {region!r}.")
        return Stack(
            stack_id="stack-preview",
            seq=0,
            owner_uid=call.account.uid,
            region=region,
            name=name,
            template="",
            created_at=call.world.now,
        )

    def preview_stack(self, call: Call) -> Answer:
        """fact: ros-027"""
        params = call.params
        stack = stack_of(call, self._stacks) if params.text("StackId") else None
        name = stack.name if stack is not None else params.required("StackName")
        options = stack_options(call, self._uploads)
        has_template = bool(params.text("TemplateBody") or params.text("TemplateURL"))
        template = stack.template if stack is not None and not has_template else template_of(call, self._uploads)
        before = stack.parameters if stack is not None and params.flag("UsePreviousParameters") else {}
        evaluation = self._stacks.evaluate(
            stack or self._planned(call, name), template, {**before, **given_parameters(call)}
        )
        now = {} if stack is None else {e.logical_id: e for e in call.world.store[RESOURCES].grouped(stack.stack_id)}
        shown = {
            "StackName": name,
            "RegionId": params.text("RegionId"),
            "Description": text(parse_template(template).get("Description")),
            "TemplateDescription": text(parse_template(template).get("Description")),
            "DisableRollback": options.is_rollback_disabled,
            "TimeoutInMinutes": options.timeout_minutes,
            "Parameters": _parameters(evaluation),
            "Resources": _changes(evaluation.resources(), now),
        }
        if options.policy is not None:
            shown["StackPolicyBody"] = options.policy
        return Answer({"Stack": shown})

    def get_template_parameter_constraints(self, call: Call) -> Answer:
        """fact: ros-028"""
        call.params.required("RegionId")
        template = parse_template(template_of(call, self._uploads))
        wanted = call.params.items("ParametersKeyFilter")
        listed = [
            _constraint(name, spec)
            for name, spec in (template.get("Parameters") or {}).items()
            if isinstance(spec, dict) and (not wanted or name in wanted)
        ]
        return Answer({"ParameterConstraints": listed})

    def get_template_estimate_cost(self, call: Call) -> Answer:
        """fact: ros-029"""
        stack = self._planned(call, "estimate")
        evaluation = self._stacks.evaluate(stack, template_of(call, self._uploads), given_parameters(call))
        return Answer({"Resources": estimate(call.world, evaluation)})


def _parameters(evaluation: Evaluation) -> list[dict[str, str]]:
    return [
        {"ParameterKey": name, "ParameterValue": text(value)} for name, value in sorted(evaluation.parameters.items())
    ]


def _changes(wanted: list[Declared], now: Mapping[str, StackResource]) -> list[dict[str, Any]]:
    """Added, modified where there is one already, and removed."""
    listed: list[dict[str, Any]] = [
        {
            "LogicalResourceId": declared.logical_id,
            "ResourceType": declared.resource_type,
            "AcsResourceType": _acs_type(declared.resource_type),
            "PhysicalResourceId": now[declared.logical_id].physical_id if declared.logical_id in now else "",
            "Properties": declared.properties,
            "Description": text(declared.raw.get("Description")),
            "RequiredBy": [],
            "Action": "Modify" if declared.logical_id in now else "Add",
            "Replacement": "Conditional" if declared.logical_id in now else "False",
        }
        for declared in wanted
    ]
    gone = set(now) - {declared.logical_id for declared in wanted}
    return listed + [
        {
            "LogicalResourceId": name,
            "ResourceType": now[name].resource_type,
            "AcsResourceType": _acs_type(now[name].resource_type),
            "PhysicalResourceId": now[name].physical_id,
            "Action": "Remove",
            "Replacement": "False",
        }
        for name in sorted(gone)
    ]


def _acs_type(resource_type: str) -> str:
    """As the cloud's own resource types are called: ACS::ECS::Instance."""
    return resource_type.replace("ALIYUN::", "ACS::", 1)


def _constraint(name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """What the template itself allows. What the resources' services would allow is not known here."""
    declared = spec.get("AllowedValues")
    values = [text(value) for value in declared] if isinstance(declared, list) else []
    limits: dict[str, Any] = {"AllowedValues": values} if values else {"Behavior": "NoLimit"}
    if not values:
        why = "no password is looked up" if truth(spec.get("NoEcho", False)) else "the resource's service is not asked"
        limits["BehaviorReason"] = why
    return {"ParameterKey": name, "Type": str(spec.get("Type", "String")), **limits}
