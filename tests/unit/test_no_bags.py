"""Values have types from edge to edge: no property bag in kernel, reconcile, templates and resources.

A bag is a map whose values may be anything, or anything at all, under whatever name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import computenest

PROVIDER = Path(computenest.__file__).parent
FOLDERS = ("kernel", "reconcile", "resources", "templates")
MAPS = frozenset({"Mapping", "MutableMapping", "dict", "Dict", "OrderedDict", "defaultdict"})

FOREIGN: Mapping[str, str] = {
    "kernel/bounded_json.py": "JSON of anybody's",
    "kernel/bounded_yaml.py": "YAML of anybody's",
    "kernel/unknown.py": "asks of anything whether it is known",
    "kernel/values.py": "makes bags of models, for `serve`",
    "resources/_components/": "objects of Kubernetes, as charts render and clusters show them",
    "resources/_packages/charts/helm_lint.py": "values.yaml and Chart.yaml of anybody's chart, by helm's rules",
    "resources/_packages/charts/helm_metadata.py": "Chart.yaml of anybody's chart, by helm's rules",
    "resources/service/metadata.py": "DeployMetadata, a document of which only a part is ours",
}
"""Readers of documents that are not ours, modules and folders, each with its reason."""

BESIDE = frozenset({"Coroutine", "Task"})
"""Of asyncio: what they come to is not looked at."""
VALIDATORS = frozenset({"field_validator", "model_validator"})
"""Of pydantic: what they are given is what anybody gave."""


@dataclass(frozen=True)
class Module:
    """What names stand for in one module."""

    tree: ast.Module
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name -> module and name there."""
    aliases: dict[str, ast.expr] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Module:
        made = cls(ast.parse(text))
        for node in ast.walk(made.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                made.imported.update({one.asname or one.name: (node.module, one.name) for one in node.names})
        for node in made.tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                made.aliases[node.targets[0].id] = node.value
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
                made.aliases[node.target.id] = node.value
        return made


@dataclass(frozen=True)
class Tree:
    """The modules of the provider, by dotted name."""

    modules: Mapping[str, Module]
    known: dict[tuple[str, str], bool] = field(default_factory=dict)
    """What was asked before; False of a name that is being asked about."""

    def is_bag(self, where: str, node: ast.AST) -> bool:
        """Whether a type, written in module `where`, is a bag or holds one."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                return self.is_bag(where, ast.parse(node.value, mode="eval").body)
            except SyntaxError:
                return False
        if isinstance(node, ast.Name):
            return self._means(where, node.id)
        if isinstance(node, ast.Attribute):
            return node.attr == "Any"
        if isinstance(node, ast.Subscript):
            named = ast.unparse(node.value).rpartition(".")[2]
            if named == "Annotated":  # what is said beside a type is none
                return self.is_bag(where, node.slice.elts[0]) if isinstance(node.slice, ast.Tuple) else False
            if named == "Literal" or named in BESIDE:
                return False
            arms = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            of_anything = named in MAPS and isinstance(arms[-1], ast.Name) and arms[-1].id == "object"
            return of_anything or any(self.is_bag(where, arm) for arm in (node.value, *arms))
        if isinstance(node, ast.BinOp):
            return self.is_bag(where, node.left) or self.is_bag(where, node.right)
        if isinstance(node, ast.Tuple | ast.List):
            return any(self.is_bag(where, one) for one in node.elts)
        return False

    def _means(self, where: str, name: str) -> bool:
        if (where, name) not in self.known:
            self.known[where, name] = False
            self.known[where, name] = self._found(where, name)
        return self.known[where, name]

    def _found(self, where: str, name: str) -> bool:
        module = self.modules.get(where)
        if module is None:
            return False
        if name in module.imported:
            origin, real = module.imported[name]
            return real == "Any" or self._means(origin, real)
        alias = module.aliases.get(name)
        return alias is not None and self.is_bag(where, alias)

    def bags(self, where: str) -> Iterator[int]:
        """The lines of a module whose annotation is a bag."""
        for node in _values_in(self.modules[where].tree):
            found: list[ast.expr | None] = []
            if isinstance(node, ast.arg):
                found = [node.annotation]
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found = [node.returns]
            elif isinstance(node, ast.AnnAssign):
                found = [node.annotation]
            elif isinstance(node, ast.ClassDef):
                found = [base for base in node.bases if isinstance(base, ast.Subscript)]
            yield from (one.lineno for one in found if one is not None and self.is_bag(where, one))


def _values_in(node: ast.AST) -> Iterator[ast.AST]:
    """Everything in a module but validators, and in an adapter its own readers of answers."""
    for child in ast.iter_child_nodes(node):
        said = [ast.unparse(one) for one in getattr(child, "decorator_list", ())]
        if not any(one.startswith(tuple(VALIDATORS)) for one in said):
            yield child
            yield from _values_in(child)


def name_of(path: Path, root: Path) -> str:
    parts = ("computenest", *path.relative_to(root).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def tree_of(root: Path) -> Tree:
    return Tree({name_of(path, root): Module.of(path.read_text()) for path in root.rglob("*.py")})


def left() -> dict[str, int]:
    """Module -> its bags, of what is no reader of foreign documents."""
    tree = tree_of(PROVIDER)
    paths = [path for folder in FOLDERS for path in sorted((PROVIDER / folder).rglob("*.py"))]
    found = {str(path.relative_to(PROVIDER)): len(list(tree.bags(name_of(path, PROVIDER)))) for path in paths}
    return {path: count for path, count in found.items() if count and not path.startswith(tuple(FOREIGN))}


def test_no_module_holds_a_bag() -> None:
    assert left() == {}, "give these values a type"


def test_every_reader_of_foreign_documents_is_there() -> None:
    assert [path for path in FOREIGN if not (PROVIDER / path).exists()] == []


def planted(text: str, other: str = "") -> list[int]:
    return list(Tree({"a": Module.of(text), "b": Module.of(other)}).bags("a"))


def test_a_bag_would_be_found() -> None:
    head = "from collections.abc import Mapping\nfrom typing import Annotated, Any, TypeAlias\nfrom b import Bag\n"
    bags = "from typing import Any as Whatever\nBag = dict[str, Whatever]\n"
    assert planted(head + "x: Mapping[str, Any]") == [4]
    assert planted(head + "def f(x: Mapping[str, object]) -> dict[str, 'Any']: ...") == [4, 4]
    assert planted(head + "def f(*x: Bag | None, **y: tuple[Bag, ...]) -> None: ...", bags) == [4, 4]
    assert planted(head + "Own: TypeAlias = Mapping[str, Bag]\nclass A:\n    x: Own", bags) == [6]
    assert planted(head + "class A(Mapping[str, Any]): ...") == [4]
    assert planted(head + "def f(x: Annotated[str, Any], y: Mapping[str, str]) -> object: ...", bags) == []
