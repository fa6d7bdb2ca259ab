"""A package, its association, a service of them and its instances, as stack.json says; on either transport."""

import importlib
import json
from pathlib import Path

import pulumi

data = json.loads(Path("stack.json").read_text())
computenest = importlib.import_module(data.get("module", "pulumi_computenest"))

web = computenest.EcsImagePackage(
    "web",
    source=computenest.CustomImage(image_id=data["image"], region="cn-hangzhou"),
    regions=data["regions"],
    timeout_s=data["timeout_s"],
)
images = computenest.ServiceImageAssociation(
    "images",
    template=computenest.Template(data["template"], name="template.yaml"),
    packages={"ecs_image_web": web},
)
service = computenest.Service("service", templates={"main": images}, timeout_s=data["timeout_s"], **data["service"])

for name, given in data["instances"].items():
    arguments = {"timeout_s": data["timeout_s"], **given}
    secret = arguments.pop("secret", {})
    arguments["parameters"] = {
        **arguments.get("parameters", {}),
        **{key: pulumi.Output.secret(value) for key, value in secret.items()},
    }
    instance = computenest.ServiceInstance(name, service=service, **arguments)
    pulumi.export(name, {"images": instance.images, "version": instance.service_version})
    if name in data.get("takes", ()):
        pulumi.export(f"{name}-web", instance.images["Web"])
