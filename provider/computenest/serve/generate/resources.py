"""A type's module in the SDK for Python: its arguments and outputs as they are declared, for both transports."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from computenest.kernel.fields import Computed, Given, Resource
from computenest.resources.catalog import FIRST, TYPES
from computenest.serve.generate.hints import Hints, Spec, referred
from computenest.serve.generate.nested import imports_of
from computenest.serve.generate.sugar import Argument, Sugar
from computenest.serve.generate.words import HEADER, docstring, item, module_name, said, snake
from computenest.serve.schema_types import arms

__all__ = ["Module", "taken"]

_HIDDEN = frozenset({"ownerId"})  # minted, never given


@dataclass(slots=True)
class Module:
    """One type's module.

    Args:
        declared: the type.
        spec: the same in the schema.
        sugar: what it has by hand.
        hints: the annotations, and what they need.
    """

    declared: Resource
    spec: Spec
    sugar: Sugar
    hints: Hints
    arguments: list[Argument] = field(init=False)

    def __post_init__(self) -> None:
        self.arguments = sorted(self._arguments(), key=lambda one: (not one.is_required, one.name))

    def text(self) -> str:
        """The module's whole text, unformatted."""
        name = self.declared.type_name
        outputs = list(self._outputs())
        base = "Sugar" if "Sugar" in self.sugar.classes else "Declaration"
        return "\n".join(
            [
                HEADER,
                f'"""`{name}`, as programs declare it."""',
                *self._imports(base),
                f'__all__ = ["{name}", "{name}Declaration"]',
                "",
                f"class {name}Declaration({base}):",
                textwrap.indent(f'"""{self._docstring()}\n"""', "    "),
                f'    _type = "{name}"',
                f"    _taken = {tuple(taken(self.declared))!r}",
                *self._needed(),
                *self._concealed(),
                *self._init(),
                *outputs,
                *self._dynamic(),
            ]
        )

    def plugin_text(self) -> str:
        """The module of the plugin's class."""
        name = self.declared.type_name
        module = f"pulumi_computenest.declared.{module_name(name)}"
        return f'''{HEADER}
"""`{name}` as the plugin's resource."""
from __future__ import annotations
from {module} import {name}Declaration
from pulumi_computenest.plugin.resource import PluginResource

__all__ = ["{name}"]

class {name}({name}Declaration, PluginResource):
    __doc__ = {name}Declaration.__doc__
'''

    @property
    def _is_gated(self) -> bool:
        return {"status", "reasons"} <= set(self.spec["properties"])

    def _arguments(self) -> Iterator[Argument]:
        by_hand = {one.name for one in self.sugar.arguments}
        yield from self.sugar.arguments
        for key, spec in self.spec["inputProperties"].items():
            name = snake(key)
            if key in _HIDDEN or key in self.sugar.hides or name in by_hand:
                continue
            annotation = self.hints.given(spec, key=key)
            value = f"wire({name})" if _is_nested(self.hints, spec) else name
            yield Argument(name, key, annotation, _said(spec), key in self.spec["requiredInputs"], value)

    def _docstring(self) -> str:
        listed = [item("resource_name", f"The logical name{self._of_name()}.")]
        listed += [item(one.name, one.description) for one in self.arguments]
        return docstring(self.declared.description, listed)

    def _of_name(self) -> str:
        names = [one.name for one in self.arguments]
        return "; also its name in the cloud unless `name` is given" if "name" in names else ""

    def _needed(self) -> Iterator[str]:
        needed = tuple(one.name for one in self.sugar.arguments if one.is_required)
        if needed:
            yield f"    _needed = {needed!r}"

    def _concealed(self) -> Iterator[str]:
        found = tuple(
            (key, *path) for key, spec in self.spec["inputProperties"].items() for path in self.hints.secrets(spec)
        )
        if found:
            yield f"    _concealed = {found!r}"

    def _init(self) -> Iterator[str]:
        yield "    def __init__("
        yield "        self,"
        yield "        resource_name: str,"
        yield "        *,"
        for one in self.arguments:
            yield f"        {one.name}: {one.annotation}," if one.is_required else _optional(one)
        yield "        opts: pulumi.ResourceOptions | None = None,"
        yield "    ) -> None:"
        yield "        given: dict[str, Any] = {"
        yield from (f'            "{one.key}": {one.value},' for one in self.arguments)
        yield "        }"
        yield "        self._begin(resource_name, given, opts)"
        yield ""

    def _outputs(self) -> Iterator[str]:
        for key in taken(self.declared):
            name = snake(key)
            if name in self.sugar.properties:
                continue
            spec = self.spec["properties"][key]
            yield "    @property"
            yield f"    def {name}(self) -> pulumi.Output[{self.hints.output(spec)}]:"
            yield textwrap.indent(_quoted(spec["description"]), "        ")
            yield f'        return self._get("{key}")'
            yield ""

    def _dynamic(self) -> Iterator[str]:
        name = self.declared.type_name
        gate = "GatedResource" if self._is_gated else "DynamicResource"
        bases = f"Dynamic, {name}Declaration" if "Dynamic" in self.sugar.classes else f"{name}Declaration, {gate}"
        yield f'class {name}({bases}, module="computenest", name="{name}"):'
        yield f"    __doc__ = {name}Declaration.__doc__"
        yield f"    provider = {name}Provider"

    def _imports(self, base: str) -> Iterator[str]:
        name = self.declared.type_name
        yield "from __future__ import annotations"
        yield "from collections.abc import Mapping, Sequence"
        yield "from typing import TYPE_CHECKING, Any"
        yield "import pulumi"
        where = "providers" if TYPES[name] in FIRST else "lifecycles"
        yield f"from computenest.transports.dynamic.{where} import {name}Provider"
        if any(one.value.startswith("wire(") for one in self.arguments):
            yield "from pulumi_computenest.arguments import wire"
        needed = {base, "GatedResource" if self._is_gated else "DynamicResource"} - {"Sugar"}
        if "Dynamic" in self.sugar.classes:
            needed -= {"GatedResource", "DynamicResource"}
        if needed:
            yield f"from pulumi_computenest.declaration import {', '.join(sorted(needed))}"
        if self.sugar.module:
            yield f"from {self.sugar.module} import {', '.join(sorted(self.sugar.classes & {'Dynamic', 'Sugar'}))}"
        for_types = [*imports_of(self.hints)]
        for_types += [f"    from {module} import {one}" for one, module in sorted(self.sugar.imported.items())]
        if for_types:
            yield "if TYPE_CHECKING:"
            yield from for_types
        yield ""


