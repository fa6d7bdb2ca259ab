"""Images: who sees which, names and quotas, creation, deletion, tags. Called by ECS's handlers and by Compute Nest."""

from collections.abc import Collection, Iterator
from functools import cache

from computenest_cloud.catalogue import market_image_id, public_images, regions
from computenest_cloud.services.ecs.errors import error
from computenest_cloud.services.ecs.parsing import TAGS_PER_IMAGE, AttributeRequest, DescribeRequest, NewImageRequest
from computenest_cloud.services.ecs.records import IMAGES, SHARES, Image
from computenest_cloud.services.market.seam import products
from computenest_cloud.store.records import Account
from computenest_cloud.world import World

SYSTEM_UID = "system"
MARKET_UID = "marketplace"
CREATE_S = 60.0  # how long CreateImage and ImportImage take (fact: ecs-021)
FINISH_CREATION = "image-created"

PUBLIC_FAMILIES = (
    "centos",
    "ubuntu",
    "aliyun",
    "debian",
    "almalinux",
    "rockylinux",
    "anolis",
    "opensuse",
    "win",
    "acs:",
)


def owned(world: World, uid: str, region: str, image_id: str) -> Image:
    """The account's own image; another's is not found, whether it can be seen or not. fact: ecs-032"""
    image = world.store[IMAGES].get(image_id)
    if image is None or image.region != region or image.owner_uid != uid:
        raise error("InvalidImageId.NotFound", f"({image_id!r} in {region})")
    return image


def can_see(world: World, uid: str, image: Image) -> bool:
    if image.owner_uid == uid or image.is_public:
        return True
    share = world.store[SHARES].get(f"{image.image_id}/{uid}")
    if share is None:
        return False
    return share.made_by != "launch" or world.rules.position("delivery.lost_copy_shows_in") == "ecs"


def public_image(world: World, image_id: str, region: str) -> Image | None:
    """An image of the cloud itself or of the marketplace, in this region."""
    if image_id in public_images():
        return _system_image(image_id, region)
    for product in products(world).values():
        for version in product.versions if region in product.regions else ():
            if market_image_id(product, version, region) == image_id:
                image = _foreign(image_id, region, MARKET_UID, product.size_gib)
                return image.model_copy(update={"name": f"{product.name} {version}", "product_code": product.code})
    return None


@cache
def _system_image(image_id: str, region: str) -> Image:
    """One row for all who ask: nobody changes it."""
    found = public_images()[image_id]
    return _foreign(image_id, region, SYSTEM_UID, found.size_gib, family=found.family)


def _foreign(image_id: str, region: str, owner: str, size_gib: int, *, family: str = "") -> Image:
    return Image(
        image_id=image_id,
        seq=0,
        region=region,
        owner_uid=owner,
        name=image_id,
        size_gib=size_gib,
        created_at=0.0,
        family=family,
        is_public=owner == SYSTEM_UID,
        is_catalogue=True,
    )


def _public_images(world: World, region: str, *, owners: Collection[str]) -> Iterator[Image]:
    ids = list(public_images()) if SYSTEM_UID in owners else []
    for product in products(world).values() if MARKET_UID in owners else ():
        if region in product.regions:
            ids += [market_image_id(product, version, region) for version in product.versions]
    for image_id in ids:
        found = public_image(world, image_id, region)
        if found is not None:
            yield found


def owner_alias(uid: str, image: Image) -> str:
    if image.owner_uid in {SYSTEM_UID, MARKET_UID}:
        return image.owner_uid
    return "self" if image.owner_uid == uid else "others"


def is_community(image: Image) -> bool:
    """Published by an account; the cloud's own images are public, and no community's."""
    return image.is_public and image.owner_uid not in {SYSTEM_UID, MARKET_UID}


def _is_asked_for(request: DescribeRequest, image: Image, *, hides: bool) -> bool:
    """fact: ecs-018: community images are shown by IsPublic with ImageOwnerAlias others, the marketplace's by alias."""
    if not hides:
        return request.is_public in {None, image.is_public}
    if request.is_public:
        return is_community(image) and request.owner_alias == "others"
    return not is_community(image) and (image.owner_uid != MARKET_UID or request.owner_alias == "marketplace")


def _is_wanted(request: DescribeRequest, image: Image, *, hides: bool) -> bool:
    return (
        image.status in request.statuses
        and (not request.image_ids or image.image_id in request.image_ids)
        and request.name.strip("*").lower() in image.name.lower()
        and request.family in {"", image.family}
        and _is_asked_for(request, image, hides=hides)
        and request.usage in {"", "instance" if image.is_in_use else "none"}
        and request.snapshot_id in {"", image.snapshot_id}
        and request.resource_group_id in {"", image.resource_group_id}
        and all(
            image.tags.get(key) == value or (key in image.tags and not value) for key, value in request.tags.items()
        )
        and (request.created_from_s is None or image.created_at >= request.created_from_s)
        and (request.created_until_s is None or image.created_at <= request.created_until_s)
    )


def describe(world: World, account: Account, request: DescribeRequest, *, lag_s: float) -> list[Image]:
    """Everything the account may see in the region and asked for, newest first; unknown ids are just not there."""
    newest = world.now - lag_s
    candidates: list[Image] = sorted(
        (
            image
            for image in world.store[IMAGES].grouped(request.region)
            if image.visible_at <= world.now
            and (lag_s == 0 or image.created_at <= newest)
            and can_see(world, account.uid, image)
        ),
        key=lambda image: -image.seq,
    )
    hides = world.rules.position("ecs.describe_shows") == "asked_for"
    alias = "" if hides and request.is_public else request.owner_alias  # one's own community images are others' too
    unsaid = {SYSTEM_UID} if hides else {SYSTEM_UID, MARKET_UID}  # whose are shown to who does not say whose he wants
    candidates += _public_images(world, request.region, owners={alias} if alias else unsaid)
    return [
        image
        for image in candidates
        if (not alias or owner_alias(account.uid, image) == alias) and _is_wanted(request, image, hides=hides)
    ]


