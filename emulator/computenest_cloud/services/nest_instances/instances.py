"""Service instances: created, deployed, upgraded, deleted, each by a ROS stack. fact: inst-001 to inst-009

Each runs one version of a service in one region. A failure keeps its cause in StatusDetail; nothing is retried.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from computenest_cloud.catalogue import regions
from computenest_cloud.errors import ServiceError, invalid_parameter
from computenest_cloud.services.nest_instances.deployment import (
    CannotDeployError,
    Deployment,
    Template,
    allowed_regions,
    template_named,
    templates_of,
)
from computenest_cloud.services.nest_instances.errors import error
from computenest_cloud.services.nest_instances.operating import check_change, check_upgrade
from computenest_cloud.services.nest_instances.records import INSTANCES, InstanceStatus, ServiceInstance
from computenest_cloud.services.nest_services.seam import (
    BETA,
    SERVICE_VERSIONS,
    SERVICES,
    SHARED_ACCOUNTS,
    Service,
    ServiceVersion,
    find_version,
    versions_of,
)
from computenest_cloud.services.ros.seam import STACKS, Stack, StackOptions, Stacks, has_succeeded
from computenest_cloud.store.records import Account
from computenest_cloud.world import World

LOG_LIMIT = 100
START_INSTANCE = "instance-started"
REMOVE_INSTANCE = "instance-removed"
MOVING = frozenset({"Upgrading", "UpgradeRollbacking"})
BUSY = MOVING | {"Created", "Deploying"}
FAILED_MOVES: Mapping[str, InstanceStatus] = {
    "Upgrading": "UpgradeFailed",
    "UpgradeRollbacking": "UpgradeRollbackFailed",
}
IDLE = frozenset({"Deployed", "Stopped", "StopFailed", "StartFailed", *FAILED_MOVES.values()})
"""Those that take an upgrade, a rollback or other parameters. fact: inst-008"""


@dataclass(frozen=True)
class InstanceRequest:
    service_id: str
    version: str
    name: str
    template_name: str
    parameters: Mapping[str, Any]
    tags: Mapping[str, str]
    resource_group_id: str
    user_id: str
    is_dry_run: bool


class Instances:
    def __init__(self, world: World, deployment: Deployment, stacks: Stacks) -> None:
        self._world = world
        self._deployment = deployment
        self._stacks = stacks
        world.timeline.on(START_INSTANCE, self._start)
        world.timeline.on(REMOVE_INSTANCE, self._remove)
        stacks.on_finished(self._stack_finished)

    def of_version(self, version: ServiceVersion) -> list[str]:
        """Those that run a version, or are on their way to it."""
        return sorted(
            instance.instance_id
            for instance in self._world.store[INSTANCES]
            if instance.deleted_at is None and version.key in {instance.version_key, instance.next_version_key}
        )

    def service_of(self, supplier: Account, instance_id: str) -> str:
        """The service of one of the supplier's instances; "" where it is none."""
        instance = self._world.store[INSTANCES].get(instance_id)
        return instance.service_id if instance is not None and instance.supplier_uid == supplier.uid else ""

    def resume(self) -> None:
        for instance in self._world.store[INSTANCES]:
            if instance.due_at is not None:
                kind = REMOVE_INSTANCE if instance.status == "Deleting" else START_INSTANCE
                self._world.timeline.schedule(kind, instance.key, instance.due_at)

    # --- who may deploy what

    def service(self, account: Account, service_id: str, *, owner_only: bool) -> Service:
        """A service that the account may deploy: its own, a public one, or one shared with it. fact: inst-002

        A stranger learns no more than that it is not shared with it: not even which versions there are.
        """
        service = self._world.store[SERVICES].get(service_id)
        if service is None or service.deleted_at is not None or (owner_only and service.owner_uid != account.uid):
            raise error(self._world, "EntityNotExist.Service", f"({service_id!r})")
        is_public = any(version.text("ShareType") == "Public" for version in versions_of(self._world, service_id))
        if service.owner_uid != account.uid and not is_public and not self._permission(account, service):
            raise error(self._world, "OperationDenied.ServiceNotShared", f"({service.service_id!r})")
        return service

    def _permission(self, account: Account, service: Service) -> str:
        shared = self._world.store[SHARED_ACCOUNTS].get(f"{service.service_id}/SharedAccount/{account.uid}")
        return "" if shared is None else shared.permission

    def version(self, account: Account, service: Service, name: str) -> ServiceVersion:
        world = self._world
        version = find_version(world, service, name)
        if service.owner_uid == account.uid:
            if version.status in {"Creating", "CreateFailed", "Updating", "UpdateFailed"}:
                raise error(world, "OperationDenied.ServiceStatus", f"(version {version.version} is {version.status})")
            return version
        permission = self._permission(account, service)
        if version.text("ShareType") != "Public" and not permission.startswith("Deployable"):
            raise error(world, "OperationDenied.ServiceNotShared", f"({service.service_id!r})")
        has_beta = version.version == BETA and permission == "DeployableIncludeBeta"
        if version.status != "Online" and not has_beta:
            raise error(world, "OperationDenied.ServiceStatus", f"(version {version.version} is {version.status})")
        return version

    def template(self, version: ServiceVersion, name: str) -> Template:
        found = template_named(version, name)
        if found is None:
            known = ", ".join(str(entry.get("Name")) for entry in templates_of(version))
            raise error(self._world, "OperationDenied.NoTemplate", f"({name!r}; there are: {known})")
        return found

    def region(self, template: Template, parameters: Mapping[str, Any]) -> str:
        """fact: inst-001"""
        region = str(parameters.get("RegionId", ""))
        if region not in regions():
            raise invalid_parameter("Parameters", f"RegionId {region!r} is not a region.")
        allowed = allowed_regions(template)
        if allowed and region not in allowed:
            detail = f"({template.get('Name')} in {region}; allowed: {', '.join(allowed)})"
            raise error(self._world, "OperationDenied.RegionNotAllowed", detail)
        return region

    # --- requests

    def create(self, account: Account, request: InstanceRequest, *, owner_only: bool) -> ServiceInstance | None:
        """None: a dry run."""
        world = self._world
        service = self.service(account, request.service_id, owner_only=owner_only)
        version = self.version(account, service, request.version)
        template = self.template(version, request.template_name)
        region = self.region(template, request.parameters)
        if request.is_dry_run:
            return None
        seq = world.mint.count("order")
        instance = world.store[INSTANCES].add(
            ServiceInstance(
                instance_id=world.mint.hex_id("si"),
                seq=seq,
                owner_uid=request.user_id or account.uid,
                supplier_uid=service.owner_uid,
                service_id=service.service_id,
                version_key=version.key,
                version=version.version,
                name=request.name or f"instance-{seq}",
                template_name=str(template.get("Name", "")),
                parameters=dict(request.parameters),
                region=region,
                tags=dict(request.tags),
                resource_group_id=request.resource_group_id or "rg-default",
                created_at=world.now,
                updated_at=world.now,
            )
        )
        self._schedule(START_INSTANCE, instance)
        return instance

    def _schedule(self, kind: str, instance: ServiceInstance) -> None:
        instance.due_at = self._world.now + self._world.rules.number("instance.start_s")
        self._world.timeline.schedule(kind, instance.key, instance.due_at)

    def upgrade(
        self, account: Account, instance: ServiceInstance, name: str, given: Mapping[str, Any], *, is_dry_run: bool
    ) -> list[str]:
        """The parameters that the new version's template still needs (told by a dry run)."""
        self.check_idle(instance)
        service = self.service(account, instance.service_id, owner_only=False)
        version = self.version(account, service, name)
        if version.key != instance.version_key or instance.status not in FAILED_MOVES.values():  # asked for again
            check_upgrade(self._world, version, instance.version)
        template = self.template(version, self._kept_name(version, instance))
        self.region(template, {"RegionId": instance.region})
        parameters = {**instance.parameters, **given, "RegionId": instance.region}
        if is_dry_run:
            try:
                return self._deployment.required(version, template, parameters)
            except CannotDeployError:
                return []
        self.move(instance, version, parameters, kind="Upgrade")
        return []

    def move(
        self, instance: ServiceInstance, version: ServiceVersion, parameters: Mapping[str, Any], *, kind: str
    ) -> None:
        """To another version: an Upgrade, or a Rollback."""
        world = self._world
        entry = {
            "id": world.mint.hex_id("uh"),
            "type": kind,
            "status": "upgrading",
            "from": instance.version,
            "from_key": instance.version_key,
            "from_parameters": dict(instance.parameters),
            "to": version.version,
            "to_key": version.key,
            "began_at": world.now,
            "ended_at": None,
        }
        instance.history = (*instance.history, entry)
        instance.next_version_key, instance.next_parameters = version.key, dict(parameters)
        instance.status = "Upgrading" if kind == "Upgrade" else "UpgradeRollbacking"
        instance.status_detail = ""
        self._note(instance)
        self._schedule(START_INSTANCE, instance)

    def check_idle(self, instance: ServiceInstance) -> None:
        if instance.status not in IDLE:
            detail = f"({instance.instance_id} is {instance.status})"
            raise error(self._world, "OperationDenied.InstanceStatus", detail)

    def shows_failed_changes(self) -> bool:
        """fact: inst-008"""
        return self._world.rules.position("instance.failed_change_shows_as") == "own_status"

    def settle(self, instance: ServiceInstance, status: InstanceStatus, detail: str) -> None:
        """What was done to its machines has come to this."""
        instance.status, instance.status_detail = status, detail
        self._note(instance)

    def _note(self, instance: ServiceInstance) -> None:
        """The status in its log, with the cause of a failure."""
        instance.updated_at = self._world.now
        instance.logs = (*instance.logs, (self._world.now, instance.status, instance.status_detail))[-LOG_LIMIT:]

    def _end_move(self, instance: ServiceInstance, status: str) -> None:
        last = instance.history[-1] if instance.history else None
        if last is not None and last["ended_at"] is None:
            done = {**last, "status": status, "ended_at": self._world.now}
            instance.history = (*instance.history[:-1], done)

    def start(self, instance: ServiceInstance) -> None:
        """A deployment that failed is begun anew."""
        self._schedule(START_INSTANCE, instance)

    def parameters_of(self, instance: ServiceInstance) -> list[str]:
        """The parameters of the template that it was made of."""
        version = self._world.store[SERVICE_VERSIONS].get(instance.version_key)
        if version is None:
            return []
        template = self.template(version, instance.template_name)
        return sorted(self._deployment.source(version, template).get("Parameters") or {})

    def runs(self, instance: ServiceInstance) -> ServiceVersion:
        """The version that it runs."""
        version = self._world.store[SERVICE_VERSIONS].get(instance.version_key)
        if version is None:
            raise error(self._world, "EntityNotExist.ServiceVersion", f"({instance.version!r})")
        return version

    def change(self, instance: ServiceInstance, operation: str, given: Mapping[str, Any], *, is_dry_run: bool) -> None:
        """Other parameters for the version that it runs, by one of its operations. fact: inst-020"""
        self.check_idle(instance)
        check_change(self._world, self.runs(instance), instance.template_name, operation, given)
        if is_dry_run:
            return
        instance.next_version_key = instance.version_key
        instance.next_parameters = {**instance.parameters, **given, "RegionId": instance.region}
        instance.status, instance.status_detail = "Upgrading", ""
        self._note(instance)
        self._schedule(START_INSTANCE, instance)

    @staticmethod
    def _kept_name(version: ServiceVersion, instance: ServiceInstance) -> str:
        """The template of the same name, or the only one there is."""
        return instance.template_name if template_named(version, instance.template_name) is not None else ""

    def delete(self, found: list[ServiceInstance]) -> None:
        """All of them or, when one is busy, none; what is being deleted, or was, is ignored."""
        for instance in found:
            if instance.status in BUSY:
                detail = f"({instance.instance_id} is {instance.status})"
                raise error(self._world, "OperationDenied.InstanceStatus", detail)
        for instance in found:
            if instance.deleted_at is not None or instance.status == "Deleting":
                continue
            instance.status, instance.status_detail = "Deleting", ""
            self._note(instance)
            stack = self._world.store[STACKS].get(instance.stack_id)
            if stack is None or stack.deleted_at is not None:
                self._schedule(REMOVE_INSTANCE, instance)
            else:
                self._stacks.delete(stack)

    # --- what happens

    def _start(self, instance_id: str, due_s: float) -> None:
        world = self._world
        instance = world.store[INSTANCES].get(instance_id)
        if instance is None or instance.due_at != due_s:
            return
        instance.due_at = None
        is_upgrade = instance.status in MOVING
        if not is_upgrade:
            instance.status = "Deploying"
            self._note(instance)
        try:
            self._deploy(instance, is_upgrade=is_upgrade)
        except CannotDeployError as failure:
            self._failed(instance, str(failure))
        except ServiceError as failure:
            self._failed(instance, f"{failure.code}: {failure.message}")

    def _deploy(self, instance: ServiceInstance, *, is_upgrade: bool) -> None:
        store = self._world.store
        version = store[SERVICE_VERSIONS].get(instance.next_version_key if is_upgrade else instance.version_key)
        parameters = instance.next_parameters if is_upgrade else instance.parameters
        if version is None:
            raise CannotDeployError("EntityNotExist.ServiceVersion: the service version is gone.")
        template = self.template(version, self._kept_name(version, instance))
        text = self._deployment.rendered(version, template, instance.region)
        known = self._deployment.parameters(version, template, parameters)
        if is_upgrade:
            stack = store[STACKS].get(instance.stack_id)
            if stack is None:
                raise CannotDeployError("StackNotFound: the instance's stack is gone.")
            self._stacks.update(stack, text, known)
            return
        stack = store[STACKS].get(instance.stack_id)
        if stack is not None:
            self._stacks.go_on(stack, text, known)
            return
        is_managed = version.text("ServiceType") == "managed"
        uid = instance.supplier_uid if is_managed else instance.owner_uid
        name = f"stack_{instance.instance_id}"
        stack = self._stacks.create(uid, instance.region, name, text, known, StackOptions(is_rollback_disabled=True))
        instance.stack_id = stack.stack_id

    def _failed(self, instance: ServiceInstance, cause: str) -> None:
        """fact: inst-007, inst-008"""
        failed: InstanceStatus = "DeployedFailed"
        if instance.status in MOVING:
            failed = FAILED_MOVES[instance.status] if self.shows_failed_changes() else "Deployed"
        instance.status, instance.status_detail = failed, cause
        instance.next_version_key, instance.next_parameters = "", {}
        self._end_move(instance, "UpgradeFailed")
        self._note(instance)

    def _stack_finished(self, stack: Stack) -> None:
        for instance in self._world.store[INSTANCES]:
            if instance.stack_id == stack.stack_id and instance.deleted_at is None:
                self._follow(instance, stack)

    def _follow(self, instance: ServiceInstance, stack: Stack) -> None:
        world = self._world
        instance.updated_at = world.now
        if stack.status == "DELETE_COMPLETE":
            if instance.status == "Deleting":
                instance.status, instance.deleted_at = "Deleted", world.now
            return
        if instance.status not in MOVING | {"Deploying"}:
            return
        if not has_succeeded(stack.status):
            self._failed(instance, stack.status_reason)
            return
        if instance.status in MOVING:
            version = world.store[SERVICE_VERSIONS].get(instance.next_version_key)
            if version is not None:
                instance.version_key, instance.version = version.key, version.version
                instance.template_name = str(self.template(version, self._kept_name(version, instance)).get("Name", ""))
            instance.parameters = instance.next_parameters
            instance.next_version_key, instance.next_parameters = "", {}
            self._end_move(instance, "UpgradeSuccessful")
        instance.status, instance.status_detail = "Deployed", ""
        self._note(instance)

    def _remove(self, instance_id: str, due_s: float) -> None:
        instance = self._world.store[INSTANCES].get(instance_id)
        if instance is None or instance.due_at != due_s:
            return
        instance.due_at = None
        instance.status, instance.deleted_at = "Deleted", self._world.now
