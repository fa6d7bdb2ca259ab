"""Mints a resource's identity, and sees to it that one run mints it once."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import get_root_resource

from computenest.kernel.identity import mint_owner_id

__all__ = ["former_owners", "mint", "plugin_type"]

_NO_ORGANIZATION = "organization"  # what the engine itself says where a backend has none
_NAMED: WeakKeyDictionary[pulumi.Resource, set[str]] = WeakKeyDictionary()


def mint(type_name: str, name: str) -> str:
    """The owner id of the resource of this type and logical name in the current stack.

    Raises:
        pulumi.RunError: another resource of this run has the same type and name (under another parent).
    """
    owner = _owner_of(type_name, name)
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


def former_owners(type_name: str, opts: pulumi.ResourceOptions | None) -> dict[str, list[str]]:
    """`{"formerOwners": …}`: the owner ids under the names that the aliases give, {} where they give none.

    The engine checks what is replaced by force (`--replace`) as if it were new: without these, the package of a
    resource that was renamed would be taken for a stranger's.
    """
    names = [_former_name(alias) for alias in (opts.aliases if opts is not None else None) or ()]
    owners = sorted({_owner_of(type_name, name) for name in names if name})
    return {"formerOwners": owners} if owners else {}


def _former_name(alias: object) -> str:
    """The logical name that an alias gives, "" where it gives none, or one that is not known yet."""
    name = alias.name if isinstance(alias, pulumi.Alias) else str(alias).rpartition("::")[2]
    return name if isinstance(name, str) and not isinstance(alias, pulumi.Output) else ""


def _owner_of(type_name: str, name: str) -> str:
    return mint_owner_id(
        organization=pulumi.get_organization() or _NO_ORGANIZATION,
        project=pulumi.get_project(),
        stack=pulumi.get_stack(),
        type_token=type_name,
        name=name,
    )


def plugin_type(type_name: str) -> str:
    """The type token that the same resource has as a plugin's resource."""
    return f"computenest:index:{type_name}"
