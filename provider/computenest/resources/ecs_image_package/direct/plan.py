"""What separates the hub account from the wish: the minimal steps, from what is wanted and what is observed. Pure.

Level-triggered: a step depends on what is there, never on what this process did before. Copies of the wanted edition
are adopted, whatever their status; older editions, failed copies and copies in regions that are wanted no more go,
but only after everything wanted is there. What does not carry our tag is never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from computenest.kernel import identity
from computenest.kernel import plan as plans
from computenest.kernel.names import ImageId, RegionId
from computenest.kernel.unknown import Known
from computenest.resources._packages.direct_model import (
    EDITION_TAG,
    PUBLIC,
    SHARE_TAG_PREFIX,
    copy_name,
    edition,
    ended_tag,
    is_copy_name,
    is_root_shared,
    share_tag,
)
from computenest.resources._packages.image_package import Package
from computenest.resources._packages.model import CustomImage, Image
from computenest.resources.ecs_image_package.direct.classify import CopyPhase, classify_copy

_PER_CALL = 10  # facts §4: the eleventh account is ignored without a word


@dataclass(frozen=True, slots=True)
class Placed:
    """One of our images, and where it is."""

    region: RegionId
    image: Image

    @property
    def image_id(self) -> ImageId:
        return self.image.image_id


@dataclass(frozen=True, slots=True)
class Look:
    """What was observed.

    Args:
        images: every own image of the hub account, of every status, in each region looked at.
        source: the source image as its own account sees it; None where it is gone.
        forgotten: other images of that account that are, or were, shared on this package's behalf.
    """

    images: Mapping[RegionId, Sequence[Image]] = field(default_factory=dict)
    source: Image | None = None
    forgotten: Sequence[Image] = ()

    @property
    def sources(self) -> tuple[Image, ...]:
        """Every image that may be shared on this package's behalf."""
        return (*self.forgotten, *(() if self.source is None else (self.source,)))


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps, in the order in which they are done: share, copy, wait, permit, and only then unshare and delete.

    Args:
        ready: regions whose copy is finished; they may serve as sources, wanted or not.
        running: copies under way.
        missing: wanted regions without a copy.
        needs_root: the hub's first copy, in the source's region, has to be made.
        blocking: failed copies that hold the name of one that has to be made: they go first.
        surplus: our images that nothing wants: older editions, failed ones, regions taken away.
    """

    ready: Mapping[RegionId, Placed]
    running: Mapping[RegionId, Placed]
    missing: frozenset[RegionId]
    needs_root: bool
    blocking: tuple[Placed, ...]
    surplus: tuple[Placed, ...]

    @property
    def copies(self) -> int:
        """How many copies have to be started."""
        return len(self.missing) + (1 if self.needs_root else 0)


def is_ours(package: Package[Known], image: Image, known: Set[str] = frozenset()) -> bool:
    """Whether an image is this package's: by its tags, or by its id in our state where somebody took the tags off. Then
    it still has a name of the form that we give: a source that a state names (see `known_ids`) has not."""
    if identity.is_ours(image.tags, owner_id=package.owner_id, generation=package.generation):
        return True
    return image.image_id in known and identity.OWNER_TAG not in image.tags and is_copy_name(image.name)


def ours(package: Package[Known], look: Look, known: Set[str] = frozenset()) -> tuple[Placed, ...]:
    """All of this package's images, of every edition."""
    return tuple(
        Placed(region, image)
        for region, images in sorted(look.images.items())
        for image in sorted(images, key=lambda i: i.image_id)
        if is_ours(package, image, known)
    )


