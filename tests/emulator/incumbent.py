"""The incumbent, computenest-cli 1.9.17, as one more client of the embedded cloud: a process in its own environment.

The package is unmodified; where its requests go is decided by redirect/sitecustomize.py.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from emulator.harness import Cloud, environment
from made import made

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
REDIRECT = Path(__file__).with_name("redirect")
# Not its console script: without the redirection, which Python looks for by itself, nothing may run.
PROGRAM = "import sitecustomize, sys; assert sitecustomize.ENDPOINT; from computenestcli.main import cli; cli()"
TIMEOUT_S = 100


def interpreter() -> str:
    """The Python of the environment that holds it, made if it has to be."""
    return str(made("tools/computenest-cli"))


@dataclass(frozen=True)
class Project:
    """A public service as its repository holds it, in a folder of the test's own."""

    name: str
    folder: Path

    @classmethod
    def of_corpus(cls, name: str, folder: Path) -> Project:
        """Its configuration and templates. Pictures and scripts that the corpus does not hold are made up: the cloud
        only stores them."""
        target = folder / name
        for kind in ("ros", "config"):
            shutil.copytree(CORPUS / kind / name / ".computenest", target / ".computenest", dirs_exist_ok=True)
        project = cls(name, target)
        for path in _texts(project.config):
            if path.startswith("resources/") and not (target / ".computenest" / path).exists():
                (target / ".computenest" / path).parent.mkdir(parents=True, exist_ok=True)
                (target / ".computenest" / path).write_bytes(b"made up by the test")
        return project

    @property
    def config(self) -> Any:
        return yaml.safe_load((self.folder / ".computenest/config.yaml").read_text("utf-8"))

    @property
    def artifact(self) -> Any:
        (found,) = self.config["Artifact"].values()
        return found

    @property
    def templates(self) -> dict[str, bytes]:
        """Name -> bytes."""
        listed = self.config["Service"]["DeployMetadata"]["TemplateConfigs"]
        return {entry["Name"]: (self.folder / ".computenest" / entry["Url"]).read_bytes() for entry in listed}

    def bring_in(self, cloud: Cloud, python: str, *options: str) -> str:
        """`computenest-cli import`; what it printed."""
        return self.run(cloud, python, "import", "--service_name", self.name, *options)

    def run(self, cloud: Cloud, python: str, *command: str) -> str:
        """One of its commands, by the supplier. It must end well."""
        keys = cloud.handle["accounts"]["supplier"]
        credentials = ["--access_key_id", keys["access_key_id"], "--access_key_secret", keys["access_key_secret"]]
        env = {"PYTHONPATH": str(REDIRECT), "EMBEDDED_CLOUD": cloud.handle["endpoint"], "HOME": str(self.folder)}
        done = subprocess.run(
            [python, "-c", PROGRAM, *command, *credentials],
            cwd=self.folder,
            env={**environment(), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
        )
        assert done.returncode == 0, "\n".join(done.stdout.splitlines()[-30:])
        return done.stdout


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for entry in value.values():
            yield from _texts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)
    elif isinstance(value, str):
        yield value
