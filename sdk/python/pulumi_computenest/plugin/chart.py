"""`HelmChartPackage` as the plugin's resource."""

from __future__ import annotations

from pulumi_computenest.chart import HelmChartDeclaration
from pulumi_computenest.plugin.resource import PluginResource

__all__ = ["HelmChartPackage"]


class HelmChartPackage(HelmChartDeclaration, PluginResource):
    __doc__ = HelmChartDeclaration.__doc__
