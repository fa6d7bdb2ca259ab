"""Every block of code in README and the documents is a whole program of its language, or a whole document."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs/cloud").glob("*.md"))]
BLOCKS = [
    (f"{page.stem}-{number}", match[1], match[2])
    for page in PAGES
    for number, match in enumerate(re.finditer(r"^```(\w*)\n(.*?)^```", page.read_text(), re.M | re.S))
]
"""Name, language, text; the pages of the reference have tests of their own (tests/unit/sdk/test_examples.py)."""


def blocks(language: str) -> list[tuple[str, str]]:
    return [(name, text) for name, kind, text in BLOCKS if kind == language]


def test_every_block_says_what_it_is_or_is_a_picture_of_a_terminal() -> None:
    assert {kind for _, kind, _ in BLOCKS} <= {"", "bash", "go", "python", "typescript", "yaml"}
    assert len(blocks("python")) >= 8


def test_the_python_has_the_right_types(tmp_path: Path) -> None:
    """README's is run by tests/stack/test_readme.py, on both transports."""
    for name, text in blocks("python"):
        (tmp_path / f"{re.sub(r'[^a-z0-9]', '_', name.lower())}.py").write_text(text)
    (tmp_path / "mypy.ini").write_text("[mypy]\npython_version = 3.11\n")
    found = subprocess.run(
        [BIN / "mypy", "--strict", "--config-file", "mypy.ini", "."],
        cwd=tmp_path,
        env={"MYPYPATH": f"{ROOT}/sdk/python:{ROOT}/provider", "PATH": str(BIN)},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(("name", "text"), blocks("yaml"))
def test_the_yaml_is_read(name: str, text: str) -> None:
    assert isinstance(yaml.safe_load(text), dict), name


@pytest.mark.parametrize(("name", "text"), blocks("bash"))
def test_the_shells_words_are_read(name: str, text: str) -> None:
    assert subprocess.run(["bash", "-n"], input=text, text=True).returncode == 0, name


@pytest.mark.parametrize("language", ["typescript", "go"])
def test_what_the_overview_shows_is_the_examples_program(language: str) -> None:
    """Which is compiled (tests/unit/sdk/test_examples.py)."""
    [(_, text)] = blocks(language)
    folder = ROOT / f"examples/plugin-{language}"
    example = next(file.read_text() for file in folder.iterdir() if file.suffix in (".ts", ".go"))
    words = [word for word in re.findall(r"[A-Za-z.]+", text) if len(word) > 7]
    known = example + (ROOT / "docs/reference/EcsImagePackage.md").read_text()
    assert [word for word in words if word not in known] == []
