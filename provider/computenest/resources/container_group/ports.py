"""What a container group asks of its cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from computenest.kernel.names import RegionId, Token
from computenest.kernel.unknown import Known
from computenest.resources.container_group.model import ContainerGroup, ContainerGroupId, Inputs

__all__ = ["ContainerGroups"]


class ContainerGroups(Protocol):
    """Elastic Container Instance, API 2018-08-08, as far as groups need it (facts §10.1 to §10.6)."""

    async def create(self, *, wanted: Inputs[Known], tags: Mapping[str, str], token: Token) -> ContainerGroupId:
        """CreateContainerGroup; the same token again answers with the same id."""
        ...

    async def find(self, *, region: RegionId, tags: Mapping[str, str]) -> tuple[ContainerGroup, ...]:
        """DescribeContainerGroups: all that carry these tags."""
        ...

    async def get(self, *, region: RegionId, group_id: ContainerGroupId) -> ContainerGroup | None:
        """DescribeContainerGroups; None where there is none."""
        ...

    async def update(self, *, group_id: ContainerGroupId, wanted: Inputs[Known], token: Token) -> None:
        """UpdateContainerGroup with whole lists (RenewUpdate), of a group that is Pending or Running (facts §10.3)."""
        ...

    async def delete(self, *, region: RegionId, group_id: ContainerGroupId, token: Token) -> None:
        """DeleteContainerGroup."""
        ...

    async def log(self, *, region: RegionId, group_id: ContainerGroupId, container: str, lines: int) -> str:
        """DescribeContainerLog: the last lines."""
        ...

    async def tag(self, *, region: RegionId, group_id: ContainerGroupId, tags: Mapping[str, str]) -> None:
        """TagResources."""
        ...

    async def untag(self, *, region: RegionId, group_id: ContainerGroupId, keys: Sequence[str]) -> None:
        """UntagResources."""
        ...
