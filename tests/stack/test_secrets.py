"""No secret in state, logs or messages, and no template text in the state: everything that a run leaves is searched.

One thing is the engine's own: from `-v=9` on it writes every property that crosses its plugin protocol into its trace,
configuration secrets included, whatever the provider does. Those records are left out; whatever else a verbose run
prints, our process's output and messages among it, is searched like the rest.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from stack.cloud import Cloud
from stack.diffs import property_lines
from stack.engine import Result, Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

PROGRAM = """
import pulumi
import pulumi_computenest as computenest

config = pulumi.Config()
web = computenest.EcsImagePackage(
    "web",
    source=computenest.BuiltImage(
        region="cn-hangzhou",
        source_image="aliyun_3_x64_20G_alibase_20240528.vhd",
        command=config.require_secret("command"),
    ),
    regions=["cn-hangzhou", "cn-beijing"],
    description=config.require_secret("description"),
    tags={"pin": config.require_secret("tag")},
    timeout_s=10_000_000,
)
shop = computenest.ServiceImageAssociation(
    "shop", template="template.yaml", packages={"ecs_image_web": web}, regions=["cn-beijing"]
)
pulumi.export("images", web.images)
pulumi.export("substitutions", shop.substitutions)
pulumi.export("source", web.source)
"""
COMMENT = "only-this-template-says-so"
TEMPLATE = f"""\
ROSTemplateFormatVersion: '2015-09-01'
# {COMMENT}
Resources:
  Web:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: ecs_image_web
