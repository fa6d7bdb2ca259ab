"""Actions on service instances, of the user's API and of the supplier's: parse, act, answer.

A user sees the instances that he owns; a supplier those of his services.
"""

from collections.abc import Mapping

from computenest_cloud.errors import invalid_parameter, missing_parameter
from computenest_cloud.services.nest_artifacts.seam import page
from computenest_cloud.services.nest_instances import views
from computenest_cloud.services.nest_instances.actions import InstanceActions
from computenest_cloud.services.nest_instances.errors import error
from computenest_cloud.services.nest_instances.instances import InstanceRequest, Instances
from computenest_cloud.services.nest_instances.records import INSTANCES, ServiceInstance
from computenest_cloud.services.nest_services.seam import filters
from computenest_cloud.services.nest_services.seam import views as service_views
from computenest_cloud.tokens import replay_or_run
from computenest_cloud.wire.values import whole_number
from computenest_cloud.world import Answer, Call, Handler

NAME_LIMIT = 64
FILTERS = (
    "Name",
    "ServiceInstanceName",
    "ServiceInstanceId",
    "ServiceId",
    "Status",
    "UserId",
    "Version",
    "ServiceType",
)


def _user(call: Call, *, is_supplier: bool) -> str:
    """Whom the instance is for, "" for who asks; only a supplier deploys for somebody else."""
    uid = call.params.text("UserId")
    if uid and (whole_number(uid) is None or not (is_supplier or uid == call.account.uid)):
        raise invalid_parameter("UserId", "the number of the account is expected.")
    return uid


def _request(call: Call, *, is_supplier: bool) -> InstanceRequest:
    params = call.params
    params.required("RegionId")
    name = params.text("Name")
    if len(name) > NAME_LIMIT:
        raise invalid_parameter("Name", f"at most {NAME_LIMIT} characters are allowed.")
    return InstanceRequest(
        service_id=params.required("ServiceId"),
        version=params.text("ServiceVersion"),
        name=name,
        template_name=params.text("TemplateName"),
        parameters=params.json_object("Parameters") or {},
        tags=params.tags(),
        resource_group_id=params.text("ResourceGroupId"),
        user_id=_user(call, is_supplier=is_supplier),
        is_dry_run=params.flag("DryRun"),
    )


