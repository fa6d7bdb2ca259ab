"""The plugin's `Provider` class: the provider's configuration as arguments."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from computenest.serve.generate.hints import Hints
from computenest.serve.generate.words import HEADER, docstring, item, snake

__all__ = ["provider_text"]


def provider_text(hints: Hints, spec: Mapping[str, Any]) -> str:
    """The module of the class.

    Args:
        hints: for the annotations.
        spec: the provider in the schema.
    """
    return "\n".join(_lines(hints, spec))


def _lines(hints: Hints, spec: Mapping[str, Any]) -> Iterator[str]:
    given = spec["inputProperties"]
    listed = [item("resource_name", "The logical name.")]
    listed += [item(snake(key), one["description"]) for key, one in given.items()]
    secret = tuple(sorted(key for key, one in given.items() if one.get("secret")))
    yield from (HEADER, '"""`Provider`: whose account, and which site."""')
    yield from ("from __future__ import annotations", "from collections.abc import Mapping", "import pulumi")
    yield "from pulumi_computenest.plugin.resource import PluginProvider"
    yield '__all__ = ["Provider"]'
    yield "class Provider(PluginProvider):"
    yield textwrap.indent(f'"""{docstring(spec["description"], listed)}\n"""', "    ")
    yield f"    _secret = {secret!r}"
    yield from ("    def __init__(", "        self,", "        resource_name: str,", "        *,")
    yield from (f"        {snake(key)}: {hints.given(one)} | None = None," for key, one in given.items())
    yield from ("        opts: pulumi.ResourceOptions | None = None,", "    ) -> None:", "        given = {")
    yield from (f'            "{key}": {snake(key)},' for key in given)
    yield from ("        }", "        super().__init__(resource_name, given, opts)", "")
