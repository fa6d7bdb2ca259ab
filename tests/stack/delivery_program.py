"""Delivery packages as stack.json says, with the dynamic transport."""

import json
from pathlib import Path

import pulumi

import pulumi_computenest as computenest

data = json.loads(Path("stack.json").read_text())

for name, given in data["packages"].items():
    arguments = dict(given)
    arguments["charts"] = [computenest.DeliveredChart(**one) for one in given["charts"]]
    arguments["images"] = [computenest.DeliveredImage(**one) for one in given["images"]]
    arguments["targets"] = [
        computenest.DeliveryTarget(**{**one, "password": pulumi.Output.secret(one["password"])})
        for one in given["targets"]
    ]
    package = computenest.DeliveryPackage(name, **arguments)
    pulumi.export(name, {"digest": package.digest, "references": package.references})
