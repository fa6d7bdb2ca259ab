"""The SDK for Python: every generated file by its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from computenest.kernel.fields import Resource
from computenest.resources.catalog import FIRST, TYPES
from computenest.serve.generate.functions import functions_text
from computenest.serve.generate.hints import Hints
from computenest.serve.generate.nested import arguments_texts, choices_text, outputs_text, references_text
from computenest.serve.generate.provider import provider_text
from computenest.serve.generate.resources import Module
from computenest.serve.generate.sugar import sugar_of
from computenest.serve.generate.words import HEADER, module_name, snake
from computenest.serve.schema import schema
from computenest.serve.schema.package import DECLARED

__all__ = ["modules_of", "python_files"]

_WELCOME = '''"""Deployment packages of Alibaba Cloud Compute Nest, and the images of a template that they stand for.

import pulumi_computenest as computenest

web = computenest.EcsImagePackage(
    "web",
    source=computenest.CustomImage(image_id="m-bp1…", region="cn-hangzhou"),
    regions=["cn-hangzhou", "cn-beijing"],
)
images = computenest.ServiceImageAssociation(
    "images", template="template.yaml", packages={"ecs_image_web": web}
)

These are dynamic resources: nothing is to be installed but this package. `pulumi_computenest.plugin` has the same
classes on the plugin. A class is loaded when it is first named.
"""'''
_PLUGIN = '''"""The same resources through the plugin: true previews, partial state, import, cancel, live progress.

A program moves over by its import alone, and nothing is replaced:

    import pulumi_computenest.plugin as computenest   # was: import pulumi_computenest as computenest

`pulumi-resource-computenest` has to be on PATH, or named in `plugins.providers` of Pulumi.yaml. A `Provider` of one's
own, given as `opts=pulumi.ResourceOptions(provider=…)`, is another account or another site.
"""'''
_PROVIDERS = '''"""Dynamic providers of the types that came after the first two: a class and a name each.

Pickled by reference like those of `providers`: module and class name keep their place for ever.
"""
from __future__ import annotations
from computenest.serve.dynamic.provider import Provider

class LifecycleProvider(Provider):
    """Hands the dynamic host's calls to the lifecycle of `type_name`."""

'''


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
    texts = {name: (module.text(), module.plugin_text()) for name, module in modules.items()}
    every = Hints(types, names, classes={one for sugar in sugars for one in sugar.nested})
    for module in modules.values():
        every.classes |= module.hints.classes
        every.choices |= module.hints.choices
        every.shown |= module.hints.shown
    asked = Hints(types, names)
    asked_text = functions_text(asked, functions)
    every.shown |= asked.shown
    root = "sdk/python/pulumi_computenest"
    arguments = arguments_texts(every, hides=[*_hidden_fields(modules)])
    homes = {name: f"declared.arguments.{module_name(name)}" for name in arguments}
    exported = homes | {every.called(name): "declared.choices" for name in every.choices}
    exported |= {one: sugar.module.removeprefix("pulumi_computenest.") for sugar in sugars for one in sugar.public}
    found = {
        f"{root}/declared/__init__.py": f'{HEADER}\n"""The classes of programs, made from the declarations."""\n',
        f"{root}/declared/arguments/__init__.py": _package('"""Nested objects, as programs write them."""', homes),
        f"{root}/declared/choices.py": choices_text(every),
        f"{root}/declared/outputs.py": outputs_text(every),
        f"{root}/declared/references.py": references_text(every),
        f"{root}/declared/plugin/__init__.py": f'{HEADER}\n"""The classes of programs, on the plugin."""\n',
        f"{root}/declared/plugin/functions.py": asked_text,
        f"{root}/declared/plugin/provider.py": provider_text(Hints(types, names), described["provider"]),
        f"{root}/__init__.py": _package(_WELCOME, exported | {n: f"declared.{module_name(n)}" for n in modules}),
        f"{root}/plugin/__init__.py": _package(
            _PLUGIN,
            exported
            | {name: f"declared.plugin.{module_name(name)}" for name in modules}
            | {snake(name): "declared.plugin.functions" for name in functions}
            | {"Provider": "declared.plugin.provider"},
        ),
        "provider/computenest/transports/dynamic/lifecycles.py": _providers(
            name for name in modules if TYPES[name] not in FIRST
        ),
    }
    for name, text in arguments.items():
        found[f"{root}/declared/arguments/{module_name(name)}.py"] = text
    for name, (text, plugin_text) in texts.items():
        found[f"{root}/declared/{module_name(name)}.py"] = text
        found[f"{root}/declared/plugin/{module_name(name)}.py"] = plugin_text
    return found


def _hidden_fields(modules: Mapping[str, Module]) -> Iterator[str]:
    for module in modules.values():
        for path in module.sugar.hides:
            key, _, below = path.partition(".")
            if below:
                reference = module.spec["inputProperties"][key]["$ref"]
                yield f"{reference.rpartition(':')[2]}.{below}"


def _package(welcome: str, exported: Mapping[str, str]) -> str:
    """A package that loads a class when it is first named, and looks to checkers as if it had them all."""
    by_module: dict[str, list[str]] = {}
    for name, module in exported.items():
        by_module.setdefault(module, []).append(name)
    imports = [
        f"    from pulumi_computenest.{module} import {', '.join(sorted(names))}"
        for module, names in sorted(by_module.items())
    ]
    homes = {name: exported[name] for name in sorted(exported)}
    return "\n".join(
        [
            HEADER,
            welcome,
            "from __future__ import annotations",
            "import importlib",
            "from typing import TYPE_CHECKING, Any",
            "if TYPE_CHECKING:",
            *imports,
            f"__all__ = {sorted(exported)!r}",
            f"_HOMES = {homes!r}",
            "if not TYPE_CHECKING:",
            "    def __getattr__(name: str) -> Any:",
            "        if name not in _HOMES:",
            "            raise AttributeError(f'module {__name__!r} has no attribute {name!r}')",
            "        found = getattr(importlib.import_module(f'pulumi_computenest.{_HOMES[name]}'), name)",
            "        globals()[name] = found",
            "        return found",
            "    def __dir__() -> list[str]:",
            "        return sorted({*globals(), *__all__})",
            "",
        ]
    )


def _providers(names: Iterator[str]) -> str:
    listed = sorted(names)
    said = '    """`{0}` for the dynamic host."""\n    type_name = "{0}"\n'
    classes = [f"class {name}Provider(LifecycleProvider):\n" + said.format(name) for name in listed]
    public = sorted(["LifecycleProvider", *(f"{name}Provider" for name in listed)])
    head, mark, tail = _PROVIDERS.partition("class LifecycleProvider")
    return "\n".join([HEADER, head, f"__all__ = {public!r}", mark + tail, *classes])
