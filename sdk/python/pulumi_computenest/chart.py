"""`HelmChartPackage`: a Helm chart in Compute Nest's registry."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from computenest.transports.dynamic.lifecycles import HelmChartPackageProvider
from pulumi_computenest.container import PLACED
from pulumi_computenest.content import (
    ChartArchive,
    ChartDirectory,
    ContentDeclaration,
    GatedContent,
    RegistryReference,
    source_properties,
)

__all__ = ["HelmChartDeclaration", "HelmChartPackage"]


class HelmChartDeclaration(ContentDeclaration):
    """A Helm chart, checked, packaged and pushed with a temporary key to Compute Nest's registry.

    Args:
        resource_name: the logical name; also the package's name unless `name` is given.
        source: a ChartDirectory, ChartArchive or RegistryReference. Repository and tag are the chart's name and
            version, because that is how helm pulls it.
        name: the package's name in Compute Nest. Changing it replaces the package.
        description: shown in the console. Another description makes a new version.
        version_name: the version's name; by default derived from what the version is made of.
        tags: tags of the package.
        permission: `Automatic` (default): who may pull follows the services that use the package; `Public`: everybody,
            for ever. Going back replaces the package.
        resource_group_id: changing it replaces the package.
        release: publish the version (default) or keep it a draft.
        retain_versions: how many superseded versions to keep beside the live one (default 1).
        retain_content: leave what was pushed in place when the package is deleted (default False).
        timeout_s: the longest that one operation may take, in seconds (default 7200), the push apart.
        account: a key of `computenest:accounts`, for a package of another account. Changing it replaces the package.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        source: ChartDirectory | ChartArchive | RegistryReference,
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
        outputs = dict.fromkeys((*PLACED, "repository", "tag"))
        self._declare("HelmChartPackage", resource_name, outputs | properties, opts)

    @property
    def repository(self) -> pulumi.Output[str]:
        """The chart's name."""
        return self._get("repository")

    @property
    def tag(self) -> pulumi.Output[str]:
        """The chart's version, with `_` for `+`."""
        return self._get("tag")

    @property
    def digest(self) -> pulumi.Output[str]:
        """The digest of the chart's manifest, known in a preview already."""
        return self._get("digest")

    @property
    def reference(self) -> pulumi.Output[str]:
        """`registry/namespace/chart:version`; helm wants `oci://` before it."""
        return self._get("reference")


class HelmChartPackage(HelmChartDeclaration, GatedContent, module="computenest", name="HelmChartPackage"):
    __doc__ = HelmChartDeclaration.__doc__

    provider = HelmChartPackageProvider
