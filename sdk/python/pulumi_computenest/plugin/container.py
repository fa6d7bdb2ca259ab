"""`ContainerImagePackage` as the plugin's resource."""

from __future__ import annotations

from pulumi_computenest.container import ContainerImageDeclaration
from pulumi_computenest.plugin.resource import PluginResource

__all__ = ["ContainerImagePackage"]


class ContainerImagePackage(ContainerImageDeclaration, PluginResource):
    __doc__ = ContainerImageDeclaration.__doc__
