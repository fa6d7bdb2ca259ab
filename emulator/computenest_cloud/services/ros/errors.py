"""ROS's error codes with their HTTP statuses. fact: ros-020"""

from computenest_cloud.errors import ServiceError

_STATUS = {
    "StackNotFound": 404,
    "ResourceNotFound": 404,
    "StackExists": 409,
    "ActionInProgress": 409,
    "StackValidationFailed": 400,
    "InvalidSchema": 400,
    "InvalidTemplateSection": 400,
    "InvalidTemplateVersion": 400,
    "InvalidTemplateReference": 400,
    "CircularDependency": 400,
    "UserParameterMissing": 400,
    "UnknownUserParameter": 400,
    "StackPolicyNotFound": 404,
    "DeletionProtectionEnabled": 400,
    "InvalidResourceType.NotFound": 400,
    "NotSupported": 400,
}


def error(code: str, message: str) -> ServiceError:
    return ServiceError(_STATUS[code], code, message)
