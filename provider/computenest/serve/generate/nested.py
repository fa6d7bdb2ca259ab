"""Nested objects and enumerations of the SDK for Python: dataclasses that programs write, mappings that they get."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace

from computenest.serve.generate.hints import Hints
from computenest.serve.generate.words import HEADER, docstring, item, said, snake

__all__ = ["arguments_texts", "choices_text", "imports_of", "outputs_text", "references_text"]


def arguments_texts(hints: Hints, *, hides: Sequence[str]) -> dict[str, str]:
    """Nested arguments: class -> its module, each loaded when it is first named, as a dataclass takes its time to make.

    Args:
        hints: what the types' modules met; what these classes need is met here.
        hides: `DirectSpec.stack`: fields that programs do not give.
    """
    made: dict[str, str] = {}
    waiting = sorted(hints.classes)
    while waiting:
        for name in waiting:
            own = replace(hints, classes=set(), choices=set(), shown=set(), special=set())
            lines = list(_class(own, name, hides))
            hints.classes |= own.classes
            hints.choices |= own.choices
            made[name] = "\n".join([*_imports(own, name), *lines])
        waiting = sorted(hints.classes - set(made))
    return {hints.called(name): made[name] for name in sorted(made)}


def _imports(own: Hints, name: str) -> Iterator[str]:
    yield HEADER
    yield f'"""`{own.called(name)}`, as programs write it."""'
    yield "from __future__ import annotations"
    yield "from collections.abc import Mapping, Sequence"
    yield "from dataclasses import KW_ONLY, dataclass"
    yield "from typing import TYPE_CHECKING, Any, ClassVar"
    yield "import pulumi"
    yield "from pulumi_computenest.arguments import Arguments"
    yield "if TYPE_CHECKING:"
    yield from imports_of(own) or ["    pass"]
    yield f'__all__ = ["{own.called(name)}"]'
    yield ""


def imports_of(own: Hints) -> list[str]:
    """Imports of what annotations name."""
    named = (
        ("declared.arguments", [own.called(one) for one in own.classes]),
        ("declared.choices", [own.called(one) for one in own.choices]),
        ("declared.outputs", [own.called(one) for one in own.shown]),
        ("types", list(own.special)),
    )
    return [
        f"    from pulumi_computenest.{module} import {', '.join(sorted(names))}" for module, names in named if names
    ]


def choices_text(hints: Hints) -> str:
    """The module of enumerations."""
    return "\n".join(
        [
            HEADER,
            '"""What may be chosen."""',
            "from __future__ import annotations",
            "from typing import Literal, TypeAlias",
            f"__all__ = {sorted(hints.called(name) for name in hints.choices)!r}",
            "",
            *(_choice(hints, name) for name in sorted(hints.choices)),
            "",
        ]
    )


def _choice(hints: Hints, name: str) -> str:
    values = ", ".join(repr(one["value"]) for one in hints.types[name]["enum"])
    return f"{hints.called(name)}: TypeAlias = Literal[{values}]"


def _class(hints: Hints, name: str, hides: Sequence[str]) -> Iterator[str]:
    spec = hints.types[name]
    fields = {key: one for key, one in spec["properties"].items() if f"{name}.{key}" not in hides}
    kind = fields.pop("kind", {}).get("const")
    needed = [key for key in fields if key in spec["required"]]
    optional = [key for key in fields if key not in spec["required"]]
    paths = [key for key in fields if key == "path"]
    pairs = {key: pair[0] for key, one in fields.items() if (pair := hints.pair(one.get("items", {})))}
    mapped = {key: f" A map: name -> {text}." for key, text in pairs.items()}
    listed = [item(snake(key), said(fields[key]) + mapped.get(key, "")) for key in (*needed, *optional)]
    yield "@dataclass(frozen=True)" if needed == ["name"] else "@dataclass(frozen=True, kw_only=True)"
    yield f"class {hints.called(name)}(Arguments):"
    yield textwrap.indent(f'"""{docstring(spec["description"], listed)}\n"""', "    ")
    if kind:
        yield f'    kind: ClassVar[str] = "{kind}"'
    if paths:
        yield f"    _paths = {tuple(snake(key) for key in paths)!r}"
    if pairs:
        yield f"    _pairs: ClassVar[Mapping[str, str]] = { ({snake(key): text for key, text in pairs.items()})!r}"
    for key in needed:
        yield f"    {snake(key)}: {hints.given(fields[key], key=key, is_path=key in paths)}"
    if needed == ["name"]:
        yield "    _: KW_ONLY"
    for key in optional:
        yield f"    {snake(key)}: {hints.given(fields[key], key=key, is_path=key in paths)} | None = None"
    yield ""


def outputs_text(hints: Hints) -> str:
    """The module of nested outputs: mappings in the provider's own words."""
    made: dict[str, list[str]] = {}
    waiting = sorted(hints.shown)
    while waiting:
        for name in waiting:
            made[name] = list(_mapping(hints, name))
        waiting = sorted(hints.shown - set(made))
    return "\n".join(
        [
            HEADER,
            '"""Nested outputs as programs get them."""',
            "from __future__ import annotations",
            "from collections.abc import Mapping, Sequence",
            "from typing import Any, NotRequired, TypedDict",
            f"__all__ = {sorted(hints.called(name) for name in made)!r}",
            "",
            *(line for name in sorted(made) for line in made[name]),
        ]
    )


def _mapping(hints: Hints, name: str) -> Iterator[str]:
    spec = hints.types[name]
    listed = [item(key, one["description"]) for key, one in spec["properties"].items()]
    yield f"class {hints.called(name)}(TypedDict):"
    yield textwrap.indent(f'"""{docstring(spec["description"], listed, heading="Keys")}\n"""', "    ")
    for key, one in spec["properties"].items():
        hint = hints.output(one)
        yield f"    {key}: {hint if key in spec['required'] else f'NotRequired[{hint}]'}"
    yield ""


def references_text(hints: Hints) -> str:
    """The module of what types take of each other."""
    found = {name: spec for name, spec in hints.types.items() if name.endswith(("Reference", "Relation"))}
    lines = [
        f"{snake(name).upper()} = {tuple(sorted(spec['properties']))!r}"
        for name, spec in sorted(found.items())
        if "kind" not in spec["properties"] or "const" not in spec["properties"]["kind"]
    ]
    return "\n".join([HEADER, '"""What types take of each other: names of outputs."""', *lines, ""])
