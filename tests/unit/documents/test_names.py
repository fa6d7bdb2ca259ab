"""Files that the documents for contributors name are there; folders and commands are named; the changelog is a list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from computenest.cli.main import PARTS

ROOT = Path(__file__).parents[3]
NAMED = re.compile(r"`([\w.-]*(?:/[\w.-]+)+/?)`")
"""A path in the text, or what looks like one."""
PLACES = (ROOT, ROOT / "provider/computenest", ROOT / "emulator/computenest_cloud", ROOT / "docs")
ELSEWHERE = ("../", "/")
"""Beside the repository, where it is there at all; and paths of the embedded cloud's server."""


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md", "emulator/README.md"])
def test_files_that_are_named_are_there(page: str) -> None:
    text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text(), flags=re.M | re.S)
    named = {name for name in NAMED.findall(text) if not name.startswith(ELSEWHERE) and "<" not in name}
    assert named
    missing = [name for name in named if not any((place / name).exists() for place in PLACES)]
    assert not missing, f"{page} names {missing}"


def test_every_folder_of_resources_stands_in_the_architecture() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    folders = {path.parent.name for path in (ROOT / "provider/computenest/resources").glob("*/__init__.py")}
    assert "_delivery" in folders
    assert not [name for name in folders if not re.search(rf"(?<!\w){name}/", text)]


def test_every_command_stands_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text()
    assert not [part for part in PARTS if not re.search(rf"^computenest {part}\b", text, re.M)]


def test_each_line_of_the_changelog_stands_once_in_a_list() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    parts = re.split(r"^### (\w+)\n", text, flags=re.M)
    assert {"Added", "Changed", "Fixed"} <= set(parts[1::2])
    for name, part in zip(parts[1::2], parts[2::2], strict=True):
        lines = part.split("\n## ")[0].strip("\n").splitlines()
        assert not [line for line in lines if not line.startswith(("- ", "  "))], name
        assert not [line for line in lines if lines.count(line) > 1], name
        entries = re.split(r"^- ", "\n".join(lines), flags=re.M)[1:]
        assert not [entry for entry in entries if not entry.rstrip().endswith((".", ".)"))], name
