"""The documented way from computenest-cli on the embedded cloud: the program that `import-config` writes into a
subfolder meets the project's own cloud, where the service is, and no second one."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.cloud import Cloud
from stack.engine import NOT_INHERITED, Stack
from stack.importing import keep_with_cli
from stack.installed import installed
from stack.test_import_config import NAME, own

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


IMPORT = ("import-config", "config.yaml", "--output", "infra", "--config", "computenest:cloud=local")


class Imported(Stack):
    """A stack in the folder that `import-config` wrote."""

    def __post_init__(self) -> None:
        (self.folder / "state").mkdir()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project of computenest-cli, whose embedded cloud ends with the test."""
    own(tmp_path / "project")
    yield tmp_path / "project"
    computenest(tmp_path / "project", "cloud", "stop")


def computenest(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith(NOT_INHERITED)}
    program = str(installed() / "computenest")
    return subprocess.run([program, *command], cwd=folder, env=env, capture_output=True, text=True, timeout=120)


def clouds(folder: Path) -> list[Path]:
    return sorted(folder.rglob("cloud.json"))


def test_the_program_in_a_subfolder_meets_the_projects_own_cloud(project: Path, engine: Path) -> None:
    started = computenest(project, "cloud", "start", "--time-scale", "1000")
    assert started.returncode == 0, started.stderr
    (handle,) = clouds(project)
    cloud = Cloud.found(handle)
    ids = keep_with_cli(cloud, project / "config.yaml", name=NAME)

    run = computenest(
        project, "import-config", "config.yaml", "--output", "infra", "--config", "computenest:cloud=local"
    )
    assert run.returncode == 0, run.stderr
    assert "was started" not in run.stdout + run.stderr, "it runs already"
    stack = Imported(project / "infra", engine, {})
    for command in (
        ("stack", "init", "dev"),
        ("config", "set", "computenest:cloud", "local"),
        ("config", "set", "computenest:region", "cn-hangzhou"),
        ("import", "--file", "import.json", "--generate-code=false", "--protect=false", "--yes"),
    ):
        said = stack.run(*command).succeeded().text
        assert "was started" not in said, command
    assert ids["Web"] in {one.get("id") for one in stack.resources().values()}
    preview = stack.run("preview", "--expect-no-changes").succeeded().text
    assert "was started" not in preview
    assert clouds(project) == [handle], "one cloud a project"
    assert json.loads(handle.read_text())["pid"] == cloud.handle["pid"]


def test_a_cloud_that_the_command_starts_is_announced_and_found_again(project: Path, engine: Path) -> None:
    """Where none runs yet; the case that met a second, empty one."""
    run = computenest(
        project, "import-config", "config.yaml", "--output", "infra", "--config", "computenest:cloud=local"
    )
    assert run.returncode == 0, run.stderr
    (handle,) = clouds(project)
    said = run.stdout + run.stderr
    assert f"the embedded cloud was started at {json.loads(handle.read_text())['endpoint']} (in real time)" in said
    stack = Imported(project / "infra", engine, {})
    stack.run("stack", "init", "dev").succeeded()
    stack.run("config", "set", "computenest:cloud", "local").succeeded()
    assert "was started" not in stack.run("preview").text
    assert clouds(project) == [handle], "one cloud a project"
