"""`PluginResource`: how a declaration becomes a resource of the plugin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from pulumi_computenest.declaration import Declaration, untrack, with_alias
from pulumi_computenest.identity import plugin_type

__all__ = ["PluginResource"]

_DYNAMIC = "pulumi-python:dynamic/computenest:"


class PluginResource(Declaration, pulumi.CustomResource):
    """A declaration registered as the plugin's resource, with an alias of the dynamic type.

    class EcsImagePackage(EcsImageDeclaration, PluginResource): ...
    """

    def _declare(
        self, type_name: str, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None
    ) -> None:
        aliased = with_alias(opts, _DYNAMIC + type_name, name)
        pulumi.CustomResource.__init__(self, plugin_type(type_name), name, dict(properties), aliased)
        untrack(self)
