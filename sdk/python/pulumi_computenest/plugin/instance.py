"""`ServiceInstance` as the plugin's resource."""

from __future__ import annotations

from pulumi_computenest.instance import ServiceInstanceDeclaration
from pulumi_computenest.plugin.resource import PluginResource

__all__ = ["ServiceInstance"]


class ServiceInstance(ServiceInstanceDeclaration, PluginResource):
    __doc__ = ServiceInstanceDeclaration.__doc__
