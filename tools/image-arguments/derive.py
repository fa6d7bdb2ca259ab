"""Image arguments by what the official packages say of their resources: those of ROS (ros-cdk-*, which carry the
specification of every resource type as a jsii assembly) and of the Terraform provider (pulumi-alicloud, generated from
its schema). One line each, sorted: `ros` or `terraform`, the resource, the path of the property.

Nothing of a package is run: the assemblies are JSON, the Python is parsed.
"""

from __future__ import annotations

import ast
import gzip
import io
import json
import re
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MEANT = "image"  # what a name must hold
_CORE = "@alicloud/ros-cdk-core."
_RESOURCE = re.compile(r"ROS (?:resource|data source) type `([A-Za-z0-9:]+)`|resource type `([A-Za-z0-9:]+)`")
_TOKEN = re.compile(r"super\((\w+), __self__\)\.__init__\(\s*'alicloud:([\w/]+):\w+'")
_NESTED = re.compile(r"'(\w+Args)'")


def ros(packages: Path) -> Iterator[tuple[str, str]]:
    """Resource type and property path, from the assemblies."""
    types: dict[str, Any] = {}
    for archive in sorted(packages.glob("ros_cdk_*/_jsii/*.jsii.tgz")):
        types |= _assembly(archive).get("types", {})
    for name, declared in types.items():
        if declared.get("kind") == "class":
            match = _RESOURCE.search(declared.get("docs", {}).get("summary", ""))
            if match and declared["name"].startswith("Ros"):
                for path in _properties(types, f"{name}Props", (), frozenset()):
                    yield match[1] or match[2], ".".join(path)


def _assembly(archive: Path) -> dict[str, Any]:
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as package:
        assembly = _json(package, "package/.jsii")
        if assembly.get("schema") == "jsii/file-redirect":
            return _json(package, f"package/{assembly['filename']}")
        return assembly


def _json(package: tarfile.TarFile, name: str) -> dict[str, Any]:
    member = package.extractfile(name)
    if member is None:
        raise SystemExit(f"{name} is no file of an assembly")
    data = member.read()
    found: dict[str, Any] = json.loads(gzip.decompress(data) if name.endswith(".gz") else data)
    return found


def _properties(
    types: dict[str, Any], name: str, path: tuple[str, ...], seen: frozenset[str]
) -> Iterator[tuple[str, ...]]:
    """The properties of a type and of those below it; a list adds `[]`, a map `*`."""
    for declared in types.get(name, {}).get("properties", ()) if name not in seen else ():
        own: str = declared["name"]
        here = (*path, own[:1].upper() + own[1:])
        yield here
        for inner, steps in _references(declared["type"]):
            yield from _properties(types, inner, here + steps, seen | {name})


def _references(declared: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not declared.get("fqn", _CORE).startswith(_CORE):
        yield declared["fqn"], ()
    for one in declared.get("union", {}).get("types", ()):
        yield from _references(one)
    collection = declared.get("collection")
    if collection:
        step = "[]" if collection["kind"] == "array" else "*"
        for inner, steps in _references(collection["elementtype"]):
            yield inner, (step, *steps)


def terraform(packages: Path) -> Iterator[tuple[str, str]]:
    """Resource (`ecs/instance`, Pulumi's name of it) and argument path, from the generated Python."""
    for folder in sorted(path for path in (packages / "pulumi_alicloud").iterdir() if path.is_dir()):
        inputs = folder / "_inputs.py"
        nested = _constructors(inputs.read_text(encoding="utf-8")) if inputs.exists() else {}
        for file in sorted(folder.glob("*.py")):
            text = file.read_text(encoding="utf-8")
            constructors = _constructors(text) | nested
            for name, token in _TOKEN.findall(text):
                for path in _arguments(constructors, f"{name}Args", (), frozenset()):
                    yield token, ".".join(path)


def _constructors(text: str) -> dict[str, ast.FunctionDef]:
    """Each class's `__init__`."""
    return {
        declared.name: member
        for declared in ast.parse(text).body
        if isinstance(declared, ast.ClassDef)
        for member in declared.body
        if isinstance(member, ast.FunctionDef) and member.name == "__init__"
    }


def _arguments(
    constructors: dict[str, ast.FunctionDef], name: str, path: tuple[str, ...], seen: frozenset[str]
) -> Iterator[tuple[str, ...]]:
    declared = constructors.get(name) if name not in seen else None
    for argument in (*declared.args.args[1:], *declared.args.kwonlyargs) if declared else ():
        here = (*path, argument.arg)
        yield here
        for inner in _NESTED.findall(ast.unparse(argument.annotation)) if argument.annotation else ():
            yield from _arguments(constructors, inner, here, seen | {name})


def main() -> None:
    packages = Path(sys.argv[1])
    for language, found in (("ros", ros(packages)), ("terraform", terraform(packages))):
        rows = sorted({row for row in found if MEANT in row[1].rsplit(".", 1)[-1].lower()})
        if not rows:
            raise SystemExit(f"no argument of {language} is named after an image: are the packages what they were?")
        for resource, path in rows:
            sys.stdout.write(f"{language}\t{resource}\t{path}\n")


if __name__ == "__main__":
    main()
