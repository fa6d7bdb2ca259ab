"""Which images carry the tag of a stack that no longer knows them. Pure: from a stack's export and what is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from computenest.domain import identity
from computenest.domain.direct.model import STACK_TAG
from computenest.domain.direct.plan import Placed
from computenest.domain.distribution.model import Image
from computenest.domain.errors import Invalid
from computenest.domain.names import RegionId

__all__ = ["Known", "known_in", "orphans_among"]


@dataclass(frozen=True, slots=True)
class Known:
    """What a stack's state knows.

    Args:
        stacks: `project/stack` of everything in the export.
        owners: owner id and generation of each package.
    """

    stacks: frozenset[str]
    owners: frozenset[tuple[str, str]]


def known_in(export: Any) -> Known:
    """Reads the JSON of `pulumi stack export`.

    Raises:
        Invalid: it is none, or operations are pending, so that it cannot be told what the stack knows.
    """
    deployment = export.get("deployment") if isinstance(export, Mapping) else None
    if not isinstance(deployment, Mapping):
        raise Invalid("this is not the JSON of `pulumi stack export`", hint="pulumi stack export > state.json")
    if deployment.get("pending_operations"):
        raise Invalid(
            "operations of this stack are pending: what they made is not in the export yet",
            hint="run pulumi refresh and pulumi up first",
        )
    stacks, owners = set(), set()
    for resource in deployment.get("resources") or ():
        parts = str(resource.get("urn", "")).split("::")
        if len(parts) >= 4:
            stacks.add(f"{parts[1]}/{parts[0].removeprefix('urn:pulumi:')}")
        known = {**(resource.get("inputs") or {}), **(resource.get("outputs") or {})}
        if known.get("ownerId"):
            owners.add((str(known["ownerId"]), str(int(known.get("generation") or 1))))
            direct = known.get("direct")
            if isinstance(direct, Mapping) and direct.get("stack"):
                stacks.add(str(direct["stack"]))  # what its copies are tagged with, also after the stack was renamed
    return Known(frozenset(stacks), frozenset(owners))


def orphans_among(
    images: Mapping[RegionId, Sequence[Image]], known: Known, *, stacks: frozenset[str]
) -> tuple[Placed, ...]:
    """Images tagged with one of `stacks` whose owner the stack's state does not know."""
    return tuple(
        Placed(region, image)
        for region, found in sorted(images.items())
        for image in sorted(found, key=lambda i: i.image_id)
        if image.tags.get(STACK_TAG) in stacks
        and image.tags.get(identity.OWNER_TAG)
        and (image.tags[identity.OWNER_TAG], image.tags.get(identity.GENERATION_TAG, "1")) not in known.owners
    )
