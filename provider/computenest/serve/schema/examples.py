"""One example a resource and function, in four languages: of a program in YAML the schema tells how TypeScript and Go
write the same, and Python's is written by hand, since its classes take what programs have.

The programs are in `programs`, named after what they show.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from computenest.serve.schema.go import Go

LANGUAGES = ("python", "yaml", "typescript", "go")
_FOLDER = Path(__file__).with_name("programs")
_REFERENCE = re.compile(r"^\$\{(\w+)\.(\w+)\}$")
Spec = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Declared:
    """A resource or a call of a function in an example.

    Args:
        name: of the variable.
        type_name: `EcsImagePackage`, `getPackage`.
        properties: what it is given.
        is_function: whether it is a call.
    """

    name: str
    type_name: str
    properties: Mapping[str, Any]
    is_function: bool


@dataclass(frozen=True, slots=True)
class Program:
    """A program in YAML, read.

    Args:
        declared: in the order of the text.
        outputs: name -> variable and output.
    """

    declared: tuple[Declared, ...]
    outputs: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Program:
        """A program of resources, calls and outputs."""
        found = yaml.safe_load(text)
        declared = [
            Declared(name, one["type"].rpartition(":")[2], one["properties"], is_function=False)
            for name, one in found.get("resources", {}).items()
        ]
        for name, one in found.get("variables", {}).items():
            call = one["fn::invoke"]
            declared.append(Declared(name, call["function"].rpartition(":")[2], call["arguments"], is_function=True))
        outputs = {name: referred(value) or ("", "") for name, value in found["outputs"].items()}
        return cls(tuple(declared), outputs)

    @property
    def reads_file(self) -> bool:
        return any("fn::readFile" in json.dumps(one.properties) for one in self.declared)

    def is_used(self, name: str) -> bool:
        """Whether anything takes something of a variable."""
        inside = any(f"${{{name}." in json.dumps(one.properties) for one in self.declared)
        return inside or any(variable == name for variable, _ in self.outputs.values())


def referred(value: Any) -> tuple[str, str] | None:
    """Variable and output of `${web.images}`, None of anything else."""
    found = _REFERENCE.match(value) if isinstance(value, str) else None
    return (found[1], found[2]) if found else None


@functools.cache
def _source(name: str, ending: str) -> str:
    file = _FOLDER / f"{name}.{ending}"
    return file.read_text(encoding="utf-8") if file.exists() else ""


def example(name: str, described: Spec) -> dict[str, str]:
    """The example of a resource or function, language -> program; {} where it has none.

    Args:
        name: `EcsImagePackage`, `getPackage`.
        described: the schema.
    """
    yaml, python = _source(name, "yaml"), _source(name, "py.txt")
    if not yaml:
        return {}
    program = Program.read(yaml)
    texts = {"python": python, "yaml": yaml, "typescript": typescript(program), "go": Go(described).text(program)}
    return {language: texts[language] for language in LANGUAGES if texts[language]}


def typescript(program: Program) -> str:
    """The program in TypeScript."""
    lines = ['import * as computenest from "pulumi-computenest";']
    if program.reads_file:
        lines.insert(0, 'import { readFileSync } from "fs";')
    lines.append("")
    for one in program.declared:
        if one.is_function:
            call = f"computenest.{one.type_name}Output({_typescript(one.properties, '')})"
            lines.append(f"const {one.name} = {call};")
        else:
            given = _typescript(one.properties, "")
            lines.append(f'const {one.name} = new computenest.{one.type_name}("{one.name}", {given});')
    for name, (variable, output) in program.outputs.items():
        lines.append(f"export const {name} = {variable}.{output};")
    return "\n".join(lines) + "\n"


def _typescript(value: Any, indent: str) -> str:
    reference = referred(value)
    if reference:
        return ".".join(reference)
    if isinstance(value, Mapping):
        if "fn::readFile" in value:
            return f'readFileSync("{value["fn::readFile"]}", "utf8")'
        inner = indent + "    "
        items = [f"{inner}{_typescript_key(key)}: {_typescript(item, inner)}," for key, item in value.items()]
        return "{\n" + "\n".join(items) + f"\n{indent}}}"
    if isinstance(value, list):
        return "[" + ", ".join(_typescript(item, indent) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _typescript_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z_]\w*", key) else json.dumps(key)


def shortcodes(found: Mapping[str, str]) -> str:
    """An example as a description of the schema holds it, from where every language's generator takes its own."""
    if not found:
        return ""
    texts = "\n".join(f"```{language}\n{text}```" for language, text in found.items())
    before = "\n\n{{% examples %}}\n## Example Usage\n{{% example %}}\n"
    return before + texts + "\n{{% /example %}}\n{{% /examples %}}"
