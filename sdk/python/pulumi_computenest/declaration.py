"""What the classes of both transports share: they take the same arguments and give the same outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

import pulumi
from pulumi.dynamic import Resource, ResourceProvider

from pulumi_computenest.identity import plugin_type

__all__ = ["INCOMPLETE", "Declaration", "DynamicResource"]

INCOMPLETE = "Incomplete"
"""The status of what a run left with a gap: the domain's own word, written here because a program starts without the
domain (a test sees that they are the same)."""


class Declaration:
    """Arguments and outputs of one type of resource.

    A type's declaration builds the properties once, in its `__init__`, and hands them to the next class, which is the
    one that registers: `DynamicResource` here, `PluginResource` in `pulumi_computenest.plugin`.
    """

    def __init__(
        self, type_name: str, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None
    ) -> None:
        """Args:
        type_name: `EcsImagePackage`.
        name: the logical name.
        properties: inputs as given, and None for every output that is no input.
        opts: the program's own options.
        """
        raise NotImplementedError

    def _get(self, name: str) -> pulumi.Output[Any]:
        return cast("pulumi.Output[Any]", self.__dict__[name])


class DynamicResource(Declaration, Resource):
    """A declaration registered as a dynamic resource, with an alias of the plugin's type."""

    provider: ClassVar[type[ResourceProvider]]
    """Pickled by reference into the state."""

    def __init__(
        self, type_name: str, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None
    ) -> None:
        aliases = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=plugin_type(type_name))])
        merged = pulumi.ResourceOptions.merge(opts, aliases)
        Resource.__init__(self, self.provider(), name, dict(properties), merged)
