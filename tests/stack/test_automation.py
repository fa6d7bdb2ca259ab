"""The example of automated updates: preview, report, up; and where nothing is to be done, nothing is done."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stack.cloud import Cloud
from stack.engine import ROOT, Stack
from stack.installed import installed
from stack.wishes import GOLD_1, REGIONS, association, package

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


def automate(stack: Stack, report: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        installed() / "python",
        ROOT / "examples/automation/automate.py",
        stack.folder,
        stack.name,
        report,
        *options,
    ]
    return subprocess.run(command, env=stack.env, capture_output=True, text=True, timeout=120, check=False)


def test_a_pull_request_is_reported_and_then_done_once(cloud: Cloud, stack: Stack, tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    markers = {"ecs_image_web": "web", "ecs_image_gateway": "web"}
    stack.declare(packages={"web": package(GOLD_1)}, associations={"shop": association(markers)})

    dry = automate(stack, report, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "`+` copy of m-bp1gold0000000000001" in report.read_text()
    assert "CreateArtifact" not in cloud.calls()["counts"]

    done = automate(stack, report)
    assert done.returncode == 0, done.stderr
    assert cloud.calls()["counts"]["CreateArtifact"] == 1

    again = automate(stack, report)
    assert again.returncode == 0, again.stderr
    assert "nothing to do" in again.stdout
    assert "No changes." in report.read_text()
    assert cloud.calls()["counts"]["CreateArtifact"] == 1

    stack.declare(
        packages={"web": package(GOLD_1, [*REGIONS, "cn-chengdu"])}, associations={"shop": association(markers)}
    )
    assert automate(stack, report, "--dry-run").returncode == 0
    text = report.read_text()
    assert "`+` copy of m-bp1gold0000000000001" in text
    assert text.count("`+` *unknown*") == 2, text
    assert "2 unknown until `pulumi up`" in text
