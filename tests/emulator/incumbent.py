"""The incumbent, computenest-cli 1.9.17, as one more client of the embedded cloud: a process in its own environment.

The package is unmodified; where its requests go is decided by redirect/sitecustomize.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from emulator.harness import Cloud, environment
from made import Lines, made

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
REDIRECT = Path(__file__).with_name("redirect")
# Not its console script: without the redirection, which Python looks for by itself, nothing may run. It is loaded once,
# which takes longer than most commands; each command is a process of its own.
PROGRAM = """
import json, os, sys, sitecustomize
from computenestcli.main import cli
assert sitecustomize.ENDPOINT
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if not child:
        os.chdir(asked["folder"])
        os.environ["HOME"], sys.argv[1:] = asked["folder"], asked["words"]
        said = os.open(asked["said"], os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        os.dup2(said, 1), os.dup2(said, 2)
        cli()
        os._exit(0)
    print(json.dumps({"code": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}), flush=True)
"""


@cache
def _program(python: str, endpoint: str) -> Lines:
    env = {**environment(), "PYTHONPATH": str(REDIRECT), "EMBEDDED_CLOUD": endpoint}
    return Lines([python, "-c", PROGRAM], env)


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
        key, secret = cloud.keys()
        words = [*command, "--access_key_id", key, "--access_key_secret", secret]
        said = self.folder / "said"
        asked = {"folder": str(self.folder), "words": words, "said": str(said)}
        done = _program(python, cloud.endpoint).ask(asked)
        text = said.read_text()
        assert done["code"] == 0, "\n".join(text.splitlines()[-30:])
        return text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for entry in value.values():
            yield from _texts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)
    elif isinstance(value, str):
        yield value
