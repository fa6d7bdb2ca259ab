"""Compute Nest's error codes: three are seen in client code, the others and all statuses assumed. fact: nest-040."""

from collections.abc import Mapping

from computenest_cloud.errors import ServiceError
from computenest_cloud.world import World

MISSING = "EntityNotExist."


class Refusals:
    """Codes with their messages; `before`: those of a service that this one is built on."""

    def __init__(self, messages: Mapping[str, str], before: "Refusals | None" = None) -> None:
        self.messages: Mapping[str, str] = {**({} if before is None else before.messages), **messages}

    def __call__(self, world: World, code: str, detail: str = "") -> ServiceError:
        message = f"{self.messages[code]} {detail}".rstrip()
        if code.startswith(MISSING):
            return self.missing(world, _name_in_force(world, code), message)
        return ServiceError(400, code, message)

    @staticmethod
    def missing(world: World, name: str, message: str) -> ServiceError:
        return ServiceError(int(world.rules.position("http.not_found_status")), name, message)


def _name_in_force(world: World, code: str) -> str:
    """Two generations of names are in use. fact: nest-045"""
    is_newer = world.rules.position("supplier.not_found_codes") == "entity_not_exist"
    return code if is_newer else f"{code.removeprefix(MISSING)}NotFound"


error = Refusals(
    {
        "EntityNotExist.Artifact": "The specified artifact does not exist.",
        "EntityNotExist.ArtifactVersion": "The specified artifact version does not exist.",
        "EntityNotExist.Repository": "The specified repository does not exist.",
        "EntityNotExist.Tag": "The specified tag does not exist.",
        "EntityAlreadyExist.Artifact": "An artifact of this name exists already.",
        "EntityAlreadyExist.DraftArtifact": "The artifact has a draft version already.",
        "OperationDenied": "The status of the artifact does not allow this operation.",
        "OperationDenied.ArtifactAssociated": "The artifact version is associated with a service.",
        "InvalidResourceType.NotFound": "The ResourceType provided does not exist in our records.",
    }
)
