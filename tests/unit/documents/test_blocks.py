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
"""Name, language, text; the pages of the reference have tests of their own (tests/unit/sdk/test_examples.py), which
compile what these show in TypeScript and Go, too; YAML is checked by its host (tests/plugin/test_yaml_blocks.py)."""


def blocks(language: str) -> list[tuple[str, str]]:
    return [(name, text) for name, kind, text in BLOCKS if kind == language]


STORIES = {
    ("README.md", "Two commands"): "tests/stack/test_example.py",
    ("README.md", "A project of your own"): "tests/stack/test_pages.py",
    ("README.md", "In pull requests"): "tests/stack/test_pages.py",
    ("README.md", "Against the real cloud"): "tests/stack/test_pages.py",
    ("README.md", "When something goes wrong"): "tests/stack/test_pages.py",
    ("docs/doctor.md", "The policy of a stack: `computenest permissions`"): "tests/stack/test_pages.py",
    ("docs/import-config.md", "Moving over from computenest-cli"): "tests/stack/test_import_story.py",
    ("docs/import-config.md", "The first change, reviewed"): "tests/stack/test_import_story.py",
    ("docs/kubernetes.md", "Two commands"): "tests/kubernetes/test_page.py",
    ("docs/plugin.md", "TypeScript, step by step"): "tests/plugin/test_typescript_story.py",
    ("docs/pull-requests.md", "Pull requests"): "tests/stack/test_pages.py",
}
"""Page and heading of commands -> the story that runs them as they stand there. Only `make up` and `make test` are run
by nobody here: the story lives on the stack of the first, and is run by the second."""


def commands() -> set[tuple[str, str]]:
    found = set()
    for page in PAGES:
        heading = ""
        for line in page.read_text().splitlines():
            heading = line.lstrip("#").strip() if line.startswith("#") and "`bash" not in line else heading
            if line == "```bash":
                found.add((str(page.relative_to(ROOT)), heading))
    return found


def test_every_block_says_what_it_is() -> None:
    """`text` is what something prints, or a list; `console` a command with what it prints."""
    assert {kind for _, kind, _ in BLOCKS} <= {"bash", "console", "go", "python", "text", "typescript", "yaml"}
    assert len(blocks("python")) >= 8


def test_no_commands_hide_behind_another_name() -> None:
    first = re.compile(r"(\$ )?(pulumi|pip|npm|cd|eval|make|git) ")
    assert [name for name, text in blocks("text") if first.match(text)] == []


def test_every_block_of_commands_is_run_by_a_story() -> None:
    assert commands() == set(STORIES)
    for (page, heading), story in STORIES.items():
        text = (ROOT / story).read_text()
        names = [heading, Path(page).name] if heading != "Two commands" or page != "README.md" else ["`make up`"]
        assert [name for name in names if name not in text] == [], f"{story} does not run {page}, {heading}"


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
