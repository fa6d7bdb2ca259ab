"""What is written by hand of a type, read without being run: its module needs the classes that are to be made."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from computenest.serve.generate.words import snake

PACKAGE = "pulumi_computenest.sugar"
_COMMON = frozenset({"Any", "Mapping", "None", "Sequence", "bool", "float", "int", "pulumi", "str"})


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a type's class.

    Args:
        name: as programs write it.
        key: of the property that it becomes; the name itself of what is written by hand.
        annotation: its type.
        description: what it means, in a sentence or two.
        is_required: whether programs have to give it.
        value: what the class hands on.
    """

    name: str
    key: str
    annotation: str
    description: str
    is_required: bool
    value: str

    @property
    def declared(self) -> str:
        """Its type and default, as a signature has them."""
        is_optional = self.annotation.endswith("| None")
        return self.annotation if self.is_required else f"{self.annotation}{'' if is_optional else ' | None'} = None"


LOGICAL_NAME = Argument("resource_name", "", "str", "The logical name.", is_required=True, value="")


@dataclass(frozen=True, slots=True)
class Sugar:
    """What a type has by hand.

    Args:
        module: `pulumi_computenest.sugar.service`, "" where it has none.
        arguments: what programs write in place of the properties of the same names.
        hides: properties that programs do not give, `direct.stack` for one of a nested object.
        names: type of the schema -> what programs call it.
        properties: outputs that are written by hand.
        classes: names of the classes in the module.
        imported: name in an annotation -> the module that it comes from.
        public: what the module gives to programs.
        nested: generated classes that it takes.
    """

    module: str = ""
    arguments: tuple[Argument, ...] = ()
    hides: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    properties: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    imported: Mapping[str, str] = field(default_factory=dict)
    public: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()


def sugar_of(type_name: str, folder: Path) -> Sugar:
    """What the module named after the type says.

    Args:
        type_name: `Service`.
        folder: where the modules are.
    """
    file = folder / f"{snake(type_name)}.py"
    if not file.exists():
        return Sugar()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    module = f"{PACKAGE}.{file.stem}"
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    imports = {
        alias.name: node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    arguments = tuple(_arguments(classes["Arguments"])) if "Arguments" in classes else ()
    names = {name for one in arguments for name in _names(one.annotation)} - _COMMON
    own = classes.get("Sugar")
    listed = ast.literal_eval(constants["__all__"]) if "__all__" in constants else []
    return Sugar(
        module=module,
        arguments=arguments,
        hides=ast.literal_eval(constants["HIDES"]) if "HIDES" in constants else (),
        names=ast.literal_eval(constants["NAMES"]) if "NAMES" in constants else {},
        properties=frozenset(node.name for node in own.body if isinstance(node, ast.FunctionDef))
        if own
        else frozenset(),
        classes=frozenset(classes) | frozenset(name for name in ("Sugar", "Dynamic") if name in listed),
        imported={name: imports.get(name, module) for name in names},
        public=tuple(name for name in listed if name not in ("Sugar", "Dynamic")),
        nested=tuple(name for name, home in imports.items() if home == "pulumi_computenest.declared.arguments"),
    )


def _arguments(node: ast.ClassDef) -> list[Argument]:
    found = []
    for one, after in zip(node.body, [*node.body[1:], None], strict=True):
        if not isinstance(one, ast.AnnAssign) or not isinstance(one.target, ast.Name):
            continue
        if not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)):
            raise TypeError(f"{one.target.id} says nothing of itself below it")
        name = one.target.id
        said = " ".join(str(after.value.value).split())
        found.append(Argument(name, name, ast.unparse(one.annotation), said, one.value is None, name))
    return found


def _names(annotation: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(annotation, mode="eval")) if isinstance(node, ast.Name)}
