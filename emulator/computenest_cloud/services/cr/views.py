"""The registry API's answers, as the SDK's models read them, and what names look like. Times are in milliseconds."""

import re
from collections.abc import Sequence
from typing import Any, Literal, TypeVar

from computenest_cloud.services.cr.errors import error
from computenest_cloud.services.registry.seam import Namespace, RegistryInstance, Repository, Tag
from computenest_cloud.wire.params import Params

NAMESPACE = re.compile(r"^(?=.{2,120}$)[a-z0-9]+(?:[._-]+[a-z0-9]+)*$")
REPOSITORY = re.compile(r"^(?=.{2,64}$)[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$")
PAGE_LIMIT = 100
QUOTAS = {"NamespaceQuota": 25, "RepoQuota": 1000, "ChartNamespaceQuota": 5, "ChartRepoQuota": 100, "VpcQuota": 3}
Row = TypeVar("Row")


def page(params: Params, rows: Sequence[Row]) -> tuple[list[Row], dict[str, Any]]:
    """PageNo and PageSize, or MaxResults and NextToken, which then is where the next page begins."""
    if params.text("MaxResults") or params.text("NextToken"):
        size = params.number("MaxResults", default=30, low=1, high=PAGE_LIMIT)
        start = params.number("NextToken", default=0, low=0, high=1 << 31)
        more = {"NextToken": str(start + size)} if start + size < len(rows) else {}
        return list(rows[start : start + size]), {"MaxResults": size, "TotalCount": str(len(rows)), **more}
    size = params.number("PageSize", default=30, low=1, high=PAGE_LIMIT)
    number = params.number("PageNo", default=1, low=1, high=1 << 31)
    start = (number - 1) * size
    return list(rows[start : start + size]), {"PageNo": number, "PageSize": size, "TotalCount": str(len(rows))}


def repository_type(text: str) -> Literal["PUBLIC", "PRIVATE"]:
    if text == "PUBLIC":
        return "PUBLIC"
    if text == "PRIVATE":
        return "PRIVATE"
    raise error("INVALID_PARAMETER", f"(a repository's type is PUBLIC or PRIVATE, not {text!r})")


def _ms(moment_s: float) -> int:
    return int(moment_s * 1000)


def instance(entry: RegistryInstance) -> dict[str, Any]:
    return {
        "InstanceId": entry.instance_id,
        "InstanceName": entry.name,
        "InstanceSpecification": entry.edition,
        "InstanceStatus": "RUNNING",
        "CreateTime": _ms(entry.created_at),
        "ModifiedTime": _ms(entry.created_at),
        "ResourceGroupId": "rg-default",
    }


def endpoint(entry: RegistryInstance, host: str) -> dict[str, Any]:
    return {
        "Enable": entry.is_internet,
        "Status": "RUNNING",
        "AclEnable": entry.is_acl_enforced,
        "AclEntries": [{"Entry": network, "Comment": comment} for network, comment in sorted(entry.acl.items())],
        "Domains": [{"Domain": host, "Type": "SYSTEM"}],
    }


def namespace(entry: Namespace) -> dict[str, Any]:
    return {
        "InstanceId": entry.instance_id,
        "NamespaceId": entry.namespace_id,
        "NamespaceName": entry.name,
        "NamespaceStatus": "NORMAL",
        "AutoCreateRepo": entry.creates_repositories,
        "DefaultRepoType": entry.default_type,
    }


def repository(entry: Repository) -> dict[str, Any]:
    return {
        "InstanceId": entry.instance_id,
        "RepoId": entry.repository_id,
        "RepoName": entry.name,
        "RepoNamespaceName": entry.namespace,
        "RepoStatus": "NORMAL",
        "RepoType": entry.repository_type,
        "RepoBuildType": "MANUAL",
        "Summary": entry.summary,
        "Detail": entry.detail,
        "ResourceGroupId": "rg-default",
        "TagImmutability": entry.has_fixed_tags,
        "CreateTime": _ms(entry.created_at),
        "ModifiedTime": _ms(entry.modified_at),
    }


def tag(entry: Tag) -> dict[str, Any]:
    """fact: cr-022: the digest is shown without its algorithm."""
    value = entry.digest.removeprefix("sha256:")
    return {
        "Tag": entry.name,
        "Digest": value,
        "ImageId": value,
        "ImageSize": entry.size_bytes,
        "Status": "NORMAL",
        "ImageCreate": str(_ms(entry.created_at)),
        "ImageUpdate": str(_ms(entry.created_at)),
    }
