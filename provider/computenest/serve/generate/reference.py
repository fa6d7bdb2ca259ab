"""The reference: a page a resource and function, made from the declarations like everything else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from computenest.kernel.fields import Given, Resource
from computenest.serve.generate.hints import Spec, referred
from computenest.serve.generate.resources import Module
from computenest.serve.generate.words import described, snake, written
from computenest.serve.schema.examples import example

_WORDS = {"string": "text", "integer": "integer", "number": "number", "boolean": "boolean"}


def reference_files(schema: Spec, modules: Mapping[str, Module]) -> dict[str, str]:
    """Path from the project's folder -> page.

    Args:
        schema: the provider's.
        modules: every type's module of the SDK for Python, by the type's name.
    """
    functions = {token.rpartition(":")[2]: spec for token, spec in schema["functions"].items()}
    pages = {name: _Page(schema).resource(module) for name, module in modules.items()}
    pages |= {name: _Page(schema).function(name, spec) for name, spec in functions.items()}
    variables = schema["config"]["variables"]
    pages["index"] = _Page(schema).written("all", modules=modules, functions=functions, configuration=variables)
    return {f"docs/reference/{name}.md": text for name, text in pages.items()}


class _Page:
    """One page, and the nested types that it has met."""

    def __init__(self, schema: Spec) -> None:
        self._schema = schema
        self._met: list[str] = []

    def written(self, of: str, **given: object) -> str:
        """The page's whole text."""
        return written(f"page_of_{of}.jinja", page=self, cell=_cell, names=_names, default=_default, **given)

    def resource(self, module: Module) -> str:
        """The page of a type."""
        name, spec = module.declared.type_name, module.spec
        return self.written(
            "resource",
            name=name,
            text=module.declared.description,
            examples=example(name, self._schema),
            inputs=_needed_first(spec["inputProperties"], spec["requiredInputs"]),
            required=spec["requiredInputs"],
            change=partial(_change, module.declared),
            sugar=module.sugar,
            hidden=[key for key in module.sugar.hides if "." not in key],
            outputs=[
                (key, one) for key, one in sorted(spec["properties"].items()) if key not in spec["inputProperties"]
            ],
        )

    def function(self, name: str, spec: Spec) -> str:
        """The page of a function."""
        return self.written(
            "function",
            name=name,
            text=described(spec),
            examples=example(name, self._schema),
            inputs=_needed_first(spec["inputs"]["properties"], spec["inputs"]["required"]),
            required=spec["inputs"]["required"],
            outputs=sorted(spec["outputs"]["properties"].items()),
        )

    def nested(self) -> Iterator[tuple[str, Spec]]:
        """The nested types that were met, those of each other as well."""
        for name in self._met:  # grows while it is read
            yield name, self._schema["types"][f"computenest:index:{name}"]

    def type_of(self, spec: Spec) -> str:
        """A property's type in words, with links to nested ones."""
        if "oneOf" in spec:
            return " or ".join(self.type_of(one) for one in spec["oneOf"])
        name = referred(spec)
        if name:
            values = self._schema["types"][f"computenest:index:{name}"].get("enum")
            if values:
                return " or ".join(f"`{one['value']}`" for one in values)
            if name not in self._met:
                self._met.append(name)
            return f"[{name}](#{name.lower()})"
        if "const" in spec:
            return f"`{spec['const']}`"
        if spec.get("type") == "array":
            return f"list of {self.type_of(spec['items'])}"
        if spec.get("type") == "object":
            return f"map of {self.type_of(spec['additionalProperties'])}"
        return _WORDS.get(spec.get("type", ""), "any value")


def _needed_first(properties: Mapping[str, Spec], required: Collection[str]) -> list[tuple[str, Spec]]:
    """By name, those that are needed before the others."""
    return sorted(properties.items(), key=lambda one: (one[0] not in required, one[0]))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _names(key: str) -> str:
    name = snake(key)
    return f"`{key}`" if name == key else f"`{key}`<br>`{name}`"


def _default(spec: Spec) -> str:
    default: Any = spec.get("default")
    return "" if default in (None, "") else f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _change(declared: Resource, key: str) -> str:
    one = declared.properties[key].about
    if key in declared.versioned:
        return "a new version"
    if isinstance(one, Given) and one.replaces:
        return "**replaces**"
    return "in place" if one.is_compared else "no change of itself"
