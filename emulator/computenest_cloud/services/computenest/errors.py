"""Compute Nest's error codes: three are seen in client code, the others and all statuses assumed. fact: nest-040."""

from computenest_cloud.errors import ServiceError
from computenest_cloud.world import World

_MESSAGES: dict[str, str] = {
    "EntityNotExist.Artifact": "The specified artifact does not exist.",
    "EntityNotExist.ArtifactVersion": "The specified artifact version does not exist.",
    "EntityAlreadyExist.Artifact": "An artifact of this name exists already.",
    "EntityAlreadyExist.DraftArtifact": "The artifact has a draft version already.",
    "OperationDenied": "The status of the artifact does not allow this operation.",
    "OperationDenied.ArtifactAssociated": "The artifact version is associated with a service.",
    "InvalidResourceType.NotFound": "The ResourceType provided does not exist in our records.",
}


def error(world: World, code: str, detail: str = "") -> ServiceError:
    is_missing = code.startswith("EntityNotExist")
    status = int(world.rules.position("http.not_found_status")) if is_missing else 400
    return ServiceError(status, code, f"{_MESSAGES[code]} {detail}".rstrip())
