"""`EcsImagePackage` as the plugin's resource."""

from __future__ import annotations

from pulumi_computenest.package import EcsImageDeclaration
from pulumi_computenest.plugin.resource import PluginResource

__all__ = ["EcsImagePackage"]


class EcsImagePackage(EcsImageDeclaration, PluginResource):
    __doc__ = EcsImageDeclaration.__doc__
