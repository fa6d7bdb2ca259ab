"""Three charts become packages in Compute Nest's registry, and a service of them runs on a Kubernetes cluster."""

from __future__ import annotations

import pulumi

import pulumi_computenest as computenest


def component(name: str, *needs: str) -> computenest.Component:
    """A component whose chart is a package: previews render the folder, a run pulls what was pushed."""
    folder = f"charts/{name}"
    package = computenest.HelmChartPackage(name, source=computenest.ChartDirectory(path=folder), release=False)
    chart = computenest.ChartPackage(package=package.reference, path=folder)
    return computenest.Component(name=name, chart=chart, needs=needs)


main = computenest.Cluster("main")
shop = computenest.CloudService(
    "shop",
    version="1.0",
    components=[component("database"), component("api", "database"), component("web", "api")],
)
deployment = computenest.CloudServiceDeployment(
    "shop",
    cluster=main,
    service=shop,
    configuration={"api": {"replicas": 2}, "web": {"host": "shop.example.com"}},
)

pulumi.export("rollout", deployment.rollout)
pulumi.export("revisions", deployment.revisions)
