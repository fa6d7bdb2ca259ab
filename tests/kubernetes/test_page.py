"""The first commands of docs/kubernetes.md, as they stand there: a cluster on this machine, and what names it."""

from __future__ import annotations

import os
from pathlib import Path

from made import made
from stack.documented import run, shown
from stack.installed import installed


def test_two_commands_make_a_cluster_that_is_spoken_to(tmp_path: Path) -> None:
    env = {**os.environ, "COMPUTENEST_CLOUD_DIR": str(tmp_path / "cloud"), "XDG_STATE_HOME": str(tmp_path)}
    env["COMPUTENEST_KUBERNETES"] = str(made("tools/kubernetes/build"))  # a wheel has no tools: docs/kubernetes.md
    env["PATH"] = os.pathsep.join([str(installed()), str(made("tools/kubernetes/helm", "4")), env["PATH"]])
    [commands] = shown("docs/kubernetes.md", "Two commands")
    try:
        said = run(f"{commands}\nhelm list --all-namespaces --output json", where=tmp_path, env=env)
        assert said.endswith("[]\n")
        assert "cluster main" in said
    finally:
        run("computenest cloud stop", where=tmp_path, env=env)
