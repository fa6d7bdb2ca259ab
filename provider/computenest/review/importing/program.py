"""The Pulumi program and the import list for what a computenest-cli configuration keeps.

What the cloud shows of an artifact goes before what the configuration says of it: computenest-cli swallows rejected
updates, so the two may differ (facts §8.4), and an import must find nothing to change.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from computenest.review.importing.expression import Call, Name, source_of

MODULE = "computenest"
_COMMENT_WIDTH = 110


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the reader of the program has to know, beside the resource that it is about."""

    text: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """One resource of the program.

    Args:
        variable: the name that others refer to it by.
        type_name: `EcsImagePackage`, `Service`, …
        name: its logical name.
        arguments: keyword -> value, as `expression.source_of` takes it.
        cloud_id: the id to import it by, "" where there is nothing in the cloud yet.
        notes: comments above it.
    """

    variable: str
    type_name: str
    name: str
    arguments: Mapping[str, Any]
    cloud_id: str = ""
    notes: Sequence[Note] = field(default_factory=tuple)


def program_text(title: str, declarations: Iterable[Declaration], *, exports: Mapping[str, Name]) -> str:
    """The text of `__main__.py`.

    Args:
        title: the service's name.
        declarations: in the order of their dependence.
        exports: the stack's outputs.
    """
    about = f"{' '.join(title.split())}, kept with computenest-cli until now; written by `computenest import-config`."
    imports = [*(["import pulumi"] if exports else []), f"import pulumi_computenest.plugin as {MODULE}"]
    shown = [source_of(Call("pulumi.export", [key, value], {})) for key, value in sorted(exports.items())]
    docstring = ast.unparse(ast.Module([ast.Expr(ast.Constant(about))], []))
    blocks = [docstring, "\n".join(imports), *map(_block, declarations), "\n".join(shown)]
    return "\n\n".join(blocks) + "\n"


def _block(declared: Declaration) -> str:
    """A resource, below what its reader has to know."""
    comments = "".join(f"# {line}\n" for note in declared.notes for line in _wrapped(note.text))
    made = Call(f"{MODULE}.{declared.type_name}", [declared.name], declared.arguments)
    return f"{comments}{declared.variable} = {source_of(made, before=len(declared.variable) + 3)}"


def import_list(declarations: Iterable[Declaration]) -> str:
    """The text of the file for `pulumi import --file`: what is in the cloud already, by type, name and id."""
    resources = [
        {"type": f"computenest:index:{declared.type_name}", "name": declared.name, "id": declared.cloud_id}
        for declared in declarations
        if declared.cloud_id
    ]
    return json.dumps({"resources": resources}, indent=2, ensure_ascii=False) + "\n"


def package_arguments(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments of `EcsImagePackage` for checked inputs, or for what a configuration says.

    Args:
        inputs: name, source, regions and what else is set, camelCase.
    """
    arguments: dict[str, Any] = {"name": inputs["name"]}
    source = inputs.get("source")
    if isinstance(source, Mapping):
        arguments["source"] = _source(source)
    arguments["regions"] = sorted(inputs.get("regions") or inputs.get("distribution") or ())
    for key in ("description", "versionName", "tags", "resourceGroupId", "release", "account"):
        if inputs.get(key) not in (None, "", {}):
            arguments[snake(key)] = inputs[key]
    return arguments


def snake(key: str) -> str:
    """imageId -> image_id."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower()


def _source(source: Mapping[str, Any]) -> Call:
    kinds = {"custom": "CustomImage", "marketplace": "MarketplaceImage", "built": "BuiltImage"}
    arguments: dict[str, Any] = {}
    for key, value in source.items():
        if key == "codeRepo" and isinstance(value, Mapping):
            arguments["code_repo"] = Call(
                f"{MODULE}.CodeRepo", [], {snake(name): item for name, item in value.items() if item is not None}
            )
        elif key != "kind" and value is not None:
            arguments[snake(key)] = value
    return Call(f"{MODULE}.{kinds[str(source['kind'])]}", [], arguments)


def _wrapped(text: str) -> list[str]:
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return textwrap.wrap(text, _COMMENT_WIDTH, break_long_words=False, break_on_hyphens=False)
