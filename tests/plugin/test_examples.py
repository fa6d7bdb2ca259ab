"""The same stack in four languages, as the examples have it: up, a region added, refreshed, taken over by import into
an empty stack, destroyed, nothing left."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from plugin.stacks import host_folder
from stack.cloud import Cloud
from stack.diffs import property_lines
from stack.engine import ROOT, Stack
from stack.installed import installed

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

LANGUAGES = {"yaml": "Pulumi.yaml", "python": "__main__.py", "typescript": "index.ts", "go": "main.go"}
HOSTS = {"yaml": "yaml", "typescript": "nodejs", "go": "go"}
LONG = pytest.mark.long


@dataclass
class Example(Stack):
    """An example's folder, copied, with its paths into this tree made absolute."""

    language: str = "yaml"

    def lay_out(self) -> None:
        shutil.copytree(
            ROOT / f"examples/plugin-{self.language}", self.folder, ignore=shutil.ignore_patterns("node_modules")
        )
        for name in ("Pulumi.yaml", "package.json", "go.mod"):
            if (file := self.folder / name).exists():
                text = file.read_text().replace("../../.venv", str(installed().parent))
                file.write_text(text.replace("../../", f"{ROOT}/"))

    @property
    def env(self) -> dict[str, str]:
        found = super().env
        hosts = [str(host_folder(HOSTS[self.language]))] if self.language in HOSTS else []
        return {**found, "PATH": os.pathsep.join([*hosts, found["PATH"]])}

    def install(self) -> None:
        """What the language's own tools have to fetch or build before the engine runs the program."""
        if self.language == "typescript":
            self._tool("npm", "install", "--no-audit", "--no-fund")

    def _tool(self, *command: str) -> None:
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def add_region(self) -> None:
        program = self.folder / LANGUAGES[self.language]
        text = program.read_text()
        changed = text.replace('"cn-shanghai"]', '"cn-shanghai", "cn-chengdu"]').replace(
            '"cn-shanghai"}', '"cn-shanghai", "cn-chengdu"}'
        )
        program.write_text(changed.replace("cn-shanghai]", "cn-shanghai, cn-chengdu]"))
        assert program.read_text() != text


@pytest.mark.parametrize(
    "language", ["yaml", "python", pytest.param("typescript", marks=LONG), pytest.param("go", marks=LONG)]
)
def test_the_example_lives(language: str, cloud: Cloud, engine: Path, tmp_path: Path) -> None:
    def make(name: str) -> Example:
        config = {**cloud.config, "computenest:pollIntervalS": "2"}
        return Example(tmp_path / name, engine, config, environment=cloud.environment, language=language)

    stack = make("first")
    stack.install()
    stack.up().succeeded()
    outputs = stack.outputs()
    beijing = outputs["images"]["cn-beijing"]
    assert f"ImageId: {beijing} # a marker" in outputs["rendered"]
    stack.add_region()
    seen = stack.preview().succeeded().text
    assert property_lines(seen, "web", "distribution") == ['+ cn-chengdu: "copy of m-bp1gold0000000000001"'], seen
    assert property_lines(seen, "shop", "substitutions") == ["~ ecs_image_web: {", "+ cn-chengdu: [unknown]"], seen
    stack.up().succeeded()
    assert stack.outputs()["images"]["cn-beijing"] == beijing
    stack.refresh().succeeded()
    artifact_id = stack.resources()["web"]["id"]

    other = make("other")
    other.install()
    other.add_region()
    imported = ("computenest:index:EcsImagePackage", "web", artifact_id)
    other.run("import", *imported, "--yes", "--skip-preview", "--protect=false", "--generate-code=false").succeeded()
    steps = {step["urn"].rpartition("::")[2]: step["op"] for step in other.preview_json()["steps"]}
    assert "web" not in steps, "nothing is to be done to what was taken over"
    assert steps["shop"] == "create"
    other.up().succeeded()
    assert other.outputs()["images"]["cn-beijing"] == beijing
    other.up("--expect-no-changes").succeeded()
    other.destroy().succeeded()
    assert cloud.ledger()["is_empty"]
