"""Whose an instance is: nothing that is not ours is changed or deleted, and the message says whose it is."""

from __future__ import annotations

from computenest.domain import identity
from computenest.domain.errors import Conflict
from computenest.domain.instance.model import Instance, Wanted

__all__ = ["refuse_stranger"]


def refuse_stranger(wanted: Wanted, seen: Instance, *, may_restore: bool = False) -> None:
    """An instance that lost our tag is restored by an update (its id is in our state), never deleted."""
    if identity.is_ours(seen.tags, owner_id=wanted.owner_id, generation=wanted.generation):
        return
    owner = seen.tags.get(identity.OWNER_TAG)
    if may_restore and owner is None:
        return
    whose = "carries no tag of this stack" if owner is None else f"belongs to {owner}"
    if owner == wanted.owner_id:
        whose = f"is generation {seen.tags.get(identity.GENERATION_TAG)} of this very resource"
    raise Conflict(
        f"instance {seen.instance_id} named {wanted.name!r} {whose}; it is left untouched",
        hint="delete it yourself, or give it the tag "
        f"{identity.OWNER_TAG}={wanted.owner_id} back if it is this stack's after all",
    )
