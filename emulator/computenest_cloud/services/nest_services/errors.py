"""The error codes of services, beside those of artifacts. fact: nest-040"""

from computenest_cloud.services.nest_artifacts.seam import Refusals
from computenest_cloud.services.nest_artifacts.seam import error as of_artifacts

error = Refusals(
    {
        "EntityNotExist.Service": "The specified service does not exist.",
        "EntityNotExist.ServiceVersion": "The specified service version does not exist.",
        "EntityNotExist.ServiceRegistration": "The specified registration does not exist.",
        "EntityAlreadyExist.DraftService": "The service has a draft version already.",
        "EntityAlreadyExist.Service": "A service of this name exists already.",
        "OperationDenied.ServiceStatus": "The status of the service version does not allow this operation.",
        "OperationDenied.ServiceListed": "The service is bound to a marketplace product; delist that first.",
        "OperationDenied.ServiceInUse": "The service version is used by service instances.",
        "QuotaExceeded.SharedAccounts": "The images of a service can be shared with 50 accounts at most.",
    },
    of_artifacts,
)
