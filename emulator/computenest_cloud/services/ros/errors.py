"""ROS's error codes with their HTTP statuses. fact: ros-020"""

from computenest_cloud.errors import ServiceError

_STATUS = {
    "StackNotFound": 404,
    "ResourceNotFound": 404,
    "StackExists": 409,
    "ActionInProgress": 409,
    "InvalidTemplate": 400,
    "StackValidationFailed": 400,
    "NotSupported": 400,
}


def error(code: str, message: str) -> ServiceError:
    return ServiceError(_STATUS[code], code, message)
