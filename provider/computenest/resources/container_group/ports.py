"""What a container group asks of its cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from computenest.kernel.names import RegionId, Token
from computenest.kernel.unknown import Known
from computenest.resources.container_group.model import ContainerGroup, ContainerGroupId, Inputs
from computenest.resources.container_group.plan import UpdatePart
from computenest.resources.container_group.surroundings import RegistryLogin


@dataclass(frozen=True, slots=True)
class Price:
    """What a size costs.

    Args:
        an_hour: while it runs.
        currency: `CNY`.
    """

    an_hour: float
    currency: str


@dataclass(frozen=True, slots=True)
class Usage:
    """vCPUs that an account has in a region, and may have; 0 where that is not told."""

    used_cpu: float
    most_cpu: float


class Offers(Protocol):
    """What Elastic Container Instance has for whom, as checks ask (facts §10.4, §10.8)."""

    async def regions(self) -> frozenset[RegionId]:
        """DescribeRegions: those that have the product."""
        ...

    async def price(self, *, region: RegionId, cpu: float, memory: float) -> Price | None:
        """DescribeContainerGroupPrice; None where the cloud names none."""
        ...

    async def usage(self, *, region: RegionId) -> Usage:
        """ListUsage."""
        ...


@dataclass(frozen=True, slots=True)
class PullKey:
    """A temporary key of Compute Nest's registry: it lives here and in the request that hands it over, in no state.

    Args:
        login: what the group pulls with.
        expires_ms: the cloud's epoch milliseconds, as a text.
    """

    login: RegistryLogin
    expires_ms: str


class PullKeys(Protocol):
    """Compute Nest's registry, as far as pulling needs it."""

    async def pull_key(self) -> PullKey:
        """GetArtifactRepositoryCredentials of container images: a new one each time (facts §1.5)."""
        ...


class ContainerGroups(Protocol):
    """Elastic Container Instance, API 2018-08-08, as far as groups need it (facts §10.1 to §10.8)."""

    async def create(
        self, *, wanted: Inputs[Known], logins: Sequence[RegistryLogin], tags: Mapping[str, str], token: Token
    ) -> ContainerGroupId:
        """CreateContainerGroup; the same token again answers with the same id. `logins` are the program's, and the
        temporary one."""
        ...

    async def find(self, *, region: RegionId, tags: Mapping[str, str]) -> tuple[ContainerGroup, ...]:
        """DescribeContainerGroups: all that carry these tags."""
        ...

    async def get(self, *, region: RegionId, group_id: ContainerGroupId) -> ContainerGroup | None:
        """DescribeContainerGroups; None where there is none."""
        ...

    async def update(
        self,
        *,
        group_id: ContainerGroupId,
        wanted: Inputs[Known],
        parts: frozenset[UpdatePart],
        logins: Sequence[RegistryLogin],
        token: Token,
    ) -> None:
        """UpdateContainerGroup of these parts alone, lists whole (RenewUpdate), of a group that is Pending or Running
        (facts §10.3)."""
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