def check_name(world: World, uid: str, region: str, name: str) -> None:
    """fact: ecs-010"""
    if any((image.owner_uid, image.name) == (uid, name) for image in world.store[IMAGES].grouped(region)):
        raise error("InvalidImageName.Duplicated", f"({name!r} in {region})")


def check_name_and_quota(world: World, uid: str, region: str, name: str) -> None:
    """fact: ecs-010, ecs-011"""
    if name:
        check_name(world, uid, region, name)
    mine = [image for image in world.store[IMAGES].grouped(region) if image.owner_uid == uid]
    is_hub = uid == world.account("hub").uid
    if not is_hub and len(mine) >= world.rules.number("ecs.image_quota"):
        raise error("QuotaExceed.Image", f"({len(mine)} images in {region})")


def add(world: World, image: Image) -> Image:
    world.store[IMAGES].add(image)
    if not image.is_catalogue:
        world.mint.count(f"created/{world.account_name(image.owner_uid)}")
    return image


def new_id(world: World, region: str) -> str:
    return world.mint.image_id(regions()[region].prefix)


def create(world: World, account: Account, request: NewImageRequest) -> Image:
    check_name_and_quota(world, account.uid, request.region, request.name)
    image_id = new_id(world, request.region)
    image = add(
        world,
        Image(
            image_id=image_id,
            seq=world.mint.count("order"),
            region=request.region,
            owner_uid=account.uid,
            name=request.name or image_id,
            size_gib=request.size_gib,
            created_at=world.now,
            status="Creating",
            description=request.description,
            family=request.family,
            tags=request.tags,
            resource_group_id=request.resource_group_id,
            snapshot_id=request.snapshot_id,
            product_code=request.product_code,
            started_at=world.now,
            due_at=world.now + CREATE_S,
        ),
    )
    world.timeline.schedule(FINISH_CREATION, image_id, world.now + CREATE_S)
    return image


def modify(world: World, account: Account, request: AttributeRequest, *, is_dry_run: bool) -> None:
    """fact: ecs-041"""
    image = owned(world, account.uid, request.region, request.image_id)
    if request.name and request.name != image.name:
        check_name(world, account.uid, request.region, request.name)
    if request.status and image.status not in {"Available", "Deprecated"}:
        raise error("IncorrectImageStatus", f"({image.image_id!r} is {image.status})")
    if is_dry_run:
        raise error("DryRunOperation")
    image.name = request.name or image.name
    image.status = request.status or image.status
    image.description = image.description if request.description is None else request.description
    image.family = image.family if request.family is None else request.family


def finish_creation(world: World, image_id: str, due_s: float) -> None:
    image = world.store[IMAGES].get(image_id)
    if image is not None and image.due_at == due_s and not image.is_copying:
        image.status = "Available"
        image.due_at = None


def progress_percent(world: World, image: Image) -> int:
    if image.status == "Waiting":
        return 0
    if image.due_at is None or image.started_at is None:
        return 100 if image.status == "Available" else 0
    share = (world.now - image.started_at) / max(image.due_at - image.started_at, 1e-9)
    return max(0, min(99, int(share * 100)))


def remove(world: World, image: Image) -> None:
    """Gone, with its shares. No rule is asked: callers have."""
    for share in world.store[SHARES].grouped(image.image_id):
        world.store[SHARES].remove(share.key)
    world.store[IMAGES].remove(image.image_id)
    if not image.is_catalogue:
        world.mint.count(f"deleted/{world.account_name(image.owner_uid)}")


def delete(world: World, account: Account, region: str, image_id: str, *, is_forced: bool, is_dry_run: bool) -> None:
    """fact: ecs-012: an id that does not exist is ignored."""
    found = world.store[IMAGES].get(image_id)
    if found is None or found.region != region or not can_see(world, account.uid, found):
        return
    image = owned(world, account.uid, region, image_id)
    if image.is_copying:
        raise error("OperationDenied.ImageCopying", f"({image_id!r})")
    if image.is_in_use and not is_forced:
        raise error("ImageUsingByInstance", f"({image_id!r})")
    if world.store[SHARES].grouped(image_id):  # whatever Force says, which is about instances (fact: ecs-013)
        raise error("ImageUseShared", f"({image_id!r})")
    if is_dry_run:
        raise error("DryRunOperation")
    remove(world, image)


def tag(world: World, account: Account, region: str, ids: tuple[str, ...], tags: dict[str, str]) -> None:
    for image in [_taggable(world, account, region, image_id) for image_id in ids]:
        merged = {**image.tags, **tags}
        if len(merged) > TAGS_PER_IMAGE:
            raise error("NumberExceed.Tags")
        image.tags = merged


def untag(world: World, account: Account, region: str, ids: tuple[str, ...], keys: tuple[str, ...] | None) -> None:
    """`keys` None: all of them."""
    for image in [_taggable(world, account, region, image_id) for image_id in ids]:
        image.tags = {} if keys is None else {key: value for key, value in image.tags.items() if key not in keys}


def _taggable(world: World, account: Account, region: str, image_id: str) -> Image:
    image = world.store[IMAGES].get(image_id)
    if image is None or image.region != region or image.owner_uid != account.uid:
        raise error("InvalidResourceId.NotFound", f"({image_id!r} in {region})")
    return image
