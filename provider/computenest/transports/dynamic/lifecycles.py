"""Dynamic providers of the types that came after the first two: a class and a name each.

Pickled by reference like those of `providers`: module and class name keep their place for ever.
"""

from __future__ import annotations

from computenest.serve.dynamic.provider import Provider

__all__ = [
    "ContainerImagePackageProvider",
    "FilePackageProvider",
    "HelmChartPackageProvider",
    "LifecycleProvider",
    "ServiceInstanceProvider",
    "ServiceProvider",
]


class LifecycleProvider(Provider):
    """Hands the dynamic host's calls to the lifecycle of `type_name`."""


class ServiceProvider(LifecycleProvider):
    """`Service` for the dynamic host."""

    type_name = "Service"


class ServiceInstanceProvider(LifecycleProvider):
    """`ServiceInstance` for the dynamic host."""

    type_name = "ServiceInstance"


class ContainerImagePackageProvider(LifecycleProvider):
    """`ContainerImagePackage` for the dynamic host."""

    type_name = "ContainerImagePackage"


class FilePackageProvider(LifecycleProvider):
    """`FilePackage` for the dynamic host."""

    type_name = "FilePackage"


class HelmChartPackageProvider(LifecycleProvider):
    """`HelmChartPackage` for the dynamic host."""

    type_name = "HelmChartPackage"
