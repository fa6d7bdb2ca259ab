"""A delivery package and its installation as stack.json says, with the dynamic transport."""

import json
from pathlib import Path

import pulumi

import pulumi_computenest as computenest

data = json.loads(Path("stack.json").read_text())

cluster = computenest.Cluster("main", **data["cluster"])
given = data["package"]
package = computenest.DeliveryPackage(
    "package",
    version=given["version"],
    charts=[computenest.DeliveredChart(**one) for one in given["charts"]],
    images=[computenest.DeliveredImage(**one) for one in given["images"]],
    targets=[computenest.DeliveryTarget(repository=data["repository"])],
)
shop = computenest.DeliveryInstallation(
    "shop",
    cluster=cluster,
    package=package.references[data["repository"]],
    registry=computenest.InstallationRegistry(**data["registry"]),
    images=[computenest.ImageValue(**one) for one in data["named"]],
    configuration={
        name: {
            key: pulumi.Output.secret(value["secret"]) if isinstance(value, dict) and "secret" in value else value
            for key, value in values.items()
        }
        for name, values in data["configuration"].items()
    },
    namespace=data["namespace"],
    timeout_s=60,
)
pulumi.export("rollout", shop.rollout)
