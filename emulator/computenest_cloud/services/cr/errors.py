"""The registry API's error codes, as the Terraform provider knows them. fact: cr-020"""

from computenest_cloud.errors import ServiceError

_MESSAGES = {
    "INSTANCE_NOT_EXIST": (404, "instance is not exist"),
    "NAMESPACE_NOT_EXIST": (404, "namespace is not exist"),
    "NAMESPACE_ALREADY_EXIST": (409, "namespace is already exist"),
    "NAMESPACE_NOT_EMPTY": (409, "namespace holds repositories"),
    "REPO_NOT_EXIST": (404, "repo is not exist"),
    "REPO_ALREADY_EXIST": (409, "repo is already exist"),
    "REPO_TAG_NOT_EXIST": (404, "repo tag is not exist"),
    "SLB_SERVICE_ACL_ENTRY_EXIST": (409, "the entry is in the list already"),
    "VPC_NOT_LINKED": (404, "the VPC is not linked"),
    "INVALID_PARAMETER": (400, "a parameter is not valid"),
}


def error(code: str, detail: str = "") -> ServiceError:
    status, message = _MESSAGES[code]
    return ServiceError(status, code, f"{message} {detail}".rstrip())
