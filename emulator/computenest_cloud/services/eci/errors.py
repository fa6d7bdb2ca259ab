"""The error codes of ECI. fact: eci-040, eci-041"""

from computenest_cloud.errors import ServiceError

_ERRORS: dict[str, tuple[int, str]] = {
    "IncorrectStatus": (400, "The current status of the resource does not support this operation."),
    "InvalidParameter.ContainerGroupId": (404, "The specified container group does not exist."),
    "InvalidParameter.ContainerName": (404, "The specified container does not exist."),
    "InvalidParameter.Size": (400, "There is no specification with so many vCPUs and so much memory."),
    "InvalidResourceType.NotFound": (400, "The ResourceType provided does not exist in our records."),
    "QuotaExceeded.Cpu": (400, "The vCPUs of this account in the region would be more than its quota."),
    "DryRunOperation": (400, "Request validation has been passed with DryRun flag set."),
    "DryRun.Success": (400, "Request validation has been passed with DryRun flag set."),
}


def error(code: str, detail: str = "") -> ServiceError:
    status, message = _ERRORS[code]
    return ServiceError(status, code.removesuffix(".Cpu"), f"{message} {detail}".rstrip())
