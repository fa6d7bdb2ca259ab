"""The same resources through the plugin: true previews, partial state, import, cancel, live progress.

A program moves over by its import alone, and nothing is replaced:

    import pulumi_computenest.plugin as computenest   # was: import pulumi_computenest as computenest

`pulumi-resource-computenest` has to be on PATH, or named in `plugins.providers` of Pulumi.yaml.
"""

from __future__ import annotations

from pulumi_computenest.association import Template
from pulumi_computenest.content import ChartArchive, ChartDirectory, DockerArchive, OciLayout, RegistryReference
from pulumi_computenest.direct import DirectDistribution
from pulumi_computenest.plugin.association import ServiceImageAssociation
from pulumi_computenest.plugin.chart import HelmChartPackage
from pulumi_computenest.plugin.container import ContainerImagePackage
from pulumi_computenest.plugin.file import FilePackage
from pulumi_computenest.plugin.instance import ServiceInstance
from pulumi_computenest.plugin.package import EcsImagePackage
from pulumi_computenest.plugin.service import Service
from pulumi_computenest.service import ServiceInfo, ServiceTemplate
from pulumi_computenest.source import BuiltImage, CodeRepo, CustomImage, MarketplaceImage

__all__ = [
    "BuiltImage",
    "ChartArchive",
    "ChartDirectory",
    "CodeRepo",
    "ContainerImagePackage",
    "CustomImage",
    "DirectDistribution",
    "DockerArchive",
    "EcsImagePackage",
    "FilePackage",
    "HelmChartPackage",
    "MarketplaceImage",
    "OciLayout",
    "RegistryReference",
    "Service",
    "ServiceImageAssociation",
    "ServiceInfo",
    "ServiceInstance",
    "ServiceTemplate",
    "Template",
]
