"""The real Pulumi engine on a throw-away project: write a program's data, run a command, read what it says."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from made import ROOT, made
from stack import warmth
from stack.described import MODULES
from stack.installed import installed

__all__ = ["NOT_INHERITED", "PROGRAM", "ROOT", "TIMEOUT_S", "Result", "Stack", "engine_folder"]

PROGRAM = Path(__file__).with_name("program.py")
TIMEOUT_S = 240
NOT_INHERITED = ("PULUMI_", "ALIBABA_", "COMPUTENEST_", "PYTHON", "VIRTUAL_ENV")


def engine_folder() -> Path:
    """The folder of the engine, built if it has to be (see tools/pulumi)."""
    return made("tools/pulumi/build")


@dataclass(frozen=True)
class Result:
    """One run of the engine: `text` is everything it printed, without colours."""

    command: tuple[str, ...]
    code: int
    text: str
    output: str

    def succeeded(self) -> Result:
        assert self.code == 0, f"{' '.join(self.command)} ended with {self.code}\n{self.text}"
        return self

    def failed(self) -> Result:
        assert self.code != 0, f"{' '.join(self.command)} did not fail\n{self.text}"
        return self

    @property
    def json(self) -> Any:
        return json.loads(self.output)


@dataclass
class Stack:
    """One project with one stack on a file backend of its own."""

    folder: Path
    engine: Path
    config: dict[str, str]
    name: str = "dev"
    environment: dict[str, str] = field(default_factory=dict)
    program: Path = PROGRAM
    lock: str = ""
    """Whose versions the program and its hosts run on; see tools/lock."""
    is_cold: bool = False
    """Whether each run starts its interpreters, asks pip what plugins there are and derives its key, as for users."""

    def __post_init__(self) -> None:
        self.lay_out()
        lines = "".join(f"  {key}: {json.dumps(value)}\n" for key, value in sorted(self.config.items()))
        (self.folder / f"Pulumi.{self.name}.yaml").write_text("config:\n" + lines)
        if self.is_cold:
            (self.folder / "state").mkdir()
            self.run("stack", "init", self.name).succeeded()
        else:
            self._begin()

    def lay_out(self) -> None:
        """The project's files."""
        self.folder.mkdir(parents=True)
        (self.folder / "Pulumi.yaml").write_text("name: story\nruntime: python\n")
        (self.folder / "__main__.py").write_text(self.program.read_text())

    def _begin(self) -> None:
        """What `pulumi stack init` leaves, which takes half a second of a processor."""
        with (self.folder / f"Pulumi.{self.name}.yaml").open("a") as settings:
            settings.write(warmth.SETTINGS)
        backend = self.folder / "state/.pulumi"
        kept = backend / f"stacks/{self.project}/{self.name}.json"
        kept.parent.mkdir(parents=True)
        kept.write_text(json.dumps({"version": 3, "checkpoint": {"stack": f"organization/{self.project}/{self.name}"}}))
        (backend / "meta.yaml").write_text("version: 1\n")
        place = hashlib.sha1(str(self.folder / "Pulumi.yaml").encode(), usedforsecurity=False).hexdigest()
        selected = self.folder / f"home/workspaces/{self.project}-{place}-workspace.json"
        selected.parent.mkdir(parents=True)
        selected.write_text(json.dumps({"stack": f"organization/{self.project}/{self.name}"}))

    def use_plugin(self) -> None:
        """The plugin as the wheel installs it serves the Python program from now on."""
        provider = f"plugins:\n  providers:\n    - name: computenest\n      path: {installed()}\n"
        (self.folder / "Pulumi.yaml").write_text(f"name: story\nruntime: python\n{provider}")

    @property
    def project(self) -> str:
        return str(yaml.safe_load((self.folder / "Pulumi.yaml").read_text())["name"])

    @property
    def env(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(NOT_INHERITED)}
        inherited = {k: v for k, v in inherited.items() if not k.lower().endswith("_proxy")}
        mine = str(Path(sys.executable).parent)  # the environment of the tests: no run may see it
        others = [folder for folder in os.environ["PATH"].split(os.pathsep) if folder != mine]
        return {
            **inherited,
            "PATH": os.pathsep.join([str(installed(self.lock)), str(self.engine), *others]),
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}?metadata=skip",  # README, "After a crash"
            "PULUMI_CONFIG_PASSPHRASE": "story",
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",  # asks the network, and waits for it up to 5 s
            **({} if self.is_cold else self._warm),
            **warmth.keeper(),
            **self.environment,
        }

    @property
    def _warm(self) -> dict[str, str]:
        return {"PYTHONPATH": str(warmth.INTERPRETER), warmth.ADDRESS: warmth.interpreter(self.lock)}

    def declare(self, **data: Any) -> None:
        """What the program declares from now on; see program.py."""
        (self.folder / "stack.json").write_text(json.dumps(data, indent=1))

    def describe(self, resources: dict[str, Any], *, module: str = MODULES["dynamic"], **outputs: Any) -> None:
        """What the program makes from now on; see described.py."""
        self.declare(module=module, resources=resources, outputs=outputs)

    def start(self, *command: str, is_struck: bool = False) -> subprocess.Popen[str]:
        """Begins a run; whoever strikes its processes finds the interpreters' work in them."""
        env = {name: value for name, value in self.env.items() if not (is_struck and name == warmth.ADDRESS)}
        return subprocess.Popen(
            ["pulumi", *command, "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str, timeout_s: float = TIMEOUT_S) -> Result:
        with self.start(*command) as process:
            try:
                out, err = process.communicate(timeout=timeout_s)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return Result(("pulumi", *command), process.returncode, out + err, out)

    def command(self, *command: str) -> str:
        """What another command of this environment prints, in the project's folder."""
        result = subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
        )
        assert result.returncode == 0, f"{' '.join(command)} ended with {result.returncode}\n{result.stderr}"
        return result.stdout

    def up(self, *options: str) -> Result:
        return self.run("up", "--yes", "--skip-preview", "--parallel", "64", *options)

    def change(self) -> str:
        """The diff of the preview that `up` begins with, as people run it; messages are not among it."""
        text = self.run("up", "--yes", "--diff", "--parallel", "64").succeeded().text
        preview, updating, _ = text.partition("\nUpdating (")
        assert updating, text
        return preview

    def preview(self, *options: str) -> Result:
        return self.run("preview", "--diff", *options)

    def preview_json(self) -> Any:
        return self.run("preview", "--json").succeeded().json

    def is_unchanged(self) -> None:
        """Neither the cloud nor the program has anything new."""
        self.run("preview", "--refresh", "--expect-no-changes").succeeded()

    def refresh(self) -> Result:
        return self.run("refresh", "--yes", "--skip-preview", "--parallel", "64")

    def destroy(self) -> Result:
        return self.run("destroy", "--yes", "--skip-preview", "--parallel", "64")

    def outputs(self) -> Any:
        return self.run("stack", "output", "--json", "--show-secrets").succeeded().json

    def export(self) -> Any:
        """What `pulumi stack export` prints, from the file that it reads: half a second less, hundreds of times."""
        state = json.loads((self.folder / f"state/.pulumi/stacks/{self.project}/{self.name}.json").read_text())
        return {"version": state["version"], "deployment": state["checkpoint"].get("latest") or {}}

    def resources(self) -> dict[str, Any]:
        """The state's resources by logical name."""
        found = self.export()["deployment"].get("resources", [])
        return {item["urn"].rpartition("::")[2]: item for item in found}
