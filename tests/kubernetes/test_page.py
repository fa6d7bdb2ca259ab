"""The first commands of docs/kubernetes.md, as they stand there: a cluster on this machine, and what names it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from stack.documented import run, shown
from stack.engine import ROOT
from stack.installed import installed


def made(*command: str) -> str:
    done = subprocess.run([ROOT / "tools/kubernetes" / command[0], *command[1:]], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_two_commands_make_a_cluster_that_is_spoken_to(tmp_path: Path) -> None:
    env = {**os.environ, "COMPUTENEST_CLOUD_DIR": str(tmp_path / "cloud"), "XDG_STATE_HOME": str(tmp_path)}
    env["COMPUTENEST_KUBERNETES"] = made("build")  # a wheel has no tools: docs/kubernetes.md
    env["PATH"] = os.pathsep.join([str(installed()), made("helm", "4"), env["PATH"]])
    [commands] = shown("docs/kubernetes.md", "Two commands")
    try:
        said = run(f"{commands}\nhelm list --all-namespaces --output json", where=tmp_path, env=env)
        assert said.endswith("[]\n")
        assert "cluster main" in said
    finally:
        run("computenest cloud stop", where=tmp_path, env=env)
