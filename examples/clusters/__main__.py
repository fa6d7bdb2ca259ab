"""A service on two clusters, of four kinds of component: a console on the main cluster, a gateway on every edge, what
each edge has once, and what a project has in a namespace of its own."""

import os
from pathlib import Path

import pulumi

import pulumi_computenest as computenest

CHARTS = Path(__file__).parent / "charts"
BESIDE = [each / ".computenest/cloud" for each in (Path.cwd(), *Path.cwd().parents)]
CLOUD = os.environ.get("COMPUTENEST_CLOUD_DIR") or next((each for each in BESIDE if each.exists()), BESIDE[0])


def cluster(name: str, **labels: str) -> computenest.Cluster:
    """One that `computenest cloud start --cluster` has started; whether it runs now is the provider's to find out."""
    file = Path(CLOUD) / "clusters" / name / "kubeconfig"
    return computenest.Cluster(name, kubeconfig=file.read_text(), labels=labels)


def chart(name: str) -> computenest.ChartFolder:
    """A chart beside this program."""
    return computenest.ChartFolder(path=str(CHARTS / name))


main = cluster("main")
edges = {"edge-1": cluster("edge-1", tier="edge")}

# Of a cluster: once on each edge, whoever else needs it.
for name, edge in edges.items():
    computenest.ClusterComponent(f"certs-{name}", name="certs", cluster=edge, chart=chart("certs"))

# Of the service: the control plane on the main cluster, the data plane wherever the labels match.
tier_edge = computenest.ClusterSelector(match_labels={"tier": "edge"})
console = computenest.Component(name="console", chart=chart("console"))
gateway = computenest.Component(name="gateway", chart=chart("gateway"), needs=["console"], cluster_selector=tier_edge)
service = computenest.CloudService("shop", components=[console, gateway])
shop = computenest.CloudServiceDeployment(
    "shop",
    cluster=main,
    clusters=list(edges.values()),
    service=service,
    per_cluster={"edge-1": {"gateway": {"replicas": 2}}},
)

# Of a project: in a namespace that is there already (`default` is, on every cluster), and nowhere else.
reports = computenest.ProjectComponent("reports", cluster=main, namespace="default", chart=chart("reports"))

pulumi.export("rollout", shop.rollout)
pulumi.export("reports", reports.version)