def plan(package: Package[Known], look: Look, known: Set[str] = frozenset()) -> Plan:
    """The minimal steps.

    Args:
        package: what is wanted; its `direct` is set and its source is a custom image.
        look: what is observed, at least in every wanted region and in the source's.
        known: ids in our state.
    """
    best: dict[RegionId, Placed] = {}
    blocking: list[Placed] = []
    surplus: list[Placed] = []
    for placed in ours(package, look, known):
        if not _is_current(package, placed):
            surplus.append(placed)
        elif classify_copy(placed.image.status) is CopyPhase.FAILED:
            blocking.append(placed)
        elif placed.region in best and _rank(best[placed.region]) <= _rank(placed):
            surplus.append(placed)
        else:
            if placed.region in best:
                surplus.append(best[placed.region])
            best[placed.region] = placed
    ready = {r: p for r, p in best.items() if classify_copy(p.image.status) is CopyPhase.READY}
    running = {r: p for r, p in best.items() if r not in ready}
    wanted = frozenset(package.regions)
    missing = wanted - best.keys()
    surplus += [placed for region, placed in best.items() if region not in wanted]
    origin = _origin(package)
    if is_root_shared(package):
        serves = (lambda r: r == origin) if _is_star(package) else (lambda _: True)
        needs_root = bool(missing) and origin not in best and not any(serves(region) for region in best)
        missing -= {origin} if needs_root else frozenset()
    else:
        needs_root = False
        missing -= {origin}  # the source itself serves there
    ordered = tuple(sorted(surplus, key=lambda p: (p.region, p.image_id)))
    return Plan(ready, running, missing, needs_root, tuple(blocking), ordered)


@dataclass(frozen=True, slots=True)
class Refuse(plans.Fail):
    """Not even the first copy may be started."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Adopt(plans.Step):
    """An earlier, interrupted create made copies: count them up."""

    found: tuple[Placed, ...]


class EndForgotten(plans.Step):
    """Sources that the program names no more are shared still."""


@dataclass(frozen=True, slots=True)
class Unblock(plans.Step):
    """Failed copies hold the names of those to be made."""

    blocking: tuple[Placed, ...]


class Share(plans.Step):
    """The first copy can be made only of a source that the hub sees."""


class Distribute(plans.Await):
    """Copies run, or are to be started, many at once."""


class Short(plans.Fail):
    """Not every copy was made."""


class Done(plans.Done):
    """Every copy is there."""


def next_step(
    package: Package[Known],
    look: Look,
    steps: Plan,
    known: Set[str] = frozenset(),
    *,
    taken: Set[str],
    is_new: bool,
    has_moved: bool,
    is_copied: bool | None,
) -> plans.Step:
    """The one thing to do now.

    Args:
        package: what is wanted.
        look: what was observed at the beginning: to look again would cost a list call a region.
        steps: what `plan` makes of both.
        known: ids in our state.
        taken: names of the steps that this run took already.
        is_new: no state knows of it.
        has_moved: the state's source was in another region.
        is_copied: whether every copy was made, None while that is open.
    """
    if not taken and (wrong := problems(package, look, steps, known)):
        return Refuse(wrong)
    if is_new and "Adopt" not in taken and (found := ours(package, look)):
        return Adopt(found)
    if (has_moved or look.forgotten) and "EndForgotten" not in taken:
        return EndForgotten()
    if steps.blocking and "Unblock" not in taken:
        return Unblock(steps.blocking)
    if steps.needs_root and "Share" not in taken:
        return Share()
    if is_copied is None:
        return Distribute()
    return Done() if is_copied else Short()


def problems(package: Package[Known], look: Look, steps: Plan, known: Set[str] = frozenset()) -> tuple[str, ...]:
    """Why not even the first copy may be started, all at once: names that strangers hold, and the image quota."""
    found = []
    new = set(steps.missing) | ({_origin(package)} if steps.needs_root else set())
    for region in sorted(new):
        name = copy_name(package, region)
        there = look.images.get(region, ())
        taken = [image for image in there if image.name == name and not is_ours(package, image, known)]
        if taken:
            found.append(
                f"{region}: image {taken[0].image_id} is named {name!r} and does not carry this stack's tag; "
                "it is left untouched: rename or delete it yourself"
            )
        quota = package.direct.image_quota if package.direct else None
        if quota is not None and len(there) + 1 > quota:
            found.append(
                f"{region}: the account has {len(there)} of {quota} images there; delete images that nothing uses, or "
                "ask for a higher quota"
            )
    source = package.source
    if (steps.needs_root or (not is_root_shared(package) and steps.missing and not steps.ready)) and isinstance(
        source, CustomImage
    ):
        if look.source is None:
            found.append(f"{source.region}: the source image {source.image_id} does not exist, or is not to be seen")
        elif classify_copy(look.source.status) is CopyPhase.FAILED:
            found.append(f"{source.region}: the source image {source.image_id} is {look.source.status}")
        elif look.source.is_encrypted and package.direct is not None and not package.direct.kms_keys:
            found.append(
                f"{source.region}: the source image {source.image_id} is encrypted; name the keys of the copies in "
                "direct.kmsKeys, or distribute an unencrypted image"
            )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class ShareState:
    """What the tags of a source say.

    Args:
        account: it is shared with this one on our behalf; "" where it bears no mark of such a share.
        ended: the account whose share, which another run of ours began, was taken back; it may have been given again
            since. "" for none.
        others: accounts whose share somebody else needs still.
    """

    account: str = ""
    ended: str = ""
    others: frozenset[str] = frozenset()

    @property
    def is_tagged(self) -> bool:
        return bool(self.account)

    @property
    def was_ended(self) -> bool:
        return bool(self.ended)

    @property
    def is_ours(self) -> bool:
        """Whether a share that is there is ours to take back."""
        return self.is_tagged or self.was_ended

    def is_ours_with(self, account: str) -> bool:
        """The same of a share with one account."""
        return account in {self.account, self.ended}


def share_state(package: Package[Known], source: Image | None) -> ShareState:
    """What the source's tags say of sharing: each names the account that it is about."""
    tags = source.tags if source is not None else {}
    mine, ended = share_tag(package), ended_tag(package)
    hub = (package.direct.hub_uid if package.direct else None) or "?"

    def account(value: str) -> str:
        return value.partition("/")[0] or hub

    others = {account(value) for key, value in tags.items() if key.startswith(SHARE_TAG_PREFIX) and key != mine}
    return ShareState(
        account=account(tags[mine]) if mine in tags else "",
        ended=account(tags[ended]) if ended in tags else "",
        others=frozenset(others),
    )


