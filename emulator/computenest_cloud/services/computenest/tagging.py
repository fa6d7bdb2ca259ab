"""What carries tags: artifacts, services, service instances. fact: nest-044"""

from computenest_cloud.errors import ServiceError, missing_parameter
from computenest_cloud.services.computenest.errors import error
from computenest_cloud.store.records import Artifact
from computenest_cloud.store.service_records import Service, ServiceInstance
from computenest_cloud.world import Call

Tagged = Artifact | Service | ServiceInstance
MISSING = {
    "artifact": "EntityNotExist.Artifact",
    "service": "EntityNotExist.Service",
    "serviceinstance": "ServiceInstanceNotFound",
}


def _find(call: Call, kind: str, resource_id: str) -> Tagged | None:
    store = call.world.store
    found: Tagged | None
    if kind == "artifact":
        found = store.artifacts.get(resource_id)
    elif kind == "service":
        found = store.services.get(resource_id)
    else:
        found = store.instances.get(resource_id)
    if found is None or found.owner_uid != call.account.uid or found.deleted_at is not None:
        return None
    return found


def tagged(call: Call, *, ignores_missing: bool = False) -> tuple[str, list[Tagged]]:
    """The kind, and the resources that the request names."""
    call.params.required("RegionId")
    kind = call.params.required("ResourceType").lower()
    if kind not in MISSING:
        raise ServiceError(400, "InvalidResourceType.NotFound", f"This cloud has tags on {', '.join(sorted(MISSING))}.")
    ids = call.params.items("ResourceId")
    if not ids:
        raise missing_parameter("ResourceId")
    found = []
    for resource_id in ids:
        resource = _find(call, kind, resource_id)
        if resource is not None:
            found.append(resource)
        elif not ignores_missing:
            raise error(call.world, MISSING[kind], f"({resource_id!r})")
    return kind, found
