"""Service instances, and the stacks that they are, as their customer's account sees them. Source of each action: facts
§7 (ComputeNest 2021-06-01), ROS 2019-09-10 and ECS 2014-05-26."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from computenest.kernel.logs import LogLine
from computenest.kernel.names import RegionId, Token
from computenest.kernel.values import Json
from computenest.resources.service_instance.model import Instance, InstanceId, InstanceResource, Summary
from computenest.resources.service_instance.quotes import Charge, Obstacle, Question

__all__ = ["Instances", "Quotes"]


class Quotes(Protocol):
    """What the user's API says of a deployment before there is one; nothing is changed."""

    async def price(self, *, of: Question) -> tuple[Charge, ...]:
        """GetServiceEstimateCost: what each resource, and a product of the marketplace, costs."""
        ...

    async def obstacles(self, *, of: Question) -> tuple[Obstacle, ...]:
        """CheckServiceDeployable: balance and quotas."""
        ...

    async def check_name(self, *, of: Question) -> None:
        """ValidateServiceInstanceName: an error where the name is refused."""
        ...


class Instances(Protocol):
    """Compute Nest's user API, as far as instances need it."""

    async def create(
        self,
        *,
        name: str,
        service_id: str,
        service_version: str | None,
        template_name: str | None,
        parameters: Mapping[str, Json],
        tags: Mapping[str, str],
        resource_group_id: str | None,
        token: Token,
    ) -> InstanceId:
        """CreateServiceInstance. The deployment region is the parameter `RegionId`."""
        ...

    async def is_offered(self, *, service_id: str, service_version: str | None) -> bool:
        """GetService: whether the account may see that service, in that version where one is named."""
        ...

    async def find(self, *, tags: Mapping[str, str]) -> tuple[Summary, ...]:
        """ListServiceInstances: those that carry all of these tags, of every status but Deleted; oldest id first."""
        ...

    async def list_by_id(self, ids: Sequence[InstanceId]) -> Mapping[InstanceId, Summary]:
        """One ListServiceInstances call for at most 100 ids; those that are gone are missing from the answer."""
        ...

    async def get(self, *, instance_id: InstanceId) -> Instance | None:
        """GetServiceInstance; None where it does not exist. One that was deleted may be shown with that status."""
        ...

    async def upgrade(
        self, *, instance_id: InstanceId, service_version: str, parameters: Mapping[str, Json], token: Token
    ) -> None:
        """UpgradeServiceInstance: UpdateStack with the version's template."""
        ...

    async def go_on(self, *, instance_id: InstanceId, parameters: Mapping[str, Json], token: Token) -> None:
        """ContinueDeployServiceInstance: of a deployment that failed."""
        ...

    async def power(self, *, instance_id: InstanceId, is_on: bool, token: Token) -> None:
        """StartServiceInstance or StopServiceInstance."""
        ...

    async def rollback(self, *, instance_id: InstanceId, token: Token) -> None:
        """RollbackServiceInstance: to the version before; after a failed upgrade to the one that runs."""
        ...

    async def change(
        self, *, instance_id: InstanceId, operation: str, parameters: Mapping[str, Json], token: Token
    ) -> None:
        """UpdateServiceInstanceSpec: the supplier's operation that changes parameters."""
        ...

    async def logs(self, *, instance_id: InstanceId) -> tuple[LogLine, ...]:
        """ListServiceInstanceLogs, all pages: what Compute Nest and the deployment wrote down, the oldest first."""
        ...

    async def events(self, *, region: RegionId, stack_id: str) -> tuple[LogLine, ...]:
        """ListStackEvents, the newest 200 of a stack, the oldest first; () where it is gone."""
        ...

    async def delete(self, *, instance_id: InstanceId, token: Token) -> None:
        """DeleteServiceInstances, of one; asynchronous. Already gone is success, at work is a Conflict."""
        ...

    async def tag(self, *, instance_id: InstanceId, tags: Mapping[str, str]) -> None:
        """TagResources."""
        ...

    async def untag(self, *, instance_id: InstanceId, keys: Sequence[str]) -> None:
        """UnTagResources."""
        ...

    async def parts(self, *, region: RegionId, stack_id: str) -> tuple[InstanceResource, ...] | None:
        """The resources of a stack and of those in it, each with the ECS image that it runs; None where the account
        sees no such stack (a managed service's lives in the supplier's)."""
        ...