def owes_share(package: Package[Known], source: Image, shares: Set[str]) -> bool:
    """Whether a source is shared on our behalf although nothing is copied from it."""
    state = share_state(package, source)
    return state.is_tagged or (state.was_ended and state.ended not in state.others and state.ended in shares)


def permitted(image: Image, shares: Set[str]) -> frozenset[str]:
    """Who may launch from a copy: accounts, and PUBLIC where that is everybody."""
    return frozenset(shares) | (frozenset({PUBLIC}) if image.is_public else frozenset())


@dataclass(frozen=True, slots=True)
class PermissionCall:
    """One ModifyImageSharePermission."""

    add: tuple[str, ...]
    remove: tuple[str, ...]


def permission_calls(current: Iterable[str], wanted: Iterable[str]) -> tuple[PermissionCall, ...]:
    """The calls from `current` to `wanted`: ten accounts of each kind in each, never over the limit."""
    now, then = set(current), set(wanted)
    add, remove = sorted(then - now), sorted(now - then)
    count = max(-(-len(add) // _PER_CALL), -(-len(remove) // _PER_CALL))
    cuts = [slice(i * _PER_CALL, (i + 1) * _PER_CALL) for i in range(count)]
    return tuple(PermissionCall(tuple(add[cut]), tuple(remove[cut])) for cut in cuts)


def _is_current(package: Package[Known], placed: Placed) -> bool:
    """An image that lost its tags is told by its name."""
    seen = placed.image.tags.get(EDITION_TAG)
    if seen is None:
        return placed.image.name == copy_name(package, placed.region)
    return seen == edition(package, placed.region)


def _rank(placed: Placed) -> tuple[int, str]:
    return (0 if classify_copy(placed.image.status) is CopyPhase.READY else 1, placed.image_id)


def _origin(package: Package[Known]) -> RegionId:
    source = package.source
    return source.original.region if isinstance(source, CustomImage) else package.regions[0]


def _is_star(package: Package[Known]) -> bool:
    return package.direct is not None and package.direct.topology == "star"
