"""Public services, each with its packages, associations and an instance of the customer's in each of two regions."""

import json
from pathlib import Path

import pulumi

import pulumi_computenest as computenest

SOURCES = {"custom": computenest.CustomImage, "built": computenest.BuiltImage}
data = json.loads(Path("stack.json").read_text())

for label, given in data["services"].items():
    packages = {}
    for key, package in given["packages"].items():
        source = dict(package["source"])
        if "code_repo" in source:
            source["code_repo"] = computenest.CodeRepo(**source["code_repo"])
        packages[key] = computenest.EcsImagePackage(
            f"{label}/{key}",
            name=package["name"],
            source=SOURCES[source.pop("kind")](**source),
            regions=package["regions"],
            timeout_s=data["timeout_s"],
        )
    associations = {
        name: computenest.ServiceImageAssociation(
            f"{label}/{name}",
            template=use["template"],
            packages={marker: packages[key] for marker, key in use["packages"].items()},
            regions=use["regions"],
        )
        for name, use in given["uses"].items()
    }
    service = computenest.Service(
        label,
        templates={
            name: computenest.ServiceTemplate(association, regions=given["uses"][name]["regions"])
            for name, association in associations.items()
        },
        publishing="beta",
        share_accounts={data["customer"]: "DeployableIncludeBeta"},
        timeout_s=data["timeout_s"],
    )
    found = {}
    for name, use in given["uses"].items():
        for region, parameters in use["parameters"].items():
            instance = computenest.ServiceInstance(
                f"{label}/{name}/{region}",
                service=service,
                region=region,
                template_name=name,
                parameters={
                    key: pulumi.Output.secret(value) if key in use["secrets"] else value
                    for key, value in parameters.items()
                },
                association=associations[name],
                account="customer",
                timeout_s=data["timeout_s"],
            )
            found[f"{name}/{region}"] = {"id": instance.instance_id, "images": instance.images}
    pulumi.export(label, {"packages": {key: p.images for key, p in packages.items()}, "instances": found})
