"""From nothing to a distributed package: what `computenest init` writes and names next; and what it needs of RAM."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from computenest.cloud.control import Control
from computenest.cloud.local import LocalCloud
from stack.engine import Stack, engine_folder

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


def test_a_project_of_ones_own(tmp_path: Path) -> None:
    """Each command is one of those that `computenest init` itself names."""
    engine = Stack(folder=tmp_path / "elsewhere", engine=engine_folder(), config={})
    folder = tmp_path / "my shop"
    env = engine.env | {"COMPUTENEST_CLOUD_DIR": ""}

    def run(*words: str, where: Path = folder) -> str:
        done = subprocess.run(words, cwd=where, env=env, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    said = run("computenest", "init", folder.name, where=tmp_path)
    assert "computenest cloud start --time-scale 300" in said
    assert "pulumi stack init dev" in said
    try:
        run("computenest", "cloud", "start", "--time-scale", "600")
        run("pulumi", "stack", "init", "dev", "--non-interactive")
        preview = run("pulumi", "preview", "--json", "--non-interactive")
        (folder / "preview.json").write_text(preview)
        allowed = json.loads(run("computenest", "permissions", "preview.json"))["Statement"][0]["Action"]
        run("pulumi", "up", "--yes", "--skip-preview", "--non-interactive")
        outputs = json.loads(run("pulumi", "stack", "output", "--json"))
        assert sorted(outputs["images"]["web"]) == ["cn-beijing", "cn-hangzhou"]
        assert outputs["service"].startswith("service-")
        (folder / "state.json").write_text(run("pulumi", "stack", "export"))
        run("computenest", "logs", "web", "state.json")  # the selected stack says which cloud
        assert run("computenest", "orphans", "state.json").startswith("no orphans of ")
        for options, graph, code in (((), "", 1), (("--show-sames",), "flowchart LR", 0)):
            (folder / "sames.json").write_text(run("pulumi", "preview", "--json", "--non-interactive", *options))
            for command, printed in (("graph", graph), ("permissions", graph and "{")):
                done = subprocess.run(
                    ["computenest", command, "sames.json"], cwd=folder, env=env, capture_output=True, text=True
                )
                assert (done.returncode, done.stdout[: len(printed)]) == (code, printed)
                assert ("--show-sames" in done.stderr) is bool(code)
        policy = json.loads(run("computenest", "permissions", "sames.json"))
        assert policy["Statement"][0]["Action"] == allowed
        run("pulumi", "refresh", "--yes", "--non-interactive")
        run("pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive")
        by_orphans = {"GetCallerIdentity", "DescribeContainerGroups"}  # asks for what no state knows of, too
        assert called(folder) <= {name.partition(":")[2] for name in allowed} | by_orphans
    finally:
        LocalCloud(folder / ".computenest" / "cloud").stop()


def called(folder: Path) -> set[str]:
    """What the stack asked the embedded cloud for, by name; the cloud's own calls are not among it."""
    handle = LocalCloud(folder / ".computenest" / "cloud").running()
    assert handle is not None
    calls = Control(handle).get("calls")
    found = {call["action"] for call in calls["last"] if call["service"] != "oss" and not call["is_internal"]}
    assert {"CreateArtifact", "CreateService", "DeleteService"} <= found
    return found


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    engine = Stack(folder=tmp_path / "elsewhere", engine=engine_folder(), config={})
    (tmp_path / "template.yaml").write_text("mine")
    words = ["computenest", "init", "--name", "shop"]
    done = subprocess.run(words, cwd=tmp_path, env=engine.env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "template.yaml exists in '.'" in done.stderr
    assert (tmp_path / "template.yaml").read_text() == "mine"
    assert not (tmp_path / "Pulumi.yaml").exists()
