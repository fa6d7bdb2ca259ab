"""`ContainerImagePackage`: a container image in Compute Nest's registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from computenest.transports.dynamic.lifecycles import ContainerImagePackageProvider
from pulumi_computenest.content import (
    ContentDeclaration,
    DockerArchive,
    GatedContent,
    OciLayout,
    RegistryReference,
    source_properties,
)

__all__ = ["ContainerImageDeclaration", "ContainerImagePackage"]

PLACED = (
    "digest",
    "fingerprints",
    "keyExpiry",
    "places",
    "reference",
    "registry",
    "repositoryId",
    "repositoryType",
    "sizeBytes",
)


class ContainerImageDeclaration(ContentDeclaration):
    """A container image, pushed with a temporary key to the supplier's namespace of Compute Nest's registry.

    Args:
        resource_name: the logical name; also the package's and the repository's name unless they are given.
        source: an OciLayout, DockerArchive or RegistryReference. Where it lies is no difference, its content is.
        repository: the repository below the supplier's namespace.
        tag: by default derived from the image's digest, so that another image never moves a tag that is in use.
        platforms: which platforms (`linux/amd64`) of an image of several, by default all that are there; one is
            pushed by itself, several with an index of their own.
        name: the package's name in Compute Nest. Changing it replaces the package.
        description: shown in the console. Another description makes a new version.
        version_name: the version's name; by default derived from what the version is made of.
        tags: tags of the package.
        permission: `Automatic` (default): who may pull follows the services that use the package; `Public`: everybody,
            for ever. Going back replaces the package.
        resource_group_id: changing it replaces the package.
        release: publish the version (default) or keep it a draft.
        retain_versions: how many superseded versions to keep beside the live one (default 1); their tags stay as long.
        retain_content: leave what was pushed in place when the package is deleted (default False).
        timeout_s: the longest that one operation may take, in seconds (default 7200), the push apart.
        account: a key of `computenest:accounts`, for a package of another account. Changing it replaces the package.

    An unchanged image pushes nothing and shows no diff. A tag that was moved, or a layer that was deleted, behind our
    back is shown by a refresh and repaired by the next `pulumi up`.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        source: OciLayout | DockerArchive | RegistryReference,
        repository: pulumi.Input[str] | None = None,
        tag: pulumi.Input[str] | None = None,
        platforms: Sequence[pulumi.Input[str]] | None = None,
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
            "source": source_properties(source),
            "repository": repository,
            "tag": tag,
            "platforms": platforms,
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
        self._declare("ContainerImagePackage", resource_name, dict.fromkeys(PLACED) | properties, opts)

    @property
    def repository(self) -> pulumi.Output[str]:
        """The repository below the supplier's namespace."""
        return self._get("repository")

    @property
    def tag(self) -> pulumi.Output[str]:
        """The image's tag."""
        return self._get("tag")

    @property
    def digest(self) -> pulumi.Output[str]:
        """The digest of the image's manifest, known in a preview already."""
        return self._get("digest")

    @property
    def reference(self) -> pulumi.Output[str]:
        """`registry/namespace/repository:tag`."""
        return self._get("reference")


class ContainerImagePackage(
    ContainerImageDeclaration, GatedContent, module="computenest", name="ContainerImagePackage"
):
    __doc__ = ContainerImageDeclaration.__doc__

    provider = ContainerImagePackageProvider
