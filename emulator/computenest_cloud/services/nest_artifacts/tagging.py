"""What carries tags: artifacts, and what later services add (services, service instances). fact: nest-044"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from computenest_cloud.errors import ServiceError, missing_parameter
from computenest_cloud.services.nest_artifacts.errors import error
from computenest_cloud.services.nest_artifacts.records import ARTIFACTS
from computenest_cloud.world import Call, World


class Tagged(Protocol):
    owner_uid: str
    tags: Mapping[str, str]
    deleted_at: float | None

    @property
    def key(self) -> str: ...


@dataclass(frozen=True)
class Kind:
    """`find`: by id, of whatever account. `missing`: the error where there is none."""

    find: Callable[[World, str], Tagged | None]
    missing: Callable[[World, str], ServiceError]


class Tagging:
    def __init__(self) -> None:
        self._kinds = {
            "artifact": Kind(
                lambda world, key: world.store[ARTIFACTS].get(key),
                lambda world, detail: error(world, "EntityNotExist.Artifact", detail),
            )
        }

    def add(self, name: str, kind: Kind) -> None:
        self._kinds[name] = kind

    def tagged(self, call: Call, *, ignores_missing: bool = False) -> tuple[str, list[Tagged]]:
        """The kind, and the resources that the request names."""
        call.params.required("RegionId")
        name = call.params.required("ResourceType").lower()
        kind = self._kinds.get(name)
        if kind is None:
            known = ", ".join(sorted(self._kinds))
            raise ServiceError(400, "InvalidResourceType.NotFound", f"This cloud has tags on {known}.")
        ids = call.params.items("ResourceId")
        if not ids:
            raise missing_parameter("ResourceId")
        found: list[Tagged] = []
        for resource_id in ids:
            resource = kind.find(call.world, resource_id)
            if resource is not None and resource.owner_uid == call.account.uid and resource.deleted_at is None:
                found.append(resource)
            elif not ignores_missing:
                raise kind.missing(call.world, f"({resource_id!r})")
        return name, found