class InstanceHandlers:
    def __init__(self, instances: Instances, *, is_supplier: bool) -> None:
        self._instances = instances
        self._is_supplier = is_supplier

    def actions(self) -> Mapping[str, Handler]:
        shared: dict[str, Handler] = {
            "CreateServiceInstance": self.create_service_instance,
            "GetServiceInstance": self.get_service_instance,
            "ListServiceInstances": self.list_service_instances,
            "UpgradeServiceInstance": self.upgrade_service_instance,
            "UpdateServiceInstanceSpec": self.update_service_instance_spec,
            "DeleteServiceInstances": self.delete_service_instances,
            "ListServiceInstanceResources": self.list_service_instance_resources,
        }
        shared |= InstanceActions(self._instances, self._find).actions()
        return shared if self._is_supplier else {**shared, "GetService": self.get_service}

    def _is_visible(self, call: Call, instance: ServiceInstance) -> bool:
        uid = instance.supplier_uid if self._is_supplier else instance.owner_uid
        return uid == call.account.uid

    def _find(self, call: Call, instance_id: str) -> ServiceInstance:
        """fact: inst-009: how a deleted one shows."""
        world = call.world
        instance = world.store[INSTANCES].get(instance_id)
        shows_deleted = world.rules.position("instance.deleted_shows_as") == "status_deleted"
        if (
            instance is None
            or not self._is_visible(call, instance)
            or (instance.deleted_at is not None and not shows_deleted)
        ):
            raise error(world, "ServiceInstanceNotFound", f"({instance_id!r})")
        return instance

    def create_service_instance(self, call: Call) -> Answer:
        request = _request(call, is_supplier=self._is_supplier)

        def run() -> Answer:
            instance = self._instances.create(call.account, request, owner_only=self._is_supplier)
            if instance is None:
                return Answer({})
            return Answer({"ServiceInstanceId": instance.instance_id, "Status": instance.status}, instance.instance_id)

        return replay_or_run(call, run)

    def get_service_instance(self, call: Call) -> Answer:
        instance = self._find(call, call.params.required("ServiceInstanceId"))
        return Answer(views.got(call.world, instance))

    def list_service_instances(self, call: Call) -> Answer:
        call.params.required("RegionId")
        wanted = filters(call.params, FILTERS)
        shows_deleted = call.params.flag("ShowDeleted")
        newest_s = call.world.now - call.take_lag_s()
        found = [
            instance
            for instance in call.world.store[INSTANCES]
            if self._is_visible(call, instance)
            and (instance.deleted_at is None or shows_deleted)
            and instance.created_at <= newest_s
            and all(_matches(instance, name, values) for name, values in wanted.values.items())
            and all(instance.tags.get(key) == value for key, value in wanted.tags.items())
            and wanted.resource_group_id in {"", instance.resource_group_id}
        ]
        shown, body = page(call.params, found, lambda instance: instance.seq)
        return Answer({**body, "ServiceInstances": [views.listed(call.world, instance) for instance in shown]})

    def upgrade_service_instance(self, call: Call) -> Answer:
        instance_id, version = call.params.required("ServiceInstanceId"), call.params.required("ServiceVersion")

        def run() -> Answer:
            instance = self._find(call, instance_id)
            required = self._instances.upgrade(
                call.account,
                instance,
                version,
                call.params.json_object("Parameters") or {},
                is_dry_run=call.params.flag("DryRun"),
            )
            body = {"ServiceInstanceId": instance_id, "Status": instance.status, "UpgradeRequiredParameters": required}
            return Answer(body, instance_id)

        return replay_or_run(call, run)

    def update_service_instance_spec(self, call: Call) -> Answer:
        """fact: inst-020"""
        instance_id = call.params.required("ServiceInstanceId")
        given, is_dry_run = call.params.json_object("Parameters") or {}, call.params.flag("DryRun")

        def run() -> Answer:
            instance = self._find(call, instance_id)
            operation = call.params.text("OperationName")
            self._instances.change(instance, operation, given, is_dry_run=is_dry_run)
            return Answer({"OrderId": ""}, instance_id)

        return replay_or_run(call, run)

    def delete_service_instances(self, call: Call) -> Answer:
        ids = call.params.items("ServiceInstanceId")
        if not ids:
            raise missing_parameter("ServiceInstanceId")

        def run() -> Answer:
            self._instances.delete([self._find(call, instance_id) for instance_id in ids])
            return Answer({}, ids[0])

        return replay_or_run(call, run)

    def list_service_instance_resources(self, call: Call) -> Answer:
        instance = self._find(call, call.params.required("ServiceInstanceId"))
        found = list(enumerate(views.resources(call.world, instance), 1))
        shown, body = page(call.params, found, lambda row: row[0])
        return Answer({**body, "Resources": [row for _, row in shown]})

    def get_service(self, call: Call) -> Answer:
        """The user's view: a version that the account may deploy."""
        service = self._instances.service(call.account, call.params.required("ServiceId"), owner_only=False)
        version = self._instances.version(call.account, service, call.params.text("ServiceVersion"))
        return Answer(service_views.got_by_user(service, version))


def _matches(instance: ServiceInstance, name: str, values: tuple[str, ...]) -> bool:
    if not values:
        return True
    if name in {"Name", "ServiceInstanceName"}:
        return any(value.strip("*").lower() in instance.name.lower() for value in values)
    fields = {
        "ServiceInstanceId": instance.instance_id,
        "ServiceId": instance.service_id,
        "Status": instance.status,
        "UserId": instance.owner_uid,
        "Version": instance.version,
    }
    return name not in fields or fields[name] in values
