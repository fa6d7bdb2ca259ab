"""The rows of Auto Scaling: scaling groups, and what they make their instances of."""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.store.records import Record
from computenest_cloud.store.tables import TableKind


class ScalingGroup(Record):
    """`desired`: None where nobody said it. `enabled_by`: what has enabled it, "" where it is not. `instances`: ids of
    the container groups that it has, the oldest first."""

    group_id: str
    owner_uid: str
    region: str
    minimum: int
    maximum: int
    desired: int | None = None
    enabled_by: str = ""
    configuration_id: str = ""
    instances: tuple[str, ...] = ()
    made: int = 0

    @property
    def key(self) -> str:
        return self.group_id


class ScalingConfiguration(Record):
    """`request`: what a container group is made of, as a request carries it: logins among it, so it is sealed."""

    configuration_id: str
    scaling_group_id: str
    request: Mapping[str, Any]

    @property
    def key(self) -> str:
        return self.configuration_id


SCALING_GROUPS = TableKind("scaling_groups", ScalingGroup)
CONFIGURATIONS = TableKind("eci_scaling_configurations", ScalingConfiguration, sealed=frozenset({"request"}))
