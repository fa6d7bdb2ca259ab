"""What is done to instances that run, or failed to: rollback, continued deployment, stop and start, logs, history.

fact: inst-021 to inst-024. The same actions on both sides; who sees an instance is the handlers' business.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from computenest_cloud.faults import Occasion
from computenest_cloud.services.nest_artifacts.seam import page
from computenest_cloud.services.nest_instances import views
from computenest_cloud.services.nest_instances.deployment import CannotDeployError
from computenest_cloud.services.nest_instances.errors import error
from computenest_cloud.services.nest_instances.instances import Instances
from computenest_cloud.services.nest_instances.operating import check_power, check_rollback
from computenest_cloud.services.nest_instances.records import InstanceStatus, ServiceInstance
from computenest_cloud.services.nest_services.seam import SERVICE_VERSIONS
from computenest_cloud.services.ros.seam import RESOURCES, StackResource
from computenest_cloud.tokens import replay_or_run
from computenest_cloud.world import Answer, Call, Handler, World

Find = Callable[[Call, str], ServiceInstance]


@dataclass(frozen=True)
class Switch:
    """What is done to the machines of an instance. fact: inst-023"""

    action: str
    word: str
    possible: frozenset[str]
    leaves: InstanceStatus
    fails_as: InstanceStatus


STOP = Switch("StopServiceInstance", "Stop", frozenset({"Deployed", "StopFailed"}), "Stopped", "StopFailed")
START = Switch("StartServiceInstance", "Start", frozenset({"Stopped", "StartFailed"}), "Deployed", "StartFailed")
RESTART = Switch("RestartServiceInstance", "Restart", frozenset({"Deployed"}), "Deployed", "StartFailed")


def _resources(world: World, stack_id: str) -> Iterator[StackResource]:
    for entry in world.store[RESOURCES].grouped(stack_id):
        yield entry
        if entry.resource_type == "ALIYUN::ROS::Stack":
            yield from _resources(world, entry.physical_id)


class InstanceActions:
    def __init__(self, instances: Instances, find: Find) -> None:
        self._instances = instances
        self._find = find

    def actions(self) -> Mapping[str, Handler]:
        return {
            "RollbackServiceInstance": self.rollback,
            "ContinueDeployServiceInstance": self.continue_deploy,
            "StopServiceInstance": lambda call: self._switch(call, STOP),
            "StartServiceInstance": lambda call: self._switch(call, START),
            "RestartServiceInstance": lambda call: self._switch(call, RESTART),
            "ListServiceInstanceUpgradeHistory": self.list_upgrade_history,
            "ListServiceInstanceLogs": self.list_logs,
        }

    def _instance(self, call: Call) -> ServiceInstance:
        return self._find(call, call.params.required("ServiceInstanceId"))

    def _in_status(self, call: Call, *possible: str) -> ServiceInstance:
        instance = self._instance(call)
        if instance.status not in possible:
            detail = f"({instance.instance_id} is {instance.status})"
            raise error(call.world, "OperationDenied.InstanceStatus", detail)
        return instance

    def rollback(self, call: Call) -> Answer:
        def run() -> Answer:
            instance = self._instance(call)
            self._instances.check_idle(instance)
            if instance.status == "UpgradeFailed" and instance.history:
                return self._back_from_failure(call, instance)
            check_rollback(call.world, self._instances.runs(instance))
            done = [entry for entry in instance.history if entry["status"] == "UpgradeSuccessful"]
            if not done or done[-1]["type"] != "Upgrade":
                raise error(call.world, "OperationDenied.NoUpgrade", f"({instance.instance_id})")
            version = call.world.store[SERVICE_VERSIONS].get(done[-1]["from_key"])
            if version is None or version.deleted_at is not None:
                detail = f"({instance.service_id!r} has no version {done[-1]['from']!r} any more)"
                raise error(call.world, "EntityNotExist.ServiceVersion", detail)
            self._instances.move(instance, version, done[-1]["from_parameters"], kind="Rollback")
            body = {"ServiceInstanceId": instance.instance_id, "Status": instance.status}
            return Answer(body, instance.instance_id)

        return replay_or_run(call, run)

    def _back_from_failure(self, call: Call, instance: ServiceInstance) -> Answer:
        """What a failed upgrade changed is put back: the version that it runs is deployed again (assumed)."""
        target = call.world.store[SERVICE_VERSIONS].get(instance.history[-1].get("to_key", ""))
        if target is not None:
            check_rollback(call.world, target)
        self._instances.move(instance, self._instances.runs(instance), instance.parameters, kind="Rollback")
        return Answer({"ServiceInstanceId": instance.instance_id, "Status": instance.status}, instance.instance_id)

    def continue_deploy(self, call: Call) -> Answer:
        def run() -> Answer:
            instance = self._in_status(call, "DeployedFailed")
            if call.params.flag("DryRun"):
                return Answer({"ServiceInstanceId": instance.instance_id, "DryRunResult": self._modifiable(instance)})
            given = call.params.json_object("Parameters") or {}
            instance.parameters = {**instance.parameters, **given, "RegionId": instance.region}
            instance.status, instance.status_detail = "Deploying", ""
            self._instances.start(instance)
            return Answer({"ServiceInstanceId": instance.instance_id}, instance.instance_id)

        return replay_or_run(call, run)

    def _modifiable(self, instance: ServiceInstance) -> dict[str, list[str]]:
        try:
            names = self._instances.parameters_of(instance)
        except CannotDeployError:
            names = []
        return {
            "ParametersAllowedToBeModified": names,
            "ParametersConditionallyAllowedToBeModified": [],
            "ParametersNotAllowedToBeModified": ["RegionId"],
        }

    def _switch(self, call: Call, switch: Switch) -> Answer:
        def run() -> Answer:
            has_statuses = self._instances.shows_failed_changes()
            instance = self._in_status(call, *(switch.possible if has_statuses else {"Deployed"}))
            check_power(call.world, self._instances.runs(instance), instance.template_name, switch.word)
            cause = self._planned_failure(call, switch, instance)
            if not cause:
                for entry in _resources(call.world, instance.stack_id):
                    if entry.members:
                        entry.is_stopped, entry.stopped_members = switch is STOP, ()
            if has_statuses:
                self._instances.settle(instance, switch.fails_as if cause else switch.leaves, cause)
            return Answer({}, instance.instance_id)

        return replay_or_run(call, run)

    @staticmethod
    def _planned_failure(call: Call, switch: Switch, instance: ServiceInstance) -> str:
        account = call.world.account_name(instance.owner_uid)
        occasion = Occasion("computenest", (switch.action,), account, (instance.region,))
        effect = call.world.faults.take(occasion, frozenset({"fail_switch"}))
        if effect is None:
            return ""
        return f"{effect.code or 'InternalError'}: {effect.message or 'Something went wrong.'}"

    def list_upgrade_history(self, call: Call) -> Answer:
        rows = list(enumerate(self._instance(call).history, 1))
        shown, body = page(call.params, rows, lambda row: row[0])
        return Answer({**body, "UpgradeHistory": [views.upgraded(entry) for _, entry in shown]})

    def list_logs(self, call: Call) -> Answer:
        instance = self._instance(call)
        rows = list(enumerate(instance.logs, 1))
        shown, body = page(call.params, rows, lambda row: row[0])
        return Answer({**body, "ServiceInstancesLogs": [views.logged(instance, entry) for _, entry in shown]})
