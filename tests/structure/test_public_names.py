"""What is public is what has no underscore: said once, by the name itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = [
    path
    for folder in ("provider", "emulator", "tools", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not {".venv", "skeleton"} & set(path.parts)
]


def listed(tree: ast.Module) -> set[str]:
    """What `__all__` names."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(one, ast.Name) and one.id == "__all__" for one in node.targets
        ):
            return set(ast.literal_eval(node.value))
    return set()


def imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Module -> a name that it is asked for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", one.asname or one.name) for one in node.names)


def test_there_are_modules_to_look_at() -> None:
    assert len(MODULES) > 1000


def test_a_list_of_public_names_stands_only_where_names_of_others_are_handed_on() -> None:
    said_twice = []
    for path in MODULES:
        text = path.read_text()
        tree = ast.parse(text) if "__all__ =" in text else ast.Module([], [])
        if (names := listed(tree)) and not names & {name for _, name in imported(tree)}:
            said_twice.append(str(path.relative_to(ROOT)))
    assert said_twice == []


@pytest.mark.parametrize("package", ["computenest", "computenest_cloud"])
def test_no_module_takes_what_another_keeps_to_itself(package: str) -> None:
    taken = [
        f"{path.relative_to(ROOT)}: {module}.{name}"
        for path in MODULES
        if {"provider", "emulator"} & set(path.relative_to(ROOT).parts[:1])
        for module, name in imported(ast.parse(path.read_text()))
        if module.startswith(package) and name.startswith("_") and not name.startswith("__")
    ]
    assert taken == []
