"""What the user's API says of a deployment before there is one; nothing is changed.

fact: inst-033 to inst-035
"""

from collections.abc import Mapping

from computenest_cloud.errors import invalid_parameter
from computenest_cloud.services.nest_instances.deployment import CannotDeployError, Deployment, Template
from computenest_cloud.services.nest_instances.instances import Instances
from computenest_cloud.services.nest_services.seam import ServiceVersion
from computenest_cloud.services.ros.seam import Stack, Stacks, estimate
from computenest_cloud.world import Answer, Call, Handler

NAME_LIMIT = 64


class Quoting:
    def __init__(self, instances: Instances, deployment: Deployment, stacks: Stacks) -> None:
        self._instances = instances
        self._deployment = deployment
        self._stacks = stacks

    def actions(self) -> Mapping[str, Handler]:
        return {
            "GetServiceEstimateCost": self.get_service_estimate_cost,
            "CheckServiceDeployable": self.check_service_deployable,
            "ValidateServiceInstanceName": self.validate_service_instance_name,
        }

    def _offered(self, call: Call) -> ServiceVersion:
        service = self._instances.service(call.account, call.params.required("ServiceId"), owner_only=False)
        return self._instances.version(call.account, service, call.params.text("ServiceVersion"))

    def _template(self, call: Call, version: ServiceVersion) -> Template:
        return self._instances.template(version, call.params.text("TemplateName"))

    def get_service_estimate_cost(self, call: Call) -> Answer:
        """fact: inst-033"""
        version = self._offered(call)
        template, given = self._template(call, version), call.params.json_object("Parameters") or {}
        region = self._instances.region(template, given)
        try:
            text = self._deployment.rendered(version, template, region)
        except CannotDeployError:
            return Answer({"Resources": {}})
        uid = call.account.uid
        planned = Stack(
            stack_id="stack-quote", seq=0, owner_uid=uid, region=region, name="quote", template="", created_at=0
        )
        evaluation = self._stacks.evaluate(planned, text, self._deployment.parameters(version, template, given))
        return Answer({"Resources": estimate(call.world, evaluation)})

    def check_service_deployable(self, call: Call) -> Answer:
        """fact: inst-034"""
        self._template(call, self._offered(call))
        results = [{"Type": kind, "Value": "true", "Message": "", "Skippable": True} for kind in ("Balance", "Quota")]
        return Answer({"CheckResults": results})

    def validate_service_instance_name(self, call: Call) -> Answer:
        """fact: inst-035"""
        self._offered(call)
        if len(call.params.required("ServiceInstanceName")) > NAME_LIMIT:
            raise invalid_parameter("ServiceInstanceName", f"at most {NAME_LIMIT} characters are allowed.")
        return Answer({})
