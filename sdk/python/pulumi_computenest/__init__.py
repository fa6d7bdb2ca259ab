"""Deployment packages of Alibaba Cloud Compute Nest, and the images of a template that they stand for.

import pulumi_computenest as computenest

web = computenest.EcsImagePackage(
    "web",
    source=computenest.CustomImage(image_id="m-bp1…", region="cn-hangzhou"),
    regions=["cn-hangzhou", "cn-beijing"],
)
images = computenest.ServiceImageAssociation(
    "images", template="template.yaml", packages={"ecs_image_web": web}
)
"""

from __future__ import annotations

from pulumi_computenest.association import ImageParameters, ServiceImageAssociation, Template
from pulumi_computenest.chart import HelmChartPackage
from pulumi_computenest.container import ContainerImagePackage
from pulumi_computenest.content import ChartArchive, ChartDirectory, DockerArchive, OciLayout, RegistryReference
from pulumi_computenest.direct import DirectDistribution
from pulumi_computenest.file import FilePackage
from pulumi_computenest.instance import ServiceInstance
from pulumi_computenest.package import EcsImagePackage
from pulumi_computenest.service import Service, ServiceInfo, ServiceTemplate
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
    "ImageParameters",
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
