"""A service on the clusters that stack.json names, with the dynamic transport."""

import json
from pathlib import Path

import pulumi

import pulumi_computenest as computenest

data = json.loads(Path("stack.json").read_text())
main, *edges = [computenest.Cluster(one["name"], **one) for one in data["clusters"]]
edge = computenest.ClusterSelector(match_labels={"tier": "edge"})
console = computenest.Component(name="console", chart=computenest.ChartFolder(path=data["console"]))
web = computenest.Component(
    name="web", chart=computenest.ChartFolder(path=data["web"]), needs=["console"], cluster_selector=edge
)
service = computenest.CloudService("service", name="shop", components=[console, web])
more = data["deployment"]
shop = computenest.CloudServiceDeployment("shop", cluster=main, clusters=edges, service=service, **more)
for each in edges:
    computenest.ClusterComponent(
        f"certs-{each._name}",
        name="certs",
        namespace=more["namespace"],
        cluster=each,
        chart=computenest.ChartFolder(path=data["certs"]),
    )
pulumi.export("rollout", shop.rollout)
