"""Delivery packages as stack.json says, with the dynamic transport."""

import json
from pathlib import Path
from typing import Any

import pulumi

import pulumi_computenest as computenest

data = json.loads(Path("stack.json").read_text())


def delivered(one: dict[str, Any]) -> computenest.DeliveredChart:
    """A chart whose `package` names one of `charts` is that package's."""
    if "package" not in one:
        return computenest.DeliveredChart(**one)
    chart = charts[one["package"].pop("of")]
    package = computenest.ChartPackage(package=chart.reference, content=chart.content, **one["package"])
    return computenest.DeliveredChart(package=package)


charts = {
    name: computenest.HelmChartPackage(name, source=computenest.ChartDirectory(path=path))
    for name, path in data.get("charts", {}).items()
}
for name, given in data["packages"].items():
    arguments = dict(given)
    arguments["charts"] = [delivered(one) for one in given["charts"]]
    arguments["images"] = [computenest.DeliveredImage(**one) for one in given["images"]]
    arguments["targets"] = [
        computenest.DeliveryTarget(**{**one, "password": pulumi.Output.secret(one["password"])})
        for one in given["targets"]
    ]
    package = computenest.DeliveryPackage(name, **arguments)
    pulumi.export(name, {"digest": package.digest, "references": package.references})
