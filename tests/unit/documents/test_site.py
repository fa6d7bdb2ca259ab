"""The documentation builds into a site with search, without a warning; and a link that leads nowhere is found."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from computenest.serve.schema import schema

ROOT = Path(__file__).parents[3]
QUIET = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}


def build(root: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, root / "tools/docs.py", site]
    return subprocess.run(command, capture_output=True, text=True, env=QUIET, timeout=300)


def test_the_site_builds_without_a_warning_and_finds_what_is_searched_for(tmp_path: Path) -> None:
    run = build(ROOT, tmp_path / "site")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    index = json.loads((tmp_path / "site/search/search_index.json").read_text())
    places = {one["location"].partition("#")[0] for one in index["docs"]}
    names = [token.rpartition(":")[2] for part in ("resources", "functions") for token in schema()[part]]
    assert {f"docs/reference/{name}/" for name in names} <= places
    assert "retain_versions" in json.dumps(index["docs"])
    page = (tmp_path / "site/docs/reference/EcsImagePackage/index.html").read_text()
    assert "https://fonts." not in page, "nothing is fetched from elsewhere"


@pytest.mark.parametrize(
    "link", ["[gone](no-such-page.md)", "[gone](services.md#no-such-heading)", "[gone](../tools/no)"]
)
def test_a_link_that_leads_nowhere_fails_it(tmp_path: Path, link: str) -> None:
    root = tmp_path / "copy"
    shutil.copytree(ROOT / "docs", root / "docs")
    (root / "tools").mkdir()
    for name in ("tools/docs.py", "mkdocs.yml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"):
        shutil.copy(ROOT / name, root / name)
    for name in ("examples", "emulator", "provider", "sdk", "tests"):
        (root / name).symlink_to(ROOT / name)
    (root / "docs/errors.md").write_text((root / "docs/errors.md").read_text() + f"\n{link}\n")
    run = build(root, tmp_path / "site")
    assert run.returncode != 0
    assert "errors.md" in run.stdout + run.stderr
    assert "no" in run.stdout + run.stderr
