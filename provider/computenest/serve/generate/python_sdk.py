"""The SDK for Python: every generated file by its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from computenest.kernel.fields import Resource
from computenest.resources.catalog import FIRST, TYPES
from computenest.serve.generate.hints import Hints
from computenest.serve.generate.nested import (
    arguments_texts,
    choices_text,
    functions_text,
    outputs_text,
    provider_text,
    references_text,
)
from computenest.serve.generate.resources import Module
from computenest.serve.generate.sugar import sugar_of
from computenest.serve.generate.words import HEADER, snake, written
from computenest.serve.schema import schema
from computenest.serve.schema.package import DECLARED


def modules_of(sugar_folder: Path, *, resources: Mapping[str, Resource] = DECLARED) -> dict[str, Module]:
    """Every type's module by the type's name.

    Args:
        sugar_folder: where the modules are that types have by hand.
        resources: every type by its name.
    """
    described = schema()
    types = {token.rpartition(":")[2]: spec for token, spec in described["types"].items()}
    sugars = {name: sugar_of(name, sugar_folder) for name in sorted(resources)}
    names = {one: called for sugar in sugars.values() for one, called in sugar.names.items()}
    specs = {name: described["resources"][f"computenest:index:{name}"] for name in sugars}
    return {name: Module(resources[name], specs[name], sugar, Hints(types, names)) for name, sugar in sugars.items()}


def python_files(modules: Mapping[str, Module]) -> dict[str, str]:
    """Path from the project's folder -> text, unformatted."""
    described = schema()
    functions = {token.rpartition(":")[2]: spec for token, spec in described["functions"].items()}
    sugars = [module.sugar for module in modules.values()]
    first = next(iter(modules.values())).hints
    types, names = first.types, first.names
    root = "sdk/python/pulumi_computenest"
    found: dict[str, str] = {}
    every = Hints(types, names, classes={one for sugar in sugars for one in sugar.nested})
    for name, module in modules.items():
        found[f"{root}/declared/{snake(name)}.py"] = module.text()
        found[f"{root}/declared/plugin/{snake(name)}.py"] = module.plugin_text()
        every.classes |= module.hints.classes
        every.choices |= module.hints.choices
        every.shown |= module.hints.shown
    asked = Hints(types, names)
    asked_text = functions_text(asked, functions)
    every.shown |= asked.shown
    later = sorted(name for name in modules if TYPES[name] not in FIRST)
    arguments = arguments_texts(every, hides=[*_hidden_fields(modules)])
    homes = {name: f"declared.arguments.{snake(name)}" for name in arguments}
    exported = homes | {every.called(name): "declared.choices" for name in every.choices}
    exported |= {one: sugar.module.removeprefix("pulumi_computenest.") for sugar in sugars for one in sugar.public}
    found |= {
        f"{root}/declared/__init__.py": f'{HEADER}\n"""The classes of programs, made from the declarations."""\n',
        f"{root}/declared/arguments/__init__.py": written(
            "package.jinja", welcome="Nested objects, as programs write them.", exported=homes
        ),
        f"{root}/declared/choices.py": choices_text(every),
        f"{root}/declared/outputs.py": outputs_text(every),
        f"{root}/declared/references.py": references_text(every),
        f"{root}/declared/plugin/__init__.py": f'{HEADER}\n"""The classes of programs, on the plugin."""\n',
        f"{root}/declared/plugin/functions.py": asked_text,
        f"{root}/declared/plugin/provider.py": provider_text(Hints(types, names), described["provider"]),
        f"{root}/__init__.py": written("sdk.jinja", exported=exported | {n: f"declared.{snake(n)}" for n in modules}),
        f"{root}/plugin/__init__.py": written(
            "plugin.jinja",
            exported=exported
            | {name: f"declared.plugin.{snake(name)}" for name in modules}
            | {snake(name): "declared.plugin.functions" for name in functions}
            | {"Provider": "declared.plugin.provider"},
        ),
        "provider/computenest/transports/dynamic/lifecycles.py": written("lifecycles.jinja", names=later),
    }
    for name, text in arguments.items():
        found[f"{root}/declared/arguments/{snake(name)}.py"] = text
    return found


def _hidden_fields(modules: Mapping[str, Module]) -> Iterator[str]:
    for module in modules.values():
        for path in module.sugar.hides:
            key, _, below = path.partition(".")
            if below:
                reference = module.spec["inputProperties"][key]["$ref"]
                yield f"{reference.rpartition(':')[2]}.{below}"
