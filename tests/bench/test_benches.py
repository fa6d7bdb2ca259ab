"""Every bench runs, as from a fresh clone: by its path alone, from any folder, here in its smallest form."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

FOLDER = Path(__file__).parent
SMALLEST = {
    "bench_clusters": ("2", "2"),
    "bench_delivery": ("1", "1"),
    "bench_distribution": ("1",),
    "bench_plugin": ("1", "20000", "1"),
    "bench_plugin_stack": ("1", "cn-hangzhou", "1"),
    "bench_preview": ("1", "few"),
    "bench_push": ("1", "1", "1"),
    "bench_template": ("--most", "2"),
}


def test_every_bench_is_here() -> None:
    assert {file.stem for file in FOLDER.glob("bench_*.py")} == SMALLEST.keys()


@pytest.mark.parametrize("name", SMALLEST)
def test_a_bench_prints_its_table(name: str, tmp_path: Path) -> None:
    command = [sys.executable, FOLDER / f"{name}.py", *SMALLEST[name]]
    others = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    run = subprocess.run(command, cwd=tmp_path, env=others, capture_output=True, text=True, timeout=800, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert any(character.isdigit() for character in run.stdout), run.stdout
    assert "Traceback" not in run.stderr
