"""Services on a cluster as stack.json says, with the dynamic transport."""

import json
from pathlib import Path

import pulumi

import pulumi_computenest as computenest

data = json.loads(Path("stack.json").read_text())


def known(value):
    """A value; `{"secret": …}` stands for one that is an output."""
    if isinstance(value, dict) and set(value) == {"secret"}:
        return pulumi.Output.secret(value["secret"])
    return {key: known(item) for key, item in value.items()} if isinstance(value, dict) else value


cluster = computenest.Cluster("main", **data["cluster"])
components = [
    computenest.Component(
        name=one["name"],
        chart=computenest.ChartFolder(path=one["chart"]),
        **{key: known(one[key]) for key in ("values", "needs") if key in one},
    )
    for one in data["components"]
]
service = computenest.CloudService("service", name="shop", components=components)
shop = computenest.CloudServiceDeployment("shop", cluster=cluster, service=service, **data.get("deployment", {}))
pulumi.export("rollout", shop.rollout)
