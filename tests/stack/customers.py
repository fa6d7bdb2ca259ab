"""What accounts beside the supplier can do: deploy a service, launch from an image by its id; by the official SDKs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from alibabacloud_computenest20210601 import models as user
from alibabacloud_ros20190910 import models as ros
from alibabacloud_tea_openapi.exceptions import ClientException

from stack.cloud import Cloud

CONTROL_REGION = "cn-hangzhou"
SETTLED_S = 1800.0


class Account:
    """One account, and what it has to clean up."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self.cloud, self.uid = cloud, cloud.uid(name)
        self._user, self._ros = cloud.user(name), cloud.ros(name)

    def deploys(self, service_id: str, region: str) -> bool:
        """Whether it gets an instance of the service; what it got is deleted again."""
        request = user.CreateServiceInstanceRequest(
            region_id=CONTROL_REGION, service_id=service_id, parameters={"RegionId": region}
        )
        try:
            instance_id = str(self._user.create_service_instance(request).body.service_instance_id)
        except ClientException as refused:
            if refused.code != "OperationDenied.ServiceNotShared":
                raise
            return False
        looked = user.GetServiceInstanceRequest(region_id=CONTROL_REGION, service_instance_id=instance_id)
        status = self._settled(self._user.get_service_instance, looked)
        gone = user.DeleteServiceInstancesRequest(region_id=CONTROL_REGION, service_instance_id=[instance_id])
        self._user.delete_service_instances(gone)
        assert self._settled(self._user.get_service_instance, looked) in {"Deleted", ""}
        assert status in {"Deployed", "DeployedFailed"}
        return status == "Deployed"

    def launches(self, image_id: str, region: str) -> bool:
        """Whether it can launch from the image, service or not; what it launched is deleted again."""
        properties = {"ImageId": image_id, "InstanceType": "ecs.g7.large", "MaxAmount": 1}
        template = {
            "ROSTemplateFormatVersion": "2015-09-01",
            "Resources": {"Web": {"Type": "ALIYUN::ECS::InstanceGroup", "Properties": properties}},
        }
        request = ros.CreateStackRequest(
            region_id=region, stack_name="by-hand", template_body=json.dumps(template), disable_rollback=True
        )
        stack_id = str(self._ros.create_stack(request).body.stack_id)
        looked = ros.GetStackRequest(region_id=region, stack_id=stack_id)
        status = self._settled(self._ros.get_stack, looked)
        self._ros.delete_stack(ros.DeleteStackRequest(region_id=region, stack_id=stack_id))
        assert self._settled(self._ros.get_stack, looked) in {"DELETE_COMPLETE", ""}
        assert status in {"CREATE_COMPLETE", "CREATE_FAILED"}
        return status == "CREATE_COMPLETE"

    def _settled(self, look: Callable[[Any], Any], request: Any) -> str:
        """The status once nothing is under way, "" of what is not there any more."""
        self.cloud.advance(SETTLED_S)
        try:
            return str(look(request).body.status)
        except ClientException as gone:
            if "NotFound" not in gone.code:
                raise
            return ""
