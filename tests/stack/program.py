"""The program of the stack tests: declares what stack.json says, so that a test changes one line and runs again."""

import json
from pathlib import Path

import pulumi

import pulumi_computenest as computenest

SOURCES = {
    "custom": computenest.CustomImage,
    "marketplace": computenest.MarketplaceImage,
    "built": computenest.BuiltImage,
}
data = json.loads(Path("stack.json").read_text())
packages = {}

for name, given in data.get("packages", {}).items():
    arguments = dict(given)
    source = dict(arguments.pop("source"))
    options = arguments.pop("options", {})
    if "direct" in arguments:
        arguments["direct"] = computenest.DirectDistribution(**arguments["direct"])
    if "aliases" in options:
        options["aliases"] = [pulumi.Alias(name=alias) for alias in options["aliases"]]
    packages[name] = computenest.EcsImagePackage(
        name, source=SOURCES[source.pop("kind")](**source), opts=pulumi.ResourceOptions(**options), **arguments
    )

for name, given in data.get("associations", {}).items():
    template = given["template"]
    text = computenest.Template(template, name=given.get("template_name", "template.yaml"))
    association = computenest.ServiceImageAssociation(
        name,
        template=text if "\n" in template or not template else template,
        packages={m: packages[p] if isinstance(p, str) else p for m, p in given["packages"].items()},
        regions=given.get("regions"),
    )
    pulumi.export(f"{name}.substitutions", association.substitutions)
    for region in given.get("render", []):
        pulumi.export(f"{name}.{region}", association.render(region))

for name in data.get("export", []):
    pulumi.export(f"{name}.images", packages[name].images)
