"""Mints a resource's identity, and sees to it that one run mints it once."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import get_root_resource

from computenest.domain.identity import mint_owner_id

__all__ = ["mint", "plugin_type"]

_NO_ORGANIZATION = "organization"  # what the engine itself says where a backend has none
_NAMED: WeakKeyDictionary[pulumi.Resource, set[str]] = WeakKeyDictionary()


def mint(type_name: str, name: str) -> str:
    """The owner id of the resource of this type and logical name in the current stack.

    Raises:
        pulumi.RunError: another resource of this run has the same type and name (under another parent).
    """
    owner = mint_owner_id(
        organization=pulumi.get_organization() or _NO_ORGANIZATION,
        project=pulumi.get_project(),
        stack=pulumi.get_stack(),
        type_token=type_name,
        name=name,
    )
    root = get_root_resource()
    if root is not None:
        named = _NAMED.setdefault(root, set())
        if owner in named:
            raise pulumi.RunError(
                f"two resources of type {type_name} are named {name!r}, and what is theirs in the cloud goes by both: "
                "name one of them otherwise, by its parent's name before its own for example"
            )
        named.add(owner)
    return owner


def plugin_type(type_name: str) -> str:
    """The type token that the same resource has as a plugin's resource."""
    return f"computenest:index:{type_name}"
