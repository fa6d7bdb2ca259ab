"""`Service` as the plugin's resource."""

from __future__ import annotations

from pulumi_computenest.plugin.resource import PluginResource
from pulumi_computenest.service import ServiceDeclaration

__all__ = ["Service"]


class Service(ServiceDeclaration, PluginResource):
    __doc__ = ServiceDeclaration.__doc__
