"""A new type of resource is a folder, its tests, and one line: `make new-resource NAME=Toy` in a copy of the tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import computenest

pytestmark = pytest.mark.timeout(900)

ROOT = Path(computenest.__file__).parents[2]
OWN = ("provider/computenest/resources/toy/", "tests/resources/toy/")
GENERATED = ("docs/reference/", "sdk/", "provider/computenest/transports/dynamic/lifecycles.py")
LINE = "provider/computenest/resources/catalog.py"
LAWS = ("laws", "halted", "previews", "silence", "damaged_states", "any_bag")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree with a toy, as `git` sees it, before the schema and the SDKs are made anew."""
    copy = tmp_path_factory.mktemp("new") / "project"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    run(["git", "init", "-q"], copy)
    run(["git", "add", "-A"], copy)
    run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a copy"], copy)
    for tool in (["tools/new-resource", "Toy"], ["-m", "computenest.serve.generate", "."]):
        run([sys.executable, *tool], copy)
    return copy


def run(command: list[str], folder: Path) -> str:
    path = os.pathsep.join(str(folder / part) for part in ("provider", "emulator", "sdk/python", "tests"))
    done = subprocess.run(command, cwd=folder, capture_output=True, env={**os.environ, "PYTHONPATH": path}, timeout=800)
    said = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0, said[-4000:]
    return said


def test_one_line_outside_its_folders_is_changed(tree: Path) -> None:
    changed = [line[3:] for line in run(["git", "status", "--porcelain", "-uall"], tree).splitlines()]
    assert [path for path in changed if not path.startswith((*OWN, *GENERATED))] == [LINE]
    diff = run(["git", "diff", "--numstat", "--", LINE], tree)
    assert diff.split()[:2] == ["1", "0"]
    assert sum(path.startswith(OWN[0]) for path in changed) >= 8
    assert sum(path.startswith(OWN[1]) for path in changed) >= 2


def test_it_is_typed_and_sound(tree: Path) -> None:
    tools = Path(sys.executable).parent
    run([str(tools / "ruff"), "check", *OWN], tree)
    run([str(tools / "ruff"), "format", "--check", *OWN], tree)
    run([str(tools / "mypy"), "--no-error-summary", OWN[0]], tree)


def test_every_law_of_lifecycles_holds_for_it_on_both_transports(tree: Path) -> None:
    """Create, preview, drift, crash, cancel, silence and damaged states; and what its own tests say."""
    files = [f"tests/lifecycle/test_{law}.py" for law in LAWS]
    said = run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files, OWN[1], "-k", "Toy or toy"], tree
    )
    passed = int(said.rpartition(" passed")[0].rpartition("\n")[2].split()[-1])
    assert passed >= 60, said[-2000:]


def test_a_program_has_its_class_on_both_transports(tree: Path) -> None:
    code = (
        "import pulumi_computenest as c; from pulumi_computenest import plugin as p; import pulumi.dynamic as d;"
        "assert issubclass(c.Toy, d.Resource); assert not issubclass(p.Toy, d.Resource); "
        "print(c.Toy.toy_id, p.Toy.status)"
    )
    run([sys.executable, "-c", code], tree)
