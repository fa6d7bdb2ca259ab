"""Stacks: created, updated and deleted in time; what they declare is recorded with the image that each runs.

A template that cannot be evaluated is refused at once. An image that the account may not use in the region fails the
stack when ECS would refuse it, at the end, with the cause (fact: ros-012).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

from computenest_cloud.catalogue import regions
from computenest_cloud.errors import ServiceError, invalid_parameter
from computenest_cloud.faults import Occasion
from computenest_cloud.services.oss.seam import Uploads
from computenest_cloud.services.ros import events
from computenest_cloud.services.ros.errors import error
from computenest_cloud.services.ros.evaluation import GROUPS, NESTED, SINGLE, Declared, Evaluation, Scope
from computenest_cloud.services.ros.images import FIXED, image_values, running_image
from computenest_cloud.services.ros.loading import is_terraform, parse_template
from computenest_cloud.services.ros.records import RESOURCES, STACKS, Stack, StackResource
from computenest_cloud.store.records import Account
from computenest_cloud.world import World

FINISH_STACK = "stack-finished"
PREFIXES = {
    **dict.fromkeys(GROUPS, "i-"),
    **dict.fromkeys(SINGLE, "i-"),
    "ALIYUN::ECS::LaunchTemplate": "lt-",
    "ALIYUN::ESS::ScalingConfiguration": "asc-",
    "ALIYUN::ESS::ScalingGroup": "asg-",
    "ALIYUN::ECS::VPC": "vpc-",
    "ALIYUN::ECS::VSwitch": "vsw-",
    "ALIYUN::ECS::SecurityGroup": "sg-",
    "ALIYUN::ECS::CustomImage": "m-",
    "ALIYUN::ECS::CopyImage": "m-",
    "ALIYUN::ECI::ContainerGroup": "eci-",
    NESTED: "stack-",
}


def has_succeeded(status: str) -> bool:
    """Of a stack that has come to rest: whether it became as it was asked to be."""
    return status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


@dataclass(frozen=True)
class StackOptions:
    """What a stack is told beside its template and parameters."""

    is_rollback_disabled: bool = False
    timeout_minutes: int = 60
    deletion_protection: Literal["Enabled", "Disabled"] = "Disabled"
    tags: Mapping[str, str] = field(default_factory=dict)
    policy: Mapping[str, Any] | None = None
    notification_urls: tuple[str, ...] = ()
    ram_role: str = ""
    resource_group_id: str = ""
    template_url: str = ""


class Maker(Protocol):
    """Another service, which really makes the resources of one type."""

    def put(self, stack: Stack, physical_id: str, properties: Mapping[str, Any]) -> None:
        """Makes it, or makes what is there as it is declared now. Raises `ServiceError`: why the stack fails."""

    def drop(self, physical_id: str) -> None:
        """Deletes it."""


class StackFailedError(Exception):
    """What the resource's service answered, with the resource's name.

    Args:
        logical_id: the resource, "" for the first one.
        printed: what it said before.
    """

    def __init__(self, message: str, *, logical_id: str = "", printed: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.logical_id = logical_id
        self.printed = printed


class Stacks:
    def __init__(self, world: World, uploads: Uploads) -> None:
        self._world = world
        self._uploads = uploads
        self._finished: Callable[[Stack], None] = lambda _: None
        self._makers: dict[str, Maker] = {}
        world.timeline.on(FINISH_STACK, self._due)

    def on_resource(self, resource_type: str, maker: Maker) -> None:
        """Resources of this type are made by that service; those of others are recorded only. fact: ros-041"""
        self._makers[resource_type] = maker

    def on_finished(self, finished: Callable[[Stack], None]) -> None:
        self._finished = finished

    def resume(self) -> None:
        for stack in self._world.store[STACKS]:
            if stack.due_at is not None:
                self._world.timeline.schedule(FINISH_STACK, stack.key, stack.due_at)

    # --- requests

    def find(self, account: Account, region: str, stack_id: str) -> Stack:
        """By id or by name; a deleted stack is still found by its id (fact: ros-021)."""
        for stack in self._world.store[STACKS]:
            is_named = stack.stack_id == stack_id or (stack.name == stack_id and stack.deleted_at is None)
            if is_named and stack.owner_uid == account.uid and stack.region == region:
                return stack
        raise error("StackNotFound", f"The Stack ({stack_id}) could not be found.")

    def create(
        self,
        uid: str,
        region: str,
        name: str,
        template: str,
        parameters: Mapping[str, Any],
        options: StackOptions,
    ) -> Stack:
        world = self._world
        if region not in regions():
            raise invalid_parameter("RegionId", f"unknown region {region!r}.")
        for other in world.store[STACKS]:
            if (other.owner_uid, other.region, other.name) == (uid, region, name) and other.deleted_at is None:
                raise error("StackExists", f"The Stack ({name}) already exists.")
        stack = Stack(
            stack_id=world.mint.hex_id("stack"),
            seq=world.mint.count("order"),
            owner_uid=uid,
            region=region,
            name=name,
            template=template,
            parameters=dict(parameters),
            created_at=world.now,
            **asdict(options),
        )
        self.evaluate(stack, template, parameters).resources()
        world.store[STACKS].add(stack)
        self._begin(stack, "CreateStack")
        return stack

    def check_update(self, stack: Stack, template: str, parameters: Mapping[str, Any]) -> None:
        self._check_idle(stack)
        self.evaluate(stack, template, parameters).resources()

    def update(self, stack: Stack, template: str, parameters: Mapping[str, Any]) -> None:
        self.check_update(stack, template, parameters)
        stack.next_template, stack.next_parameters = template, dict(parameters)
        stack.status, stack.status_reason = "UPDATE_IN_PROGRESS", ""
        self._begin(stack, "UpdateStack")

    def go_on(self, stack: Stack, template: str, parameters: Mapping[str, Any]) -> None:
        """A creation that failed is taken up again, with another template or parameters perhaps. fact: ros-023"""
        if stack.status != "CREATE_FAILED":
            raise error("NotSupported", f"The Stack ({stack.name}) is {stack.status}; only a failed creation goes on.")
        self.evaluate(stack, template, parameters).resources()
        stack.template, stack.parameters = template, dict(parameters)
        stack.status, stack.status_reason = "CREATE_IN_PROGRESS", ""
        self._begin(stack, "ContinueCreateStack")

    def delete(self, stack: Stack) -> None:
        if stack.deleted_at is not None or stack.status == "DELETE_IN_PROGRESS":
            return
        self._check_idle(stack)
        if stack.deletion_protection == "Enabled":
            raise error("DeletionProtectionEnabled", f"The Stack ({stack.name}) is protected from deletion.")
        stack.status, stack.status_reason = "DELETE_IN_PROGRESS", ""
        self._begin(stack, "DeleteStack")

    @staticmethod
    def _check_idle(stack: Stack) -> None:
        if stack.due_at is not None or stack.deleted_at is not None:
            raise error("ActionInProgress", f"The Stack ({stack.name}) is {stack.status}.")

    def _begin(self, stack: Stack, action: str) -> None:
        world = self._world
        occasion = Occasion("ros", (action,), world.account_name(stack.owner_uid), (stack.region,))
        effect = world.faults.take(occasion, frozenset({"fail_stack"}))
        stack.planned_failure, stack.planned_log = "", ()
        if effect is not None:
            stack.planned_log = effect.log
            stack.planned_failure = f"{effect.code or 'InternalError'}: {effect.message or 'Something went wrong.'}"
        events.note_stack(world, stack)
        stack.due_at = world.now + world.rules.number("ros.stack_s")
        world.timeline.schedule(FINISH_STACK, stack.key, stack.due_at)

    # --- what a template says

    def _scope(self, stack: Stack, stack_id: str, name: str, generations: Mapping[str, int]) -> Scope:
        """Of the stack, or of one that is nested in it."""
        mint = self._world.mint

        def identify(logical_id: str, resource_type: str, number: int) -> str:
            parts = (stack_id, logical_id, number, generations.get(logical_id, 1))
            return mint.physical_id(
                PREFIXES.get(resource_type, f"{resource_type.rsplit('::', maxsplit=1)[-1].lower()}-"), *parts
            )

        def nest(nested_id: str) -> Scope:
            return self._scope(stack, nested_id, f"{name}-{nested_id[-8:]}", self._generations(nested_id))

        return Scope(
            region=stack.region,
            stack_id=stack_id,
            stack_name=name,
            uid=stack.owner_uid,
            began_at=stack.created_at,
            identify=identify,
            read_url=lambda url: self._uploads.text(url, stack.owner_uid),
            nest=nest,
        )

    def _generations(self, stack_id: str) -> dict[str, int]:
        return {entry.logical_id: entry.generation for entry in self._world.store[RESOURCES].grouped(stack_id)}

    def evaluate(self, stack: Stack, template: str, parameters: Mapping[str, Any]) -> Evaluation:
        return self._evaluation(stack, template, parameters, self._generations(stack.stack_id))

    def _evaluation(
        self, stack: Stack, template: str, parameters: Mapping[str, Any], generations: Mapping[str, int]
    ) -> Evaluation:
        parsed = parse_template(template)
        if is_terraform(parsed):
            raise error("NotSupported", "Templates of Terraform type are not emulated.")
        scope = self._scope(stack, stack.stack_id, stack.name, generations)
        return Evaluation(parsed, parameters, scope)

    # --- what happens in the end

    def _due(self, stack_id: str, due_s: float) -> None:
        stack = self._world.store[STACKS].get(stack_id)
        if stack is None or stack.due_at != due_s:
            return
        stack.due_at = None
        stack.updated_at = self._world.now
        if stack.status == "DELETE_IN_PROGRESS":
            self._drop(self._made(stack.stack_id))
            self._forget(stack.stack_id)
            stack.status, stack.deleted_at = "DELETE_COMPLETE", self._world.now
        else:
            self._settle(stack)
            events.note_resources(self._world, stack)
        events.note_stack(self._world, stack)
        self._finished(stack)

    def _forget(self, stack_id: str) -> None:
        """The stack's resources, and those of the stacks in it."""
        store = self._world.store
        for entry in store[RESOURCES].grouped(stack_id):
            store[RESOURCES].remove(entry.key)
            if entry.resource_type == NESTED:
                self._forget(entry.physical_id)

    def _made(self, stack_id: str) -> dict[str, str]:
        """Physical id -> type of what other services have made for the stack, and for those in it."""
        found: dict[str, str] = {}
        for entry in self._world.store[RESOURCES].grouped(stack_id):
            if entry.resource_type in self._makers:
                found[entry.physical_id] = entry.resource_type
            elif entry.resource_type == NESTED:
                found |= self._made(entry.physical_id)
        return found

    def _drop(self, made: Mapping[str, str]) -> None:
        for physical_id, resource_type in made.items():
            self._makers[resource_type].drop(physical_id)

    def _make(self, stack: Stack, evaluation: Evaluation, begun: dict[str, str]) -> None:
        """`begun`: takes the physical id and type of whatever another service was asked to make."""
        for entry in evaluation.in_turn():
            if entry.resource_type in self._makers:
                begun[entry.physical_id] = entry.resource_type
                try:
                    self._makers[entry.resource_type].put(stack, entry.physical_id, entry.properties)
                except ServiceError as failure:
                    raise StackFailedError(f"{failure.code}: resources.{entry.logical_id}: {failure}") from failure
            elif entry.resource_type == NESTED:
                self._make(stack, evaluation.nested(entry.logical_id), begun)

    def _settle(self, stack: Stack) -> None:
        is_update = stack.status == "UPDATE_IN_PROGRESS"
        kind = "UPDATE" if is_update else "CREATE"
        template = stack.next_template if is_update else stack.template
        parameters = stack.next_parameters if is_update else stack.parameters
        before, begun = self._made(stack.stack_id), dict[str, str]()
        try:
            self._check_plan(stack)
            evaluation = self.evaluate(stack, template, parameters)
            if is_update:
                evaluation = self._evaluation(stack, template, parameters, self._moved(stack, evaluation))
            recorded = self._records(stack, evaluation)
            self._make(stack, evaluation, begun)
            self._drop({made: kind for made, kind in before.items() if made not in {r.physical_id for r in recorded}})
            outputs = json.loads(json.dumps(evaluation.outputs(), default=str))
        except (StackFailedError, ServiceError) as failure:
            stack.status_reason = f"Resource {kind} failed: {failure}"
            self._note_failed(stack, template, kind, failure)
            if not stack.is_rollback_disabled:  # fact: ros-041
                self._drop({made: kind for made, kind in begun.items() if made not in before})
            if is_update:
                stack.status = "UPDATE_FAILED" if stack.is_rollback_disabled else "ROLLBACK_COMPLETE"
            else:
                stack.status = "CREATE_FAILED" if stack.is_rollback_disabled else "CREATE_ROLLBACK_COMPLETE"
            return
        self._forget(stack.stack_id)
        for record in recorded:
            self._world.store[RESOURCES].add(record)
        stack.template, stack.parameters = template, dict(parameters)
        stack.outputs = outputs
        stack.status, stack.status_reason = f"{kind}_COMPLETE", f"Stack {kind} completed successfully"

    def _note_failed(self, stack: Stack, template: str, kind: str, failure: Exception) -> None:
        """In its events the resource that failed: of a planned failure the first one. fact: ros-031"""
        declared = parse_template(template).get("Resources") or {}
        logical_id = getattr(failure, "logical_id", "") or next(iter(declared), "")
        about = declared.get(logical_id)
        if not isinstance(about, Mapping):
            return
        for reason in (*getattr(failure, "printed", ()), str(failure)):
            events.note_failed(self._world, stack, logical_id, str(about.get("Type") or ""), f"{kind}_FAILED", reason)

    @staticmethod
    def _check_plan(stack: Stack) -> None:
        if stack.planned_failure:
            raise StackFailedError(stack.planned_failure, printed=stack.planned_log)

    def _moved(self, stack: Stack, evaluation: Evaluation) -> dict[str, int]:
        """Generations of an update: a changed image makes new instances, or does not. fact: ros-013"""
        found = self._generations(stack.stack_id)
        if self._world.rules.position("ros.image_change") == "in_place":
            return found
        for declared in evaluation.resources():
            before = self._world.store[RESOURCES].get(f"{stack.stack_id}/{declared.logical_id}")
            image = ",".join(image_values(declared.resource_type, declared.properties))
            if before is not None and declared.members and before.image_id != image:
                found[declared.logical_id] = before.generation + 1
        return found

    def _records(self, stack: Stack, evaluation: Evaluation) -> list[StackResource]:
        declared = evaluation.resources()
        own_ids = frozenset(entry.physical_id for entry in declared)
        found = []
        for entry in declared:
            found.append(self._record(stack, evaluation, entry, own_ids))
            if entry.resource_type == NESTED:
                found += self._records(stack, evaluation.nested(entry.logical_id))
        return found

    def _record(self, stack: Stack, evaluation: Evaluation, entry: Declared, own_ids: frozenset[str]) -> StackResource:
        world = self._world
        wanted = image_values(entry.resource_type, entry.properties)
        running = []
        for name in wanted:
            image_id = running_image(world, stack.owner_uid, stack.region, name, own_ids)
            if image_id is None:
                why = f"The specified ImageId {name!r} does not exist in {stack.region}, or the account may not use it."
                failure = f"InvalidImageId.NotFound: resources.{entry.logical_id}: {why}"
                raise StackFailedError(failure, logical_id=entry.logical_id)
            running.append(image_id)
        stack_id = evaluation.scope.stack_id
        before = world.store[RESOURCES].get(f"{stack_id}/{entry.logical_id}")
        is_same = before is not None and before.physical_id == entry.physical_id
        if before is not None and entry.resource_type in FIXED and before.image_id != ",".join(wanted):
            why = f"property ImageId of {entry.resource_type} cannot be changed, and ReplacementOption is Disabled."
            failure = f"NotSupported: resources.{entry.logical_id}: {why}"
            raise StackFailedError(failure, logical_id=entry.logical_id)
        return StackResource(
            stack_id=stack_id,
            logical_id=entry.logical_id,
            resource_type=entry.resource_type,
            physical_id=entry.physical_id,
            region=stack.region,
            owner_uid=stack.owner_uid,
            members=entry.members,
            image_id=",".join(wanted),
            running_image_id=",".join(running),
            generation=self._generation(before, is_same=is_same),
            created_at=before.created_at if before is not None and is_same else world.now,
            updated_at=world.now,
        )

    @staticmethod
    def _generation(before: StackResource | None, *, is_same: bool) -> int:
        if before is None:
            return 1
        return before.generation if is_same else before.generation + 1
