"""ROS requests as typed values: which stack, which template, which parameters and options."""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.errors import invalid_parameter, missing_parameter
from computenest_cloud.services.oss.seam import Uploads
from computenest_cloud.services.ros.errors import error
from computenest_cloud.services.ros.records import Stack
from computenest_cloud.services.ros.stacks import StackOptions, Stacks
from computenest_cloud.wire.values import parse_json
from computenest_cloud.world import Call

POLICY_SIZE_LIMIT = 16_384


def stack_of(call: Call, stacks: Stacks) -> Stack:
    region = call.params.required("RegionId")
    return stacks.find(call.account, region, call.params.required("StackId"))


def template_of(call: Call, uploads: Uploads) -> str:
    body, url = call.params.text("TemplateBody"), call.params.text("TemplateURL")
    if body:
        return body
    if not url:
        raise missing_parameter("TemplateBody")
    text = uploads.text(url, call.account.uid)
    if text is None:
        raise error("InvalidSchema", f"The template cannot be read ({url}).")
    return text


def given_parameters(call: Call) -> dict[str, Any]:
    groups = call.params.groups("Parameters")
    return {group.required("ParameterKey"): group.text("ParameterValue") for group in groups}


def policy_of(call: Call, uploads: Uploads) -> Mapping[str, Any]:
    """A stack policy, from StackPolicyBody or StackPolicyURL. fact: ros-025"""
    url = call.params.text("StackPolicyURL")
    text = call.params.text("StackPolicyBody") or (uploads.text(url, call.account.uid) if url else None)
    if not text:
        raise missing_parameter("StackPolicyBody")
    try:
        found = parse_json(text)
    except ValueError as failure:
        raise invalid_parameter("StackPolicyBody", f"it is not JSON ({failure}).") from failure
    if not isinstance(found, dict) or not isinstance(found.get("Statement"), list):
        raise invalid_parameter("StackPolicyBody", "a JSON object with a list Statement is expected.")
    if len(text.encode()) > POLICY_SIZE_LIMIT:
        raise invalid_parameter("StackPolicyBody", f"it is larger than {POLICY_SIZE_LIMIT} bytes.")
    return found


def stack_options(call: Call, uploads: Uploads) -> StackOptions:
    params = call.params
    protection = params.text("DeletionProtection") or "Disabled"
    if protection not in {"Enabled", "Disabled"}:
        raise invalid_parameter("DeletionProtection", f"Enabled or Disabled is expected, {protection!r} was sent.")
    has_policy = params.text("StackPolicyBody") or params.text("StackPolicyURL")
    return StackOptions(
        is_rollback_disabled=params.flag("DisableRollback"),
        timeout_minutes=params.number("TimeoutInMinutes", default=60, low=10, high=1440),
        deletion_protection="Enabled" if protection == "Enabled" else "Disabled",
        tags={group.required("Key"): group.text("Value") for group in params.groups("Tags")},
        policy=policy_of(call, uploads) if has_policy else None,
        notification_urls=params.items("NotificationURLs"),
        ram_role=params.text("RamRoleName"),
        resource_group_id=params.text("ResourceGroupId"),
        template_url=params.text("TemplateURL"),
    )
