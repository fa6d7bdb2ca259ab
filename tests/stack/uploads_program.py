"""Packages of content, a service of all of them and an instance, as stack.json says; on either transport."""

import importlib
import json
from pathlib import Path

import pulumi

data = json.loads(Path("stack.json").read_text())
computenest = importlib.import_module(data.get("module", "pulumi_computenest"))
SOURCES = {
    "layout": computenest.OciLayout,
    "docker": computenest.DockerArchive,
    "reference": computenest.RegistryReference,
    "directory": computenest.ChartDirectory,
    "tgz": computenest.ChartArchive,
}
made = {}


def source(given):
    arguments = dict(given)
    return SOURCES[arguments.pop("kind")](**arguments)


for name, given in data.get("images", {}).items():
    made[name] = computenest.ContainerImagePackage(name, **{**given, "source": source(given["source"])})
for name, given in data.get("charts", {}).items():
    made[name] = computenest.HelmChartPackage(name, **{**given, "source": source(given["source"])})
for name, given in data.get("files", {}).items():
    arguments = dict(given)
    text = arguments.pop("text", None)
    arguments["file"] = arguments["file"] if text is None else pulumi.StringAsset(text)
    made[name] = computenest.FilePackage(name, **arguments)

if "template" in data:
    service = computenest.Service(
        "service",
        templates={"main": computenest.ServiceTemplate(computenest.Template(data["template"], name="template.yaml"))},
        packages={marker: made[name] for marker, name in data["markers"].items()},
        publishing="beta",
        share_accounts={data["customer"]: "DeployableIncludeBeta"},
        timeout_s=data["timeout_s"],
    )
    if "instance" in data:
        instance = computenest.ServiceInstance(
            "instance", service=service, template_name="main", timeout_s=data["timeout_s"], **data["instance"]
        )
        pulumi.export("instance", instance.instance_id)
