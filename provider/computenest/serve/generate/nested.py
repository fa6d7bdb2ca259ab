"""What types have in common in the SDK for Python: nested objects, enumerations, functions, the plugin's provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from computenest.serve.generate.hints import Hints, Spec
from computenest.serve.generate.sugar import LOGICAL_NAME
from computenest.serve.generate.words import described, snake, written


def arguments_texts(hints: Hints, *, hides: Sequence[str]) -> dict[str, str]:
    """Nested arguments: class -> its module, each loaded when it is first named, as a dataclass takes its time to make.

    Args:
        hints: what the types' modules met; what these classes need is met here.
        hides: `DirectSpec.stack`: fields that programs do not give.
    """
    made: dict[str, str] = {}
    while waiting := sorted(hints.classes - set(made)):
        for name in waiting:
            own = replace(hints, classes=set(), choices=set(), shown=set(), special=set())
            made[name] = _class(own, name, hides)
            hints.classes |= own.classes
            hints.choices |= own.choices
    return {hints.called(name): made[name] for name in sorted(made)}


def _class(hints: Hints, name: str, hides: Sequence[str]) -> str:
    """The module of one of them, a dataclass."""
    spec = hints.types[name]
    fields = {key: one for key, one in spec["properties"].items() if f"{name}.{key}" not in hides}
    kind = fields.pop("kind", {}).get("const")
    pairs = {snake(key): pair[0] for key, one in fields.items() if (pair := hints.pair(one.get("items", {})))}
    members = [
        replace(one, description=f"{one.description} A map: name -> {pairs[one.name]}.") if one.name in pairs else one
        for one in hints.arguments(fields, spec["required"], path="path")
    ]
    return written(
        "argument.jinja",
        hints=hints,
        name=hints.called(name),
        text=spec["description"],
        kind=kind,
        paths=tuple(one.name for one in members if one.key == "path"),
        pairs=pairs,
        members=members,
    )


def choices_text(hints: Hints) -> str:
    """The module of enumerations."""
    values = {name: [one["value"] for one in hints.types[name]["enum"]] for name in sorted(hints.choices)}
    return written("choices.jinja", choices={hints.called(name): of for name, of in values.items()})


def outputs_text(hints: Hints) -> str:
    """The module of nested outputs: mappings in the provider's own words."""
    made: dict[str, tuple[str, object]] = {}
    while waiting := sorted(hints.shown - set(made)):
        for name in waiting:
            spec = hints.types[name]
            made[name] = spec["description"], hints.keys(spec["properties"], spec["required"])
    return written("outputs.jinja", outputs={hints.called(name): made[name] for name in sorted(made)})


def references_text(hints: Hints) -> str:
    """The module of what types take of each other."""
    found = {
        snake(name).upper(): tuple(sorted(spec["properties"]))
        for name, spec in sorted(hints.types.items())
        if name.endswith(("Reference", "Relation")) and "const" not in spec["properties"].get("kind", {})
    }
    return written("references.jinja", references=found)


def functions_text(hints: Hints, functions: Mapping[str, Spec]) -> str:
    """The plugin's functions in the SDK for Python, and what they answer.

    Args:
        hints: for the annotations; the nested answers that they need are met here.
        functions: name (`getPackage`) -> function.
    """
    found = [
        {
            "token": name,
            "name": snake(name),
            "result": _result(name),
            "text": described(spec),
            "keys": hints.keys(_ordered(spec["outputs"]), spec["outputs"].get("required", ())),
            "arguments": hints.arguments(_ordered(spec["inputs"]), spec["inputs"]["required"]),
        }
        for name, spec in functions.items()
    ]
    return written("functions.jinja", hints=hints, functions=found)


def _ordered(spec: Spec) -> dict[str, Spec]:
    """The properties of an object by name."""
    return dict(sorted(spec["properties"].items()))


def _result(name: str) -> str:
    """What the answer of a function is called: `PackageResult` of `getPackage`."""
    return f"{name.removeprefix('get')[:1].upper()}{name.removeprefix('get')[1:]}Result"


def provider_text(hints: Hints, spec: Spec) -> str:
    """The module of the plugin's `Provider` class: the provider's configuration as arguments.

    Args:
        hints: for the annotations.
        spec: the provider in the schema.
    """
    given = spec["inputProperties"]
    return written(
        "provider.jinja",
        text=spec["description"],
        logical_name=LOGICAL_NAME,
        arguments=hints.arguments(given, ()),
        secret=tuple(sorted(key for key, one in given.items() if one.get("secret"))),
    )
