"""Services on a cluster as stack.json says, with the dynamic transport."""

import json
from pathlib import Path

import pulumi

import pulumi_computenest as computenest

data = json.loads(Path("stack.json").read_text())


later = computenest.Cluster("later", **data["later"]) if "later" in data else None


def known(value):
    """A value; `{"secret": …}` stands for one that is an output, `{"later": true}` for one that no preview knows."""
    if isinstance(value, dict) and set(value) == {"secret"}:
        return pulumi.Output.secret(value["secret"])
    if isinstance(value, dict) and set(value) == {"later"}:
        return later.version
    return {key: known(item) for key, item in value.items()} if isinstance(value, dict) else value


def chart(given):
    """A folder by its path, or a package."""
    return computenest.ChartPackage(**known(given)) if isinstance(given, dict) else computenest.ChartFolder(path=given)


cluster = computenest.Cluster("main", **known(data["cluster"]))
components = [
    computenest.Component(
        name=one["name"],
        chart=chart(one["chart"]),
        **{key: known(one[key]) for key in ("values", "needs") if key in one},
    )
    for one in data["components"]
]
service = computenest.CloudService("service", name="shop", components=components)
shop = computenest.CloudServiceDeployment("shop", cluster=cluster, service=service, **known(data.get("deployment", {})))
pulumi.export("rollout", shop.rollout)
