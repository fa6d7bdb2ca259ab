"""docs/plugin.md, "TypeScript, step by step": its commands as they stand, in a clone where nothing was compiled."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from computenest.cloud.local import LocalCloud
from plugin.stacks import host_folder
from stack.documented import run, shown
from stack.engine import ROOT, Stack
from stack.installed import installed

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """What of the project the page needs; the embedded clouds that are started below it end with the test."""
    folder = tmp_path / "clone"
    left_out = shutil.ignore_patterns("node_modules", "bin")
    for part in ("examples/plugin-typescript", "sdk/nodejs"):
        shutil.copytree(ROOT / part, folder / part, ignore=left_out)
    (folder / ".venv").mkdir()
    (folder / ".venv/bin").symlink_to(installed())
    yield folder
    for handle in folder.rglob("cloud.json"):
        LocalCloud(handle.parent).stop()


def test_a_typescript_stack_by_the_letter_of_its_page(clone: Path, engine: Path, tmp_path: Path) -> None:
    stack = Stack(folder=tmp_path / "elsewhere", engine=engine, config={})
    cache = subprocess.run(["npm", "config", "get", "cache"], capture_output=True, text=True, check=True).stdout.strip()
    env = {**stack.env, "HOME": str(tmp_path), "npm_config_cache": cache, "COMPUTENEST_CLOUD_DIR": ""}
    env["PATH"] = os.pathsep.join([str(host_folder("nodejs")), env["PATH"]])
    [commands] = shown("docs/plugin.md", "TypeScript, step by step")
    said = run(commands, where=clone, env=env)
    images = json.loads(said[said.rindex("{") :])
    assert sorted(images) == ["cn-beijing", "cn-hangzhou", "cn-shanghai"]
    assert not [path for path in ("bin", "node_modules") if (clone / "sdk/nodejs" / path).exists()]

    example = clone / "examples/plugin-typescript"
    program = example / "index.ts"
    text = program.read_text()
    program.write_text(text.replace("regions:", "region:"))
    typed = subprocess.run(["npx", "tsc", "--noEmit"], cwd=example, env=env, capture_output=True, text=True)
    assert typed.returncode != 0, "what is misspelt is a type error"
    assert "index.ts(" in typed.stdout
    program.write_text(text.replace('"cn-shanghai"]', '"cn-shanghai", "cn-chengdu"]'))
    preview = run("pulumi preview --diff", where=example, env=env)
    assert re.search(r'\+ cn-chengdu *: "copy of m-bp1gold0000000000001"', preview), preview
    run("pulumi destroy", where=example, env=env)
