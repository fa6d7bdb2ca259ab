"""How a declaration becomes a resource of the plugin, and how a program configures one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi

from pulumi_computenest.declaration import Declaration, untrack, with_alias
from pulumi_computenest.identity import plugin_type

__all__ = ["PluginProvider", "PluginResource"]

_DYNAMIC = "pulumi-python:dynamic/computenest:"


class PluginResource(Declaration, pulumi.CustomResource):
    """A declaration registered as the plugin's resource, with an alias of the dynamic type.

    class EcsImagePackage(EcsImageDeclaration, PluginResource): ...
    """

    def _declare(self, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        aliased = with_alias(opts, _DYNAMIC + self._type, name)
        pulumi.CustomResource.__init__(self, plugin_type(self._type), name, dict(properties), aliased)
        untrack(self)


class PluginProvider(pulumi.ProviderResource):
    """The plugin, configured by the program; nothing of the stack's configuration reaches it.

    Args:
        _secret: properties that are kept encrypted.
    """

    _secret: ClassVar[tuple[str, ...]] = ()

    def __init__(self, name: str, given: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        properties = {key: self._property(key, value) for key, value in given.items() if value is not None}
        super().__init__("computenest", name, properties, opts)

    def _property(self, key: str, value: Any) -> Any:
        """As the engine takes it: everything but a text as JSON."""
        if key in self._secret:
            return pulumi.Output.secret(value)
        return value if isinstance(value, str) else pulumi.Output.from_input(value).apply(_as_text)


def _as_text(known: Any) -> Any:
    return known if isinstance(known, str) else pulumi.runtime.to_json(known)
