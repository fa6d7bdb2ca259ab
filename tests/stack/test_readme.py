"""The first program that README shows, as it stands, on an embedded cloud whose reviewer is a person."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.cloud import Cloud
from stack.diffs import changed_properties
from stack.engine import ROOT, Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

REVIEWED = 120.0  # the program's timeouts are the defaults: half a minute of this clock, at least


def shown() -> str:
    """Behind the heading `A program`."""
    text = (ROOT / "README.md").read_text()
    found = re.search(r"^## A program\n.*?```python\n(.*?)```", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("transport", ["dynamic", "plugin"])
def test_the_program_runs_as_it_stands(
    start_cloud: Callable[..., Cloud], make_stack: Callable[..., Stack], tmp_path: Path, transport: str
) -> None:
    """Of the plugin with the one line changed by which a stack moves over."""
    text = shown()
    if transport == "plugin":
        assert text.count("import pulumi_computenest as computenest\n") == 1
        text = text.replace("import pulumi_computenest as", "import pulumi_computenest.plugin as")
    program = tmp_path / "readme.py"
    program.write_text(text)
    cloud = start_cloud(time_scale=REVIEWED)
    stack = make_stack(cloud, program=program)
    if transport == "plugin":
        stack.use_plugin()
    stack.preview().succeeded()
    assert "it waits (status Waiting)" in stack.up().succeeded().text
    assert stack.outputs() == {"images": {}}
    for _ in range(2):
        stack.run("preview", "--expect-no-changes").succeeded()
        stack.up("--expect-no-changes").succeeded()
    command = ["computenest", "cloud", "approve"]
    done = subprocess.run(command, cwd=stack.folder, env=stack.env, capture_output=True, text=True, check=True)
    assert done.stdout == "approved: 1\n"
    said = stack.preview().succeeded().text
    assert changed_properties(said, "trial"), said
    assert "+-" not in said, "nothing is replaced"
    stack.up().succeeded()
    state = stack.resources()["trial"]["outputs"]
    assert stack.outputs() == {"images": {"Web": stack.resources()["web"]["outputs"]["images"]["cn-beijing"]}}
    assert (state["status"], state["serviceVersion"]) == ("Deployed", "1")
    stack.run("preview", "--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]
