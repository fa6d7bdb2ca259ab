"""What accounts beside the supplier can do: deploy a service, launch from an image by its id; by the official SDKs."""

from __future__ import annotations

import json
import time
from typing import Any

from alibabacloud_computenest20210601 import models as user
from alibabacloud_computenest20210601.client import Client as UserClient
from alibabacloud_ros20190910 import models as ros
from alibabacloud_ros20190910.client import Client as RosClient
from alibabacloud_tea_openapi.exceptions import ClientException

from stack.cloud import Cloud

__all__ = ["Account"]

CONTROL_REGION = "cn-hangzhou"
LOOKS, LOOK_S = 400, 0.05


class Account:
    """One account, and what it has to clean up."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self.uid = cloud.uid(name)
        self._user, self._ros = cloud.sdk(UserClient, name), cloud.sdk(RosClient, name)

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
        status = self._settled(lambda: self._status(instance_id), {"Deployed", "DeployedFailed"})
        gone = user.DeleteServiceInstancesRequest(region_id=CONTROL_REGION, service_instance_id=[instance_id])
        self._user.delete_service_instances(gone)
        self._settled(lambda: self._status(instance_id), {"Deleted"})
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
        status = self._settled(lambda: self._stack(region, stack_id), {"CREATE_COMPLETE", "CREATE_FAILED"})
        self._ros.delete_stack(ros.DeleteStackRequest(region_id=region, stack_id=stack_id))
        self._settled(lambda: self._stack(region, stack_id), {"DELETE_COMPLETE"})
        return status == "CREATE_COMPLETE"

    def _status(self, instance_id: str) -> str:
        request = user.GetServiceInstanceRequest(region_id=CONTROL_REGION, service_instance_id=instance_id)
        try:
            return str(self._user.get_service_instance(request).body.status)
        except ClientException as gone:
            if "NotFound" not in gone.code:
                raise
            return "Deleted"

    def _stack(self, region: str, stack_id: str) -> str:
        request = ros.GetStackRequest(region_id=region, stack_id=stack_id)
        try:
            return str(self._ros.get_stack(request).body.status)
        except ClientException as gone:
            if "NotFound" not in gone.code:
                raise
            return "DELETE_COMPLETE"

    @staticmethod
    def _settled(look: Any, final: set[str]) -> str:
        status = ""
        for _ in range(LOOKS):
            status = look()
            if status in final:
                return status
            time.sleep(LOOK_S)
        raise AssertionError(f"{status} is still not one of {final}")
