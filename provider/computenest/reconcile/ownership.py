"""Whose an object is: nothing that is not ours is changed or deleted, and the message says whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from computenest.kernel import identity
from computenest.kernel.errors import Conflict

_NOT_MADE = "was not made by this stack"
_ADVICE = {
    "artifact": (_NOT_MADE, "choose another name for the package, or delete that artifact yourself"),
    "service": (_NOT_MADE, "give this service another name, import that one, or delete it yourself"),
    "instance": (
        "carries no tag of this stack",
        "delete it yourself, or give it the tag {tag} back if it is this stack's after all",
    ),
}
"""Of each kind: what is said of one without an owner, and what to do next."""


class Tagged(identity.Identified, Protocol):
    """Whatever carries the user's tags and ours."""

    @property
    def tags(self) -> Mapping[str, str]: ...


class Recorded(Protocol):
    """What a state says of the object that it is about."""

    @property
    def incarnation(self) -> int | None: ...
    @property
    def tags(self) -> Mapping[str, str]: ...


def tag_changes(
    wanted: Mapping[str, str], seen: Mapping[str, str], former: Recorded | None
) -> tuple[dict[str, str], list[str]]:
    """Tags to set, and keys of tags to take off: those of the state before, and nobody else's.

    Args:
        wanted: the program's tags, and ours.
        seen: the tags that the object carries.
        former: what the state before says, None for a create.
    """
    changed = {key: value for key, value in wanted.items() if seen.get(key) != value}
    return changed, sorted(key for key in (former.tags if former else ()) if key not in wanted and key in seen)


def refuse_foreign(
    kind: str, object_id: str, name: str, wanted: Tagged, tags: Mapping[str, str], *, may_restore: bool = False
) -> None:
    """An object that lost our tag is restored by an update (its id is in our state), never deleted.

    Raises:
        Conflict: it is not ours.
    """
    if identity.is_ours(tags, owner_id=wanted.owner_id, generation=wanted.generation):
        return
    if not (may_restore and identity.OWNER_TAG not in tags):
        raise foreign(kind, object_id, name, wanted, tags)


def foreign(kind: str, object_id: str, name: str, wanted: Tagged, tags: Mapping[str, str]) -> Conflict:
    """Why an object is left alone: it carries no tag of ours, or another owner's."""
    owner = tags.get(identity.OWNER_TAG)
    untagged, hint = _ADVICE.get(kind, _ADVICE["instance"])
    whose = untagged if owner is None else f"belongs to {owner}"
    if owner == wanted.owner_id:
        whose = f"is generation {tags.get(identity.GENERATION_TAG)} of this very resource"
    return Conflict(
        f"{kind} {object_id} named {name!r} {whose}; it is left untouched",
        hint=hint.format(tag=f"{identity.OWNER_TAG}={wanted.owner_id}"),
    )
