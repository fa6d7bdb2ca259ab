"""Which images carry the tag of a stack that no longer knows them, and which sources are still shared on its behalf.
Pure: from a stack's export and what is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from computenest.cloud.wire import object_in, objects_in
from computenest.kernel import identity
from computenest.kernel.errors import Invalid
from computenest.kernel.names import AccountName, ImageId, RegionId
from computenest.kernel.values import Json
from computenest.resources._packages.direct_model import (
    ENDED_TAG_PREFIX,
    SHARE_TAG_PREFIX,
    STACK_TAG,
    ended_tag_of,
    share_tag_of,
)
from computenest.resources._packages.model import Image
from computenest.resources.ecs_image_package.direct.plan import Placed


@dataclass(frozen=True, slots=True)
class Known:
    """What a stack's state knows.

    Args:
        stacks: `project/stack` of everything in the export.
        owners: owner id and generation of each package.
        accounts: where the sources of its packages in direct distribution live.
    """

    stacks: frozenset[str]
    owners: frozenset[tuple[str, str]]
    accounts: frozenset[AccountName] = frozenset()


@dataclass(frozen=True, slots=True)
class Share:
    """A source image that is shared on behalf of a package, and the tag that says so."""

    region: RegionId
    image_id: ImageId
    account: str
    tag: str


def known_in(export: Json) -> Known:
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
    stacks, owners, accounts = set(), set(), set()
    for resource in objects_in(deployment.get("resources")):
        parts = str(resource.get("urn", "")).split("::")
        if len(parts) >= 4:
            stacks.add(f"{parts[1]}/{parts[0].removeprefix('urn:pulumi:')}")
        known = {**object_in(resource.get("inputs")), **object_in(resource.get("outputs"))}
        if known.get("ownerId"):
            generation = known.get("generation")
            number = int(generation) if isinstance(generation, int | float) else 1
            owners.add((str(known["ownerId"]), str(number or 1)))
            direct = known.get("direct")
            if isinstance(direct, Mapping) and direct.get("stack"):
                stacks.add(str(direct["stack"]))  # what its copies are tagged with, also after the stack was renamed
            if isinstance(direct, Mapping):
                accounts.add(AccountName(str(known.get("account") or "")))
    return Known(frozenset(stacks), frozenset(owners), frozenset(accounts))


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


def shares_among(
    images: Mapping[RegionId, Sequence[Image]], known: Known, *, stacks: frozenset[str]
) -> tuple[Share, ...]:
    """Shares of source images that were given for a package of one of `stacks` which its state does not know, or were
    taken back and may have been given again."""
    active = {share_tag_of(owner, int(generation)) for owner, generation in known.owners}
    kept = active | {ended_tag_of(tag) for tag in active}
    found = []
    for region, there in sorted(images.items()):
        for image in sorted(there, key=lambda i: i.image_id):
            for tag, value in sorted(image.tags.items()):
                account, _, stack = value.partition("/")
                if tag.startswith((SHARE_TAG_PREFIX, ENDED_TAG_PREFIX)) and stack in stacks and tag not in kept:
                    found.append(Share(region, image.image_id, account, tag))
    return tuple(found)


def is_needed_by_others(share: Share, image: Image) -> bool:
    """Whether another package's tag says that it needs the same share."""
    return any(
        tag.startswith(SHARE_TAG_PREFIX) and tag != share.tag and value.partition("/")[0] == share.account
        for tag, value in image.tags.items()
    )
