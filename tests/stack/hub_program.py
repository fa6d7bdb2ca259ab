"""A service on the clusters of the hub that stack.json names, with the dynamic transport."""

import json
from pathlib import Path

import pulumi_computenest as computenest

data = json.loads(Path("stack.json").read_text())
selector = computenest.ClusterSelector(match_labels={"tier": data["namespace"]})
chart = computenest.ChartFolder(path=data["chart"])
console = computenest.Component(name="console", chart=chart)
web = computenest.Component(name="web", chart=chart, needs=["console"], cluster_selector=selector)
computenest.CloudServiceDeployment(
    "shop",
    cluster=computenest.Cluster("main", **data["main"]),
    clusters=[computenest.ClusterAccess(**one) for one in data["listed"]],
    hub=computenest.HubClusters(kubeconfig_secrets=True),
    service=computenest.CloudService("service", name="shop", components=[console, web]),
    namespace=data["namespace"],
    timeout_s=60,
)
