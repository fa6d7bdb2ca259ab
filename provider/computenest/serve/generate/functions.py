"""The plugin's functions in the SDK for Python, and what they answer."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from computenest.serve.generate.hints import Hints, Spec
from computenest.serve.generate.nested import imports_of
from computenest.serve.generate.words import HEADER, docstring, item, snake

__all__ = ["functions_text"]


def functions_text(hints: Hints, functions: Mapping[str, Spec]) -> str:
    """The module of the functions.

    Args:
        hints: for the annotations; the nested answers that they need are met here.
        functions: name (`getPackage`) -> function.
    """
    answers = [line for name, spec in functions.items() for line in _answer(hints, name, spec)]
    calls = [line for name, spec in functions.items() for line in _function(hints, name, spec)]
    return "\n".join(
        [
            HEADER,
            '"""Functions of the plugin: questions that change nothing, and temporary keys."""',
            "from __future__ import annotations",
            "from collections.abc import Mapping, Sequence",
            "from typing import TYPE_CHECKING, Any, NotRequired, TypedDict",
            "import pulumi",
            "if TYPE_CHECKING:",
            *(imports_of(hints) or ["    pass"]),
            f"__all__ = {sorted([snake(one) for one in functions] + [_result(one) for one in functions])!r}",
            "",
            *answers,
            *calls,
        ]
    )


def _result(name: str) -> str:
    return f"{name.removeprefix('get')[:1].upper()}{name.removeprefix('get')[1:]}Result"


def _answer(hints: Hints, name: str, spec: Spec) -> Iterator[str]:
    properties = spec["outputs"]["properties"]
    listed = [item(key, one["description"]) for key, one in sorted(properties.items())]
    yield f"class {_result(name)}(TypedDict):"
    yield textwrap.indent(f'"""{docstring(f"What `{snake(name)}` answers.", listed, heading="Keys")}\n"""', "    ")
    for key, one in sorted(properties.items()):
        hint = hints.output(one)
        yield f"    {key}: {hint if key in spec['outputs'].get('required', ()) else f'NotRequired[{hint}]'}"
    yield ""


def _function(hints: Hints, name: str, spec: Spec) -> Iterator[str]:
    needed = spec["inputs"]["required"]
    given = sorted(spec["inputs"]["properties"].items(), key=lambda one: (one[0] not in needed, one[0]))
    said = str(spec["description"]).partition("\n\n{{% examples %}}")[0]
    yield f"def {snake(name)}("
    yield "    *,"
    for key, one in given:
        yield f"    {snake(key)}: {hints.given(one, key=key)}{'' if key in needed else ' | None = None'},"
    yield "    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,"
    yield f") -> pulumi.Output[{_result(name)}]:"
    listed = [item(snake(key), one["description"]) for key, one in given]
    yield textwrap.indent(f'"""{docstring(said, listed)}\n"""', "    ")
    yield "    given = {"
    yield from (f'        "{key}": {snake(key)},' for key, _ in given)
    yield "    }"
    yield f'    return pulumi.runtime.invoke_output("computenest:index:{name}", given, opts)'
    yield ""
