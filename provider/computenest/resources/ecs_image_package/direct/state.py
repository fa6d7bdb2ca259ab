"""The state of a package in direct distribution: the same maps as a managed one has, so that whoever depends on it
need not know which way its images came.

One key more: `strays` (image id -> region), images of ours that nothing wants, found by a refresh or left by a run that
did not finish; the next update removes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from computenest.kernel import identity
from computenest.kernel.names import ImageId, RegionId
from computenest.kernel.outcome import INCOMPLETE
from computenest.kernel.unknown import Known
from computenest.resources._packages.direct_model import SOURCE_TAG, edition, is_root_shared, origin_of, resource_id
from computenest.resources._packages.image_package import Package, State
from computenest.resources._packages.model import CustomImage
from computenest.resources.ecs_image_package.direct.classify import CopyPhase, classify_copy
from computenest.resources.ecs_image_package.direct.plan import Look, Placed, ours, owes_share, plan, share_state


def known_ids(known: State[Known] | None) -> frozenset[str]:
    """Every image id that a state records as this package's.

    Never the source's: where it lives in the hub account itself it stands for the copy of its own region, and stays its
    owner's.
    """
    if known is None:
        return frozenset()
    source = known.source
    own = {source.image_id} if isinstance(source, CustomImage) else set()
    return frozenset({*known.images.values(), *(known.strays or ())} - own)


def places_of(known: State[Known] | None) -> dict[RegionId, frozenset[ImageId]]:
    """The same ids, where they are."""
    found: dict[RegionId, frozenset[ImageId]] = {}
    if known is None:
        return found
    for region, image in (*known.images.items(), *((r, i) for i, r in (known.strays or {}).items())):
        found[region] = found.get(region, frozenset()) | {image}
    return found


def regions_of(known: State[Known] | None) -> frozenset[RegionId]:
    """Every region where a state records something of this package."""
    return frozenset() if known is None else frozenset({*known.distribution, *places_of(known)})


def after(
    package: Package[Known],
    images: Mapping[RegionId, ImageId],
    *,
    reasons: Mapping[str, str],
    statuses: Mapping[RegionId, str],
    strays: Mapping[ImageId, RegionId],
    incarnation: int,
) -> State[Known]:
    """The state after an operation: what there is, and for each gap the reason."""
    there = {region: images[region] for region in sorted(package.regions) if region in images}
    gaps = {region: reasons.get(region, "") for region in package.regions if region not in there}
    why: dict[str, str] = {region: text or "the run ended before this copy" for region, text in gaps.items()}
    why |= reasons
    return State[Known].made(
        package,
        artifact_id=resource_id(package),
        version=package.wanted_edition,
        status=INCOMPLETE if why else "Available",
        edition="" if why else package.wanted_edition,
        images=there,
        statuses={r: statuses.get(r, "Available" if r in there else "Missing") for r in package.regions},
        reasons=dict(sorted(why.items())),
        visible=tuple(there),
        reissued=False,
        incarnation=incarnation,
        strays={image: strays[image] for image in sorted(strays)},
    )


def observed(known: State[Known], look: Look, shares: Mapping[ImageId, frozenset[str]]) -> State[Known] | None:
    """The state as the cloud shows it, inputs included, so that the next preview shows what drifted; None for gone:
    no copy is there, and no source bears a mark of ours.

    Copies that a create counted up which no state knows (a run that was thought dead went on) would survive a destroy;
    so they are told as incomplete, and the next update counts them down. The state of a former self that waits for its
    deletion is told so as well, and never updated.

    Args:
        shares: who may use an image: of every copy, and of every source that is marked as ours.
    """
    package, remembered = known, known_ids(known)
    found = ours(package, look, remembered)
    steps = plan(package, look, remembered)
    images = {region: placed.image_id for region, placed in steps.ready.items() if region in package.regions}
    source = package.source
    if isinstance(source, CustomImage) and source.region in package.regions and not is_root_shared(package):
        images |= dict([source.original]) if look.source is not None else {}
    is_marked = any(share_state(package, image).is_ours for image in look.sources)
    if not images and not found and not is_marked:
        return None
    distribution = dict.fromkeys(images, source.origin)
    for placed in found:
        if placed.region not in distribution and classify_copy(placed.image.status) is CopyPhase.READY:
            distribution[placed.region] = origin_of(placed.image.tags.get(SOURCE_TAG, "another image"))
    strays = {p.image_id: p.region for p in (*steps.surplus, *steps.blocking)}
    changed, tags = _permitted(package, images, shares), _tags(package, steps.ready.values())
    is_taken = any(identity.incarnation(p.image.tags) > (known.incarnation or 1) for p in found)
    is_owing = any(owes_share(package, image, shares.get(image.image_id, frozenset())) for image in look.sources)
    is_settled = not (strays or is_owing or is_taken)
    complete = set(images) == set(package.regions) and is_settled and changed is None and tags is None
    lost = [region for region in package.regions if region not in images]
    made = after(
        known,
        images,
        reasons={} if complete else known.reasons,
        statuses={r: "Available" if r in images else "Lost" for r in package.regions},
        strays=strays,
        incarnation=known.incarnation or 1,
    )
    drifted = {} if tags is None else {"tags": tags}
    return made.made(
        made,
        distribution=dict(sorted(distribution.items())),
        direct=known.direct and known.direct.model_copy(update={} if changed is None else {"permit": tuple(changed)}),
        status="Available" if complete else INCOMPLETE,
        reasons={region: why for region, why in made.reasons.items() if region in lost and known.reasons},
        **drifted,
    )


def _permitted(
    package: Package[Known], images: Mapping[RegionId, ImageId], shares: Mapping[ImageId, frozenset[str]]
) -> list[str] | None:
    """The accounts of the first copy whose permissions are not as wanted; None where all are."""
    wanted = frozenset(package.direct.permit) if package.direct else frozenset()
    for _, image in sorted(images.items()):
        if image in shares and shares[image] != wanted:
            return sorted(shares[image])
    return None


def _tags(package: Package[Known], copies: Iterable[Placed]) -> dict[str, str] | None:
    """The user's tags on the first copy that does not carry what it should; None where all do."""
    for placed in sorted(copies, key=lambda p: p.image_id):
        if placed.region in package.regions and not is_tagged(package, placed):
            return {key: placed.image.tags[key] for key in sorted(package.tags) if key in placed.image.tags}
    return None


def is_tagged(package: Package[Known], placed: Placed) -> bool:
    """Whether a copy carries every tag that is wanted and ours."""
    tags: Sequence[tuple[str, str]] = (
        *package.tags.items(),
        *identity.owner_tags(package.owner_id, package.generation).items(),
    )
    return all(placed.image.tags.get(key) == value for key, value in tags) and edition(package, placed.region) != ""
