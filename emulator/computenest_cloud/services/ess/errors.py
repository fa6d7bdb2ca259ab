"""The error codes of Auto Scaling. fact: ess-005"""

from computenest_cloud.errors import ServiceError

_ERRORS: dict[str, tuple[int, str]] = {
    "InvalidScalingGroupId.NotFound": (404, "The specified scaling group does not exist."),
    "InvalidScalingConfigurationId.NotFound": (404, "The specified scaling configuration does not exist."),
    "InvalidScalingGroup.NoActiveConfiguration": (400, "The scaling group has no active scaling configuration."),
    "InvalidParameter": (400, "A parameter is invalid."),
}


def error(code: str, detail: str = "") -> ServiceError:
    status, message = _ERRORS[code]
    return ServiceError(status, code, f"{message} {detail}".rstrip())