"""
ENGINE_TRACE = re.compile(r'"msg":"(Marshaling|Unmarshaling) property for RPC\[|"msg":"Planner decided to ')
COMMAND = "license-tool --activate kX9-build-command-secret"
COMMAND_2 = "license-tool --activate kY7-second-command-secret"


@dataclass
class Search:
    """Values that must never be seen in clear, and where they were seen."""

    secrets: dict[str, str]
    """What it is -> its value."""
    found: list[str] = field(default_factory=list)

    def text(self, where: str, text: str) -> None:
        for name, value in self.secrets.items():
            if any(form in text for form in _forms(value)):
                self.found.append(f"{name} in {where}")

    def run(self, result: Result) -> Result:
        lines = [line for line in result.text.splitlines() if not ENGINE_TRACE.search(line)]
        self.text(" ".join(result.command), "\n".join(lines))
        return result

    def folder(self, folder: Path) -> None:
        """Every file below: state, its backups and history, plugins' leftovers, the stack's configuration."""
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not file.is_symlink():
                self.text(str(file.relative_to(folder)), file.read_bytes().decode("utf-8", "replace"))


def _forms(value: str) -> set[str]:
    """A value as it is, as JSON writes it, in base64 and in a URL."""
    return {value, json.dumps(value)[1:-1], base64.b64encode(value.encode()).decode().rstrip("=")[:-1], quote(value)}


@dataclass
class Guarded:
    """A stack whose credentials and inputs are secrets, on a cloud named by its address."""

    cloud: Cloud
    stack: Stack
    search: Search

    def run(self, *command: str) -> Result:
        return self.search.run(self.stack.run(*command))

    def set_secrets(self, values: dict[str, str]) -> None:
        given = [word for key, value in values.items() for word in ("--secret", f"{key}={value}")]
        self.stack.run("config", "set-all", *given).succeeded()


@pytest.fixture
def guarded(cloud: Cloud, tmp_path: Path, engine: Path) -> Guarded:
    session = cloud.control("POST", "sts", {"account": "supplier", "expires_in_s": 100_000_000})
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    stack = Stack(
        tmp_path / "stack",
        engine,
        {"computenest:endpoints": cloud.endpoint},
        environment={"HOME": str(tmp_path)},
        program=program,
    )
    (stack.folder / "template.yaml").write_text(TEMPLATE)
    secrets = {
        "the access key's secret": session["access_key_secret"],
        "the security token": session["security_token"],
        "the build command": COMMAND,
        "the second build command": COMMAND_2,
        "the description": "description-nobody-may-read",
        "the tag": "tag-nobody-may-read",
    }
    found = Guarded(cloud, stack, Search(secrets))
    found.set_secrets(
        {
            "computenest:accessKey": session["access_key_id"],
            "computenest:secretKey": session["access_key_secret"],
            "computenest:securityToken": session["security_token"],
            "command": COMMAND,
            "description": secrets["the description"],
            "tag": secrets["the tag"],
        }
    )
    return found


def test_no_secret_is_seen_in_the_life_of_a_stack(guarded: Guarded) -> None:
    run, stack, search = guarded.run, guarded.stack, guarded.search
    run("preview", "--diff").succeeded()
    run("up", "--yes", "--diff").succeeded()
    search.text("stack export", json.dumps(stack.export()))
    shown = Search({"the build command": COMMAND})
    shown.text("stack export --show-secrets", json.dumps(stack.run("stack", "export", "--show-secrets").json))
    assert shown.found, "a search that finds nothing where everything is shown proves nothing"
    search.text("stack output", run("stack", "output", "--json").succeeded().text)
    search.folder(stack.folder)
    run("preview", "--json", "--expect-no-changes").succeeded()

    drift = {"build_property": build_property(COMMAND, SystemDiskSize=60), "description": "by hand"}
    artifact_id = stack.resources()["web"]["outputs"]["artifactId"]
    guarded.cloud.control("POST", "artifacts/edit", {"artifact_id": artifact_id, "set": drift})
    run("refresh", "--yes", "--diff").succeeded()
    search.text("stack export after refresh", json.dumps(stack.export()))

    guarded.set_secrets({"command": COMMAND_2})
    seen = run("preview", "--diff").succeeded().text
    assert len(property_lines(seen, "shop", "substitutions")) == 3, f"a secret input hides no substitution\n{seen}"
    run("up", "--yes", "--skip-preview", "--logtostderr", "-v=9").succeeded()
    search.text("stack export after update", json.dumps(stack.export()))
    run("destroy", "--yes", "--skip-preview", "--diff").succeeded()
    search.folder(stack.folder)
    assert search.found == []


def test_a_failure_shows_no_secret(guarded: Guarded) -> None:
    stack, search = guarded.stack, guarded.search
    fails = {"kind": "fail_build", "code": "BuildFailed", "message": "the script ended with 1"}
    guarded.cloud.faults({"match": {}, "times": 1, "effect": fails})
    said = guarded.run("up", "--yes", "--skip-preview", "--diff").failed()
    assert "BuildFailed" in said.text
    search.text("stack export", json.dumps(stack.export()))
    guarded.set_secrets({"description": "x" * 5000 + search.secrets["the description"]})
    guarded.run("preview", "--diff")
    guarded.set_secrets({"computenest:secretKey": "not-the-key" + search.secrets["the access key's secret"]})
    said = guarded.run("up", "--yes", "--skip-preview", "--logtostderr", "-v=9").failed()
    assert "SignatureDoesNotMatch" in said.text
    search.folder(stack.folder)
    assert search.found == []


def test_no_template_text_is_in_the_state(guarded: Guarded) -> None:
    stack = guarded.stack
    stack.run("up", "--yes", "--skip-preview").succeeded()
    assert COMMENT in (stack.folder / "template.yaml").read_text()
    search = Search({"the template": COMMENT, "its first line": "ROSTemplateFormatVersion"})
    search.text("stack export", json.dumps(stack.run("stack", "export", "--show-secrets").succeeded().json))
    search.folder(stack.folder / "state")
    assert search.found == []
    assert stack.resources()["shop"]["outputs"]["template"]["format"] == "ros-yaml"


def build_property(command: str, **more: object) -> dict[str, object]:
    return {
        "RegionId": "cn-hangzhou",
        "SourceImageId": "aliyun_3_x64_20G_alibase_20240528.vhd",
        "CommandType": "RunShellScript",
        "CommandContent": command,
        **more,
    }
