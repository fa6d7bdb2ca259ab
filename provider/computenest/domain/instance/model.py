"""What a service instance is: a deployment of one version of a service in one region, by one account.

`Wanted` is desired (it comes from checked inputs), `Instance` and `Part` are observed. Source of the API's fields:
facts §7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NewType

from pydantic import ConfigDict, Field

from computenest.domain.distribution.model import Model
from computenest.domain.names import AccountName, OwnerId, RegionId

__all__ = ["Instance", "InstanceId", "Part", "Summary", "Wanted"]

InstanceId = NewType("InstanceId", str)  # si-…

DEFAULT_TIMEOUT_S = 3600


class Wanted(Model):
    """A service instance as the program asks for it.

    1. `service_version` None: the version that is the service's default when the instance is made, never upgraded.
    2. `expected_images` is what an association promises (logical id -> image id); it decides nothing.
    """

    model_config = ConfigDict(extra="ignore")  # checked inputs hold more than the cloud is told

    owner_id: OwnerId
    generation: int = 1
    name: str
    service_id: str
    service_version: str | None = None
    region: RegionId
    template_name: str | None = None
    parameters: Mapping[str, Any] = Field(default_factory=dict)
    concealed: tuple[str, ...] = ()
    operation: str | None = None
    account: AccountName = AccountName("")
    tags: Mapping[str, str] = Field(default_factory=dict)
    resource_group_id: str | None = None
    expected_images: Mapping[str, str] = Field(default_factory=dict)
    timeout_s: int = DEFAULT_TIMEOUT_S

    def deployment_parameters(self) -> dict[str, Any]:
        """`Parameters` of the API, which hold the deployment region (facts §7)."""
        return {**self.parameters, "RegionId": self.region}


@dataclass(frozen=True, slots=True)
class Summary:
    """One row of ListServiceInstances."""

    instance_id: InstanceId
    name: str
    status: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Instance:
    """What GetServiceInstance shows; `stack` is the id and region of its ROS stack, None before there is one."""

    instance_id: InstanceId
    name: str
    status: str
    status_detail: str
    progress_percent: int | None
    service_id: str
    service_version: str
    template_name: str
    parameters: Mapping[str, Any]
    outputs: Mapping[str, Any]
    stack: tuple[str, RegionId] | None
    tags: Mapping[str, str]
    resource_group_id: str
    modified: str


@dataclass(frozen=True, slots=True)
class Part:
    """One resource that a deployment made. `image_id` is "" where it runs no ECS image, or none can be told."""

    logical_id: str
    resource_type: str
    physical_id: str
    status: str
    region: RegionId
    image_id: str = ""

    def wire(self) -> dict[str, str]:
        """As an output."""
        found = {
            "logicalId": self.logical_id,
            "type": self.resource_type,
            "physicalId": self.physical_id,
            "status": self.status,
            "region": self.region,
        }
        return {**found, "imageId": self.image_id} if self.image_id else found