def taken(declared: Resource) -> Iterator[str]:
    """Outputs that programs take: what the provider finds out, and texts of the program's that it completes. What a
    state may lack is left out: a preview shows it as unknown, and with it whatever is made of it."""
    for key, one in declared.properties.items():
        if isinstance(one.about, Computed):
            if one.about.is_always_shown and not one.about.is_internal:
                yield key
        elif _is_completed(one.about) and key not in _HIDDEN and _is_text(one.info.annotation):
            yield key


def _is_completed(about: Given) -> bool:
    return about.is_shown and about.is_always_shown and about.asked is None


def _is_text(annotation: Any) -> bool:
    found = arms(annotation)
    return len(found) == 1 and getattr(found[0], "__supertype__", found[0]) is str


def _is_nested(hints: Hints, spec: Spec) -> bool:
    if "oneOf" in spec:
        return True
    inner: Mapping[str, Any] = spec.get("items") or spec.get("additionalProperties") or spec
    name = referred(inner) if isinstance(inner, Mapping) else ""
    return bool(name) and not hints.is_choice(name)


def _said(spec: Spec) -> str:
    replaces = spec.get("willReplaceOnChanges") and "replaces" not in spec["description"]
    return said(spec) + (" Changing it replaces the resource." if replaces else "")


def _optional(one: Argument) -> str:
    annotation = one.annotation if one.annotation.endswith("| None") else f"{one.annotation} | None"
    return f"        {one.name}: {annotation} = None,"


def _quoted(text: str) -> str:
    return f'"""{docstring(text)}"""'
