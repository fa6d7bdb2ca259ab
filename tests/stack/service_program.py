"""The program of the service tests, for either transport: packages, an association, and a service of both."""

import importlib
import json
from pathlib import Path

import pulumi

data = json.loads(Path("stack.json").read_text())
computenest = importlib.import_module("pulumi_computenest.plugin" if data["plugin"] else "pulumi_computenest")
packages = {}
for name, given in data["packages"].items():
    arguments = dict(given)
    source = computenest.CustomImage(**arguments.pop("source"))
    packages[name] = computenest.EcsImagePackage(name, source=source, **arguments)

template = computenest.Template(data["template"], name="template.yaml")
association = computenest.ServiceImageAssociation(
    "images", template=template, packages={marker: packages[name] for marker, name in data["markers"].items()}
)
arguments = dict(data["service"])
regions = arguments.pop("regions", None)
service = computenest.Service(
    "shop", templates={"standard": computenest.ServiceTemplate(association, regions=regions)}, **arguments
)
for key in ("service_id", "service_version", "status", "stage", "visibility", "permissions"):
    pulumi.export(key, getattr(service, key))
