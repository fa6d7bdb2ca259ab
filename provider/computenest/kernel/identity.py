"""Who owns an object in the cloud, and the names and tokens that follow from that.

Everything here is a function of identity and observed ordinals, never of time or chance: the same wish gives the
same name and the same token in every attempt, in every process, after every crash. That is what lets a second run
find what a first one began instead of beginning again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Protocol

from computenest.kernel.names import OwnerId, Token

TAG_PREFIX = "computenest:"
OWNER_TAG = "computenest:owner"
GENERATION_TAG = "computenest:generation"
INCARNATION_TAG = "computenest:incarnation"


def digest(*parts: str, length: int = 16) -> str:
    """A stable hexadecimal digest of `parts`, unambiguous about where one ends and the next begins."""
    joined = "\0".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(joined.encode()).hexdigest()[:length]


def mint_owner_id(*, organization: str, project: str, stack: str, type_token: str, name: str) -> OwnerId:
    """The identity of a resource, minted by the SDK class when the program first names it.

    `check` copies it from the old inputs for ever after, so a rename with an alias, a change of transport or a
    replacement keeps what is ours ours.
    """
    return OwnerId("o-" + digest(organization, project, stack, type_token, name, length=24))


def artifact_name(name: str, *, generation: int, former_name: str | None) -> str:
    """The artifact's name in the cloud: the user's own, unless a replacement would collide with its predecessor.

    Args:
        name: what the user wrote.
        generation: 1, and one more for each replacement.
        former_name: the artifact name of the generation before, None for the first.
    """
    if former_name is None or name not in {former_name, _stem(former_name)}:
        return name
    fresh = f"{name}-g{generation}"
    return name if fresh == former_name else fresh


def _stem(artifact: str) -> str:
    head, mark, tail = artifact.rpartition("-g")
    return head if mark and tail.isdigit() else artifact


def token(owner_id: OwnerId, generation: int, purpose: str, *ordinals: str | int) -> Token:
    """A ClientToken (ASCII, at most 64 characters) for one effect of one owner.

    `ordinals` name what was observed before the effect (the highest version, the attempt after a stale replay): two
    effects that both must happen differ in them, two attempts at one effect do not.
    """
    return Token("cn-" + digest(owner_id, str(generation), purpose, *(str(o) for o in ordinals), length=48))


class Identified(Protocol):
    """Whatever says whose it is."""

    @property
    def owner_id(self) -> OwnerId: ...
    @property
    def generation(self) -> int: ...


def identified(olds: Identified | None, replaced: Identified | None, minted: OwnerId) -> dict[str, str | int]:
    """`owner_id` and `generation` of what is checked: it keeps its own, and what replaces it is the next generation.

    Args:
        olds: the inputs of last time, None for a create and for the second check of a replacement.
        replaced: what this process has seen of the same resource in the state, for a replacement.
        minted: the owner id that the program gives.
    """
    if olds is not None:
        return {"owner_id": olds.owner_id, "generation": olds.generation}
    if replaced is not None:
        return {"owner_id": replaced.owner_id, "generation": replaced.generation + 1}
    return {"owner_id": minted, "generation": 1}


def owner_tags(owner_id: OwnerId, generation: int) -> dict[str, str]:
    """The tags that make an artifact ours; nothing without them is ever changed or deleted."""
    return {OWNER_TAG: owner_id, GENERATION_TAG: str(generation)}


def incarnation(tags: Mapping[str, str]) -> int:
    """How often a create has taken this artifact over: 1 for the one that made it.

    The engine replaces by creating first and deleting after, and a forced replacement (`--replace`) looks to a create
    just like a crash that left an artifact behind. So a create that adopts counts one up, and a delete whose state
    carries a lower count knows that the artifact has a newer owner in the state, and leaves it.
    """
    text = tags.get(INCARNATION_TAG, "1")
    return int(text) if text.isdigit() else 1


def is_ours(tags: Mapping[str, str], *, owner_id: OwnerId, generation: int) -> bool:
    """Whether an artifact with these tags belongs to this owner and generation."""
    return tags.get(OWNER_TAG) == owner_id and tags.get(GENERATION_TAG) == str(generation)
