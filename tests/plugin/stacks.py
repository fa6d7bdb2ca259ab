"""Stacks of plugin resources: a YAML program written from data, on the real engine and the embedded cloud."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from made import made
from stack.described import MODULES, camel, in_yaml
from stack.engine import Stack
from stack.installed import installed
from stack.processes import descendants
from stack.wishes import GOLD_1, LONG_S, REGIONS, TEMPLATE

__all__ = ["MARKER", "ONE_MARKER", "YamlStack", "camel", "host_folder", "package", "plugins", "reference", "shop"]

MARKER = "ecs_image_web"
ONE_MARKER = TEMPLATE.replace("ecs_image_gateway", MARKER)


def host_folder(name: str) -> Path:
    """The folder of a language host, built if it has to be."""
    return made("tools/pulumi/host", name)


def package(source: dict[str, Any] = GOLD_1, regions: list[str] | None = None, **more: Any) -> dict[str, Any]:
    """A package as a YAML program declares it."""
    options = {"options": more.pop("options")} if "options" in more else {}
    return {
        "type": "computenest:EcsImagePackage",
        "properties": {
            "source": camel(source),
            "regions": REGIONS if regions is None else regions,
            "timeoutS": LONG_S,
            **more,
        },
        **options,
    }


def reference(name: str) -> dict[str, str]:
    """What an association needs of the package `name`."""
    return {key: f"${{{name}.{key}}}" for key in ("images", "artifactId", "version")}


def shop(packages: dict[str, Any] | None = None, template: str = ONE_MARKER) -> dict[str, Any]:
    """An association as a YAML program declares it."""
    return {
        "type": "computenest:ServiceImageAssociation",
        "properties": {
            "template": template,
            "templateName": "template.yaml",
            "packages": {MARKER: reference("web")} if packages is None else packages,
        },
    }


@dataclass
class YamlStack(Stack):
    """A stack whose program is YAML and whose provider is the plugin as the wheel installs it."""

    provider: Path = field(default_factory=installed)
    """The folder of `pulumi-resource-computenest`, or of PulumiPlugin.yaml."""

    def __post_init__(self) -> None:
        self.config = {"computenest:pollIntervalS": "2", **self.config}
        super().__post_init__()

    def lay_out(self) -> None:
        self.write({})

    @property
    def env(self) -> dict[str, str]:
        found = super().env
        return {**found, "PATH": os.pathsep.join([str(host_folder("yaml")), found["PATH"]])}

    def describe(self, resources: dict[str, Any], *, module: str = MODULES["plugin"], **outputs: Any) -> None:
        del module
        plain = json.loads(json.dumps({"resources": resources, "outputs": outputs}))  # nothing twice: an alias in YAML
        self.write(**in_yaml(plain))

    def write(self, resources: dict[str, Any], **more: Any) -> None:
        """What the program declares from now on."""
        self.folder.mkdir(parents=True, exist_ok=True)
        program = {
            "name": "story",
            "runtime": "yaml",
            "plugins": {"providers": [{"name": "computenest", "path": str(self.provider)}]},
            "resources": resources,
            **more,
        }
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(program, sort_keys=False))


def plugins(engine_pid: int) -> list[int]:
    """The plugin processes below an engine."""
    return [pid for pid, command in descendants(engine_pid).items() if "pulumi-resource-computenest" in command]
