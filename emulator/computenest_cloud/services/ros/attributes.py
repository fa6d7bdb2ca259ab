"""What is asked of a stack besides its template: tags, policy, protection, events; and the regions."""

from collections.abc import Mapping

from computenest_cloud.catalogue import regions
from computenest_cloud.clock import format_time
from computenest_cloud.errors import invalid_parameter, missing_parameter
from computenest_cloud.services.oss.seam import Uploads
from computenest_cloud.services.ros.errors import error
from computenest_cloud.services.ros.records import STACKS, Stack
from computenest_cloud.services.ros.requests import policy_of, stack_of
from computenest_cloud.services.ros.stacks import Stacks
from computenest_cloud.world import Answer, Call, Handler


def describe_regions(call: Call) -> Answer:
    del call
    listed = [
        {"RegionId": region.region_id, "LocalName": region.name, "RegionEndpoint": "ros.aliyuncs.com"}
        for region in regions().values()
    ]
    return Answer({"Regions": listed})


class StackAttributes:
    def __init__(self, stacks: Stacks, uploads: Uploads) -> None:
        self._stacks = stacks
        self._uploads = uploads

    def actions(self) -> Mapping[str, Handler]:
        return {
            "DescribeRegions": describe_regions,
            "TagResources": self.tag_resources,
            "UntagResources": self.untag_resources,
            "ListTagResources": self.list_tag_resources,
            "GetStackPolicy": self.get_stack_policy,
            "SetStackPolicy": self.set_stack_policy,
            "SetDeletionProtection": self.set_deletion_protection,
            "ListStackEvents": self.list_stack_events,
        }

    # --- tags (fact: ros-026)

    def _tagged(self, call: Call) -> list[Stack]:
        region = call.params.required("RegionId")
        kind = call.params.required("ResourceType").lower()
        if kind != "stack":
            raise error("InvalidResourceType.NotFound", f"This cloud has tags on stacks, not on {kind!r}.")
        return [self._stacks.find(call.account, region, stack_id) for stack_id in call.params.items("ResourceId")]

    def tag_resources(self, call: Call) -> Answer:
        stacks, tags = self._tagged(call), call.params.tags()
        if not stacks or not tags:
            raise missing_parameter("Tag" if stacks else "ResourceId")
        for stack in stacks:
            stack.tags = {**stack.tags, **tags}
        return Answer({})

    def untag_resources(self, call: Call) -> Answer:
        stacks, keys = self._tagged(call), call.params.items("TagKey")
        if not stacks:
            raise missing_parameter("ResourceId")
        is_all = call.params.flag("All") and not keys
        for stack in stacks:
            stack.tags = {key: value for key, value in stack.tags.items() if not is_all and key not in keys}
        return Answer({})

    def list_tag_resources(self, call: Call) -> Answer:
        """No NextToken at the end: Terraform asks on as long as there is one."""
        wanted = {group.text("Key"): group.text("Value") for group in call.params.groups("Tag")}
        stacks = self._tagged(call)
        if not call.params.has_items("ResourceId"):
            region, uid = call.params.text("RegionId"), call.account.uid
            stacks = [
                stack
                for stack in call.world.store[STACKS]
                if (stack.region, stack.owner_uid, stack.deleted_at) == (region, uid, None)
            ]
        listed = [
            {"ResourceId": stack.stack_id, "ResourceType": "stack", "TagKey": key, "TagValue": stack.tags[key]}
            for stack in stacks
            if all(stack.tags.get(key) == value or (key in stack.tags and not value) for key, value in wanted.items())
            for key in sorted(stack.tags)
        ]
        return Answer({"TagResources": listed})

    # --- policy and protection

    def get_stack_policy(self, call: Call) -> Answer:
        """A stack without a policy has no StackPolicyBody in the answer. fact: ros-025"""
        policy = stack_of(call, self._stacks).policy
        return Answer({} if policy is None else {"StackPolicyBody": policy})

    def set_stack_policy(self, call: Call) -> Answer:
        stack = stack_of(call, self._stacks)
        stack.policy = policy_of(call, self._uploads)
        return Answer({})

    def set_deletion_protection(self, call: Call) -> Answer:
        stack, wanted = stack_of(call, self._stacks), call.params.required("DeletionProtection")
        if wanted not in {"Enabled", "Disabled"}:
            raise invalid_parameter("DeletionProtection", f"Enabled or Disabled is expected, {wanted!r} was sent.")
        stack.deletion_protection = "Enabled" if wanted == "Enabled" else "Disabled"
        return Answer({})

    # --- events

    def list_stack_events(self, call: Call) -> Answer:
        """Newest first. fact: ros-031"""
        stack, params = stack_of(call, self._stacks), call.params
        filters = {
            "LogicalResourceId": params.items("LogicalResourceId"),
            "ResourceType": params.items("ResourceType"),
            "Status": params.items("Status"),
        }
        found = [
            event
            for event in reversed(stack.events)
            if all(not wanted or event[name] in wanted for name, wanted in filters.items())
        ]
        number = params.number("PageNumber", default=1, low=1, high=10**6)
        size = params.number("PageSize", default=10, low=1, high=50)
        listed = [
            {
                **{name: value for name, value in event.items() if name != "at"},
                "StackId": stack.stack_id,
                "StackName": stack.name,
                "CreateTime": format_time(event["at"]),
            }
            for event in found[(number - 1) * size : number * size]
        ]
        return Answer({"Events": listed, "TotalCount": len(found), "PageNumber": number, "PageSize": size})
