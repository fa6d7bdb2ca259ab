"""The verbs of a resource are declared in one protocol, and a transport serves whatever has them: it names no type."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import computenest
from computenest.kernel import lifecycle as protocols
from computenest.serve.schema import schema

PROVIDER = Path(computenest.__file__).parent
VERBS = frozenset({"check", "diff", "preview", "create", "read", "update", "delete", "adopt", "secrets"})
FOLDERS = ("kernel", "reconcile", "resources", "serve")
TYPES = frozenset(token.rpartition(":")[2] for token in schema()["resources"])
PINNED = {"providers.py", "lifecycles.py"}  # states name these modules and the classes in them
SERVING = sorted(
    path
    for folder in ("dynamic", "plugin")
    for path in (PROVIDER / "serve" / folder).glob("*.py")
    if path.name not in PINNED
)


def protocols_with_verbs(folder: Path) -> Iterator[tuple[str, str]]:
    """Protocol and verb, of everything in `folder` that declares a resource's operation for others to have."""
    for path in sorted(folder.rglob("*.py")):
        if path.name.endswith("ports.py"):
            continue  # calls of the cloud, not of a resource
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ClassDef) or "Protocol" not in {
                ast.unparse(base).partition("[")[0] for base in node.bases
            }:
                continue
            methods = {part.name for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)}
            yield from ((f"{path.name}: {node.name}", verb) for verb in sorted(methods & VERBS))


def test_each_verb_is_declared_in_one_protocol() -> None:
    found = Counter(verb for folder in FOLDERS for _, verb in protocols_with_verbs(PROVIDER / folder))
    told = [one for folder in FOLDERS for one in protocols_with_verbs(PROVIDER / folder)]
    assert {where for where, _ in told} == {"lifecycle.py: Operations", "lifecycle.py: Lifecycle"}
    assert [verb for verb, count in found.items() if count > 1] == [], told
    assert {"check", "diff", "preview", "create", "read", "update", "delete", "secrets"} == set(found)
    assert protocols.Operations in protocols.Lifecycle.__mro__


def names_of_types(text: str) -> list[str]:
    """What in a module is a type's name, or made of one: identifiers, attributes and texts, docstrings too."""
    found = []
    for node in ast.walk(ast.parse(text)):
        words = {
            ast.Name: lambda one: one.id,
            ast.Attribute: lambda one: one.attr,
            ast.alias: lambda one: f"{one.name} {one.asname or ''}",
            ast.ClassDef: lambda one: one.name,
            ast.Constant: lambda one: one.value if isinstance(one.value, str) else "",
        }.get(type(node))
        said = words(node) if words is not None else ""
        found += [name for name in TYPES - {"Service"} if name in said]
        found += ["Service"] * (said in {"Service", "computenest:index:Service"})
    return found


@pytest.mark.parametrize("path", SERVING, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_transport_names_no_type(path: Path) -> None:
    assert names_of_types(path.read_text()) == []


def test_a_name_would_be_found() -> None:
    planted = 'from x import EcsImagePackageOperations\nserved = {"Service": 1}\n"""Of `HelmChartPackage`."""\n'
    assert sorted(names_of_types(planted)) == ["EcsImagePackage", "HelmChartPackage", "Service"]


@pytest.mark.parametrize("name", sorted(PINNED))
def test_what_states_name_says_a_name_and_nothing_more(name: str) -> None:
    """Whatever such a class did by itself, the other transport would not do."""
    tree = ast.parse((PROVIDER / "transports" / "dynamic" / name).read_text())
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.removesuffix("Provider") in TYPES:
            kinds = [type(part) for part in node.body]
            assert kinds in ([ast.Expr, ast.Assign], [ast.Expr]), node.name
