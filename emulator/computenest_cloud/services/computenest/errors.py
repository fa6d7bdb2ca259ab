"""Compute Nest's error codes: three are seen in client code, the others and all statuses assumed. fact: nest-040."""

from computenest_cloud.errors import ServiceError
from computenest_cloud.world import World

_MESSAGES: dict[str, str] = {
    "EntityNotExist.Artifact": "The specified artifact does not exist.",
    "EntityNotExist.ArtifactVersion": "The specified artifact version does not exist.",
    "EntityNotExist.Repository": "The specified repository does not exist.",
    "EntityNotExist.Tag": "The specified tag does not exist.",
    "EntityAlreadyExist.Artifact": "An artifact of this name exists already.",
    "EntityAlreadyExist.DraftArtifact": "The artifact has a draft version already.",
    "OperationDenied": "The status of the artifact does not allow this operation.",
    "OperationDenied.ArtifactAssociated": "The artifact version is associated with a service.",
    "EntityNotExist.Service": "The specified service does not exist.",
    "EntityNotExist.ServiceVersion": "The specified service version does not exist.",
    "EntityNotExist.ServiceRegistration": "The specified registration does not exist.",
    "EntityAlreadyExist.DraftService": "The service has a draft version already.",
    "EntityAlreadyExist.Service": "A service of this name exists already.",
    "OperationDenied.ServiceStatus": "The status of the service version does not allow this operation.",
    "OperationDenied.ServiceListed": "The service is bound to a marketplace product; delist that first.",
    "OperationDenied.ServiceInUse": "The service version is used by service instances.",
    "OperationDenied.ServiceNotShared": "The service is not shared with this account.",
    "OperationDenied.NoTemplate": "The template does not exist in this service version.",
    "OperationDenied.RegionNotAllowed": "The template may not be deployed in this region.",
    "OperationDenied.InstanceStatus": "The status of the service instance does not allow this operation.",
    "OperationDenied.NoUpgrade": "The service instance has no upgrade that could be rolled back.",
    "QuotaExceeded.SharedAccounts": "The images of a service can be shared with 50 accounts at most.",
    "ServiceInstanceNotFound": "The specified service instance does not exist.",
    "InvalidResourceType.NotFound": "The ResourceType provided does not exist in our records.",
}


_MISSING = "EntityNotExist."
_NO_INSTANCE = "ServiceInstanceNotFound"


def error(world: World, code: str, detail: str = "") -> ServiceError:
    message = f"{_MESSAGES[code]} {detail}".rstrip()
    if not code.startswith((_MISSING, _NO_INSTANCE)):
        return ServiceError(400, code, message)
    return ServiceError(int(world.rules.position("http.not_found_status")), _name_in_force(world, code), message)


def _name_in_force(world: World, code: str) -> str:
    """Two generations of names are in use. fact: nest-045, inst-025"""
    if code == _NO_INSTANCE:
        is_newer = world.rules.position("instance.not_found_code") == "entity_not_exist"
        return f"{_MISSING}ServiceInstance" if is_newer else code
    is_newer = world.rules.position("supplier.not_found_codes") == "entity_not_exist"
    return code if is_newer else f"{code.removeprefix(_MISSING)}NotFound"
