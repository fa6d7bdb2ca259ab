"""The error codes of service instances, beside those of services. fact: nest-040, inst-025"""

from computenest_cloud.errors import ServiceError
from computenest_cloud.services.nest_artifacts.seam import MISSING, Refusals
from computenest_cloud.services.nest_services.seam import error as of_services
from computenest_cloud.world import World

NO_INSTANCE = "ServiceInstanceNotFound"
_refusals = Refusals(
    {
        "OperationDenied.ServiceNotShared": "The service is not shared with this account.",
        "OperationDenied.NoTemplate": "The template does not exist in this service version.",
        "OperationDenied.RegionNotAllowed": "The template may not be deployed in this region.",
        "OperationDenied.InstanceStatus": "The status of the service instance does not allow this operation.",
        "OperationDenied.UpgradeNotSupported": "The service version does not support this upgrade.",
        "OperationDenied.RollbackNotSupported": "The service version does not support rollbacks.",
        "OperationDenied.OperationNotSupported": "The service version does not offer this operation.",
        "OperationDenied.NoUpgrade": "The service instance has no upgrade that could be rolled back.",
        "ServiceInstanceNotFound": "The specified service instance does not exist.",
    },
    of_services,
)


def error(world: World, code: str, detail: str = "") -> ServiceError:
    """Two generations of names are in use for an instance that is not there."""
    if code != NO_INSTANCE:
        return _refusals(world, code, detail)
    is_newer = world.rules.position("instance.not_found_code") == "entity_not_exist"
    name = f"{MISSING}ServiceInstance" if is_newer else code
    return Refusals.missing(world, name, f"{_refusals.messages[code]} {detail}".rstrip())
