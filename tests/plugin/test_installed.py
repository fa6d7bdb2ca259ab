"""The wheel, installed alone: it holds all that it needs, none of what only its makers need, and the runs are its."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from plugin.stacks import YamlStack, package, plugins
from stack.cloud import Cloud
from stack.engine import ROOT, Stack
from stack.installed import installed
from stack.killing import MOMENTS, held
from stack.processes import end, hosts
from stack.wishes import GOLD_1
from stack.wishes import package as dynamic_package

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

ASK = """
import importlib.metadata as metadata, importlib.util as util, json, computenest, computenest_cloud, pulumi_computenest
own = [m.__file__ for m in (computenest, computenest_cloud, pulumi_computenest)]
makers = [n for n in ("pytest", "hypothesis", "mypy", "selenium", "hatchling", "oss2", "Tea") if util.find_spec(n)]
origin = metadata.distribution("pulumi-computenest").read_text("direct_url.json")
print(json.dumps({"own": own, "makers": makers, "origin": json.loads(origin)}))
"""


def test_the_environment_holds_the_wheel_and_what_it_asks_for(tmp_path: Path) -> None:
    asked = subprocess.run(
        [installed() / "python", "-I", "-c", ASK], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    found = json.loads(asked.stdout)
    assert all(Path(file).is_relative_to(installed().parent) for file in found["own"]), found
    assert not any(Path(file).is_relative_to(ROOT) for file in found["own"])
    assert set(found["makers"]) <= {"Tea"}  # the signing client's own
    assert "dir_info" not in found["origin"], "a wheel, no editable tree"
    assert found["origin"]["url"].endswith(".whl")
    check = [ROOT / ".venv/bin/uv", "pip", "check", "--offline", "--python", installed() / "python"]
    assert subprocess.run(check, capture_output=True, text=True).returncode == 0


def test_the_runs_of_both_transports_are_the_wheels(
    start_cloud: Callable[..., Cloud], make_stack: Callable[..., Stack], make_yaml: Callable[..., YamlStack]
) -> None:
    cloud = start_cloud(time_scale=20)
    dynamic, plugin = make_stack(cloud, is_cold=True), make_yaml(cloud)
    dynamic.declare(packages={"web": dynamic_package(GOLD_1)})
    plugin.write({"web": package()})
    for stack, below in ((dynamic, hosts), (plugin, plugins)):
        with held(cloud, stack, MOMENTS["the first look"]) as run:
            below_it = {pid: (Path("/proc") / str(pid) / "maps").read_text() for pid in below(run.pid)}
            told = [(Path("/proc") / str(pid) / "environ").read_text().split("\0") for pid in below_it]
            end(run.pid, *below_it)
        run.communicate(timeout=300)
        assert below_it
        for loaded in below_it.values():
            assert f"{installed().parent}/lib/" in loaded
            assert f"{ROOT}/" not in loaded, "nothing is loaded from the tree"
        # The engine tells a plugin the project, and no organization (docs/plugin.md, "Identity"). Where this fails
        # because a newer one does, the servicer should listen to it.
        for environment in told:
            assert "PULUMI_PROJECT=story" in environment
            assert not any(line.startswith("PULUMI_ORGANIZATION") for line in environment)
