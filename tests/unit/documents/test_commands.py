"""Every command of ours that the documentation names is there, with the options that it names; so is every `make …`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from computenest.cli.main import PARTS, build

ROOT = Path(__file__).parents[3]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "emulator/README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
EVERYWHERE = {"--help", "--version"}
QUOTED = "computenest has a fault here"
"""A message, no command."""
SHELL = re.compile(r"&&|;|<<|[<>]|\s\|\s")
"""Where another command begins."""


def said(page: Path) -> list[str]:
    """The commands of its blocks, and those in its sentences; what a listing says of them is two blanks behind."""
    text = page.read_text()
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S)
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in re.sub(r"\\\n\s*", "", block).splitlines()]
    prose = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    parts = [part.strip() for found in (*lines, *prose) for part in SHELL.split(re.split(r"\s{2,}|\s#", found)[0])]
    commands = {part for part in parts if part.startswith(("computenest ", "make "))}
    return sorted(part for part in commands if not part.startswith(QUOTED))


@cache
def command(name: str) -> Any:
    """A part of the command line, with what it has below."""
    assert name in PARTS
    return typer.main.get_command(build([name])).commands[name]  # type: ignore[attr-defined]


def misspelt(line: str) -> list[str]:
    """What of a command there is not. `a|b` are two, `[…]` may be left out, CAPITALS stand for something."""
    words = re.sub(r"[\[\]…]", " ", line).split()[1:]
    if not words or words[0].startswith("-"):
        return [word for word in words if word.partition("=")[0] not in EVERYWHERE]
    if words[0] not in PARTS:
        return [words[0]]
    found = [command(words[0])]
    if hasattr(found[0], "commands") and len(words) > 1:
        below = [word.strip(",") for word in words[1].split("|")]
        if missing := [name for name in below if name not in found[0].commands]:
            return missing
        found = [found[0].commands[name] for name in below]
    known = EVERYWHERE | {option for one in found for parameter in one.params for option in parameter.opts}
    return [option for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", " ".join(words)) if option not in known]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_named_is_there(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for line in said(page):
        if line.startswith("make "):
            names = re.findall(r"(?<!\S)[a-z-]+(?!\S)", line.removeprefix("make "))
            assert set(names[:1]) <= targets, line
        else:
            assert misspelt(line) == [], line


def test_what_is_misspelt_is_found() -> None:
    assert misspelt("computenest clod start") == ["clod"]
    assert misspelt("computenest cloud start|halt") == ["halt"]
    assert misspelt("computenest report FILE --formt html") == ["--formt"]
    assert misspelt("computenest cloud start --time-scale 300") == []
    assert len(said(ROOT / "README.md")) > 15
