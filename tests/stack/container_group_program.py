"""Container groups as stack.json says, with the dynamic transport."""

import json
from pathlib import Path

import pulumi

import pulumi_computenest as computenest

data = json.loads(Path("stack.json").read_text())

images = {
    name: computenest.ContainerImagePackage(
        name, source=computenest.OciLayout(path=given["path"]), timeout_s=given["timeout_s"]
    )
    for name, given in data.get("images", {}).items()
}

for name, given in data["groups"].items():
    arguments = dict(given)
    arguments["containers"] = [
        computenest.Container(
            **{key: value for key, value in each.items() if key not in ("secret", "ports", "package")},
            package=images[each["package"]].reference if "package" in each else None,
            ports=[computenest.Port(**port) for port in each.get("ports", [])] or None,
            environment={key: pulumi.Output.secret(value) for key, value in each.get("secret", {}).items()} or None,
        )
        for each in given["containers"]
    ]
    group = computenest.ContainerGroup(name, **arguments)
    pulumi.export(name, {"address": group.address, "status": group.status})
