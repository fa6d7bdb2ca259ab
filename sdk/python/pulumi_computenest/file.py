"""`FilePackage`: a file in Compute Nest's buckets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi

from computenest.transports.dynamic.lifecycles import FilePackageProvider
from pulumi_computenest.content import ContentDeclaration, GatedContent, absolute

__all__ = ["FileDeclaration", "FilePackage"]

_PLACED = (
    "addresses",
    "checksum",
    "distribution",
    "fingerprints",
    "keyExpiry",
    "places",
    "repairs",
    "seenIn",
    "sizeBytes",
    "url",
)


class FileDeclaration(ContentDeclaration):
    """A file, uploaded with temporary credentials and copied by Compute Nest to the bucket of every region.

    Args:
        resource_name: the logical name; also the package's name unless `name` is given.
        file: a path, or a `pulumi.FileAsset` or `pulumi.StringAsset`. Where it lies is no difference, its content is;
            of a text the state keeps the digest only.
        file_name: the name that it is downloaded as; by default the path's last part. A text needs one.
        regions: where customers may deploy, or `["all"]`; by default the cloud's own choice. Whether the cloud counts
            them for files is unverified.
        name: the package's name in Compute Nest. Changing it replaces the package.
        description: shown in the console. Another description makes a new version.
        version_name: the version's name; by default derived from what the version is made of.
        tags: tags of the package.
        permission: `Automatic` (default), the only one that files have: who may download follows the services that use
            the package, so a file is public while a public service uses it.
        resource_group_id: changing it replaces the package.
        release: publish, and so distribute, the version (default) or keep it a draft.
        retain_versions: how many superseded versions to keep beside the live one (default 1).
        retain_content: leave the uploaded file in place when the package is deleted (default False).
        timeout_s: the longest that one operation may take, in seconds (default 7200), the upload apart.
        account: a key of `computenest:accounts`, for a package of another account. Changing it replaces the package.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        file: str | Path | pulumi.Output[str] | pulumi.Asset,
        file_name: pulumi.Input[str] | None = None,
        regions: Sequence[pulumi.Input[str]] | None = None,
        name: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        version_name: pulumi.Input[str] | None = None,
        tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        permission: pulumi.Input[str] | None = None,
        resource_group_id: pulumi.Input[str] | None = None,
        release: pulumi.Input[bool] | None = None,
        retain_versions: pulumi.Input[int] | None = None,
        retain_content: pulumi.Input[bool] | None = None,
        timeout_s: pulumi.Input[int] | None = None,
        account: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "source": _source(file),
            "fileName": file_name,
            "regions": regions,
            "name": name,
            "description": description,
            "versionName": version_name,
            "tags": tags,
            "permission": permission,
            "resourceGroupId": resource_group_id,
            "release": release,
            "retainVersions": retain_versions,
            "retainContent": retain_content,
            "timeoutS": timeout_s,
            "account": account,
        }
        self._declare("FilePackage", resource_name, dict.fromkeys(_PLACED) | properties, opts)

    @property
    def url(self) -> pulumi.Output[str]:
        """Where it was uploaded to; private."""
        return self._get("url")

    @property
    def addresses(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> the internal address of its copy there: derived and unverified, no API tells it. Templates get the
        real one by their placeholder."""
        return self._get("addresses")

    @property
    def distribution(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> the digest of what it gets, known in a preview already."""
        return self._get("distribution")


class FilePackage(FileDeclaration, GatedContent, module="computenest", name="FilePackage"):
    __doc__ = FileDeclaration.__doc__

    provider = FilePackageProvider


def _source(file: str | Path | pulumi.Output[str] | pulumi.Asset) -> dict[str, Any]:
    # An asset among a dynamic resource's inputs breaks its stack for good: it becomes a path or a text here.
    if isinstance(file, pulumi.FileAsset):
        return {"kind": "file", "path": absolute(file.path)}
    if isinstance(file, pulumi.StringAsset):
        return {"kind": "text", "text": file.text}
    if isinstance(file, pulumi.Asset):
        raise TypeError(f"a {type(file).__name__} cannot be uploaded: download it first, and give its path")
    return {"kind": "file", "path": absolute(file)}
