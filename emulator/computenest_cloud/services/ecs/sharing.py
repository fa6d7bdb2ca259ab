"""Sharing of images between accounts. fact: ecs-006 to ecs-009."""

from computenest_cloud.services.ecs import images
from computenest_cloud.services.ecs.errors import error
from computenest_cloud.services.ecs.parsing import ShareRequest
from computenest_cloud.services.ecs.records import SHARES, Image, Share
from computenest_cloud.store.records import Account
from computenest_cloud.wire.values import whole_number
from computenest_cloud.world import World

SHARES_PER_IMAGE = 50
UID_LENGTH = 16


def modify(world: World, account: Account, request: ShareRequest, *, is_dry_run: bool) -> None:
    image = images.owned(world, account.uid, request.region, request.image_id)
    _check(image, request)
    for uid in request.add:
        if uid == account.uid:
            raise error("InvalidAccount.Forbbiden", f"({uid})")
        if len(uid) != UID_LENGTH or whole_number(uid) is None:
            raise error("InvalidAccount.NotFound", f"({uid!r})")
    current = {share.account_uid for share in shares_of(world, image.image_id)}
    if len((current | set(request.add)) - set(request.remove)) > SHARES_PER_IMAGE:
        raise error("QuotaExceed.ShareImageUser", f"({image.image_id!r})")
    if is_dry_run:
        raise error("DryRunOperation")
    for uid in request.add:
        if uid not in current:
            world.store[SHARES].add(Share(image_id=image.image_id, account_uid=uid, shared_at=world.now))
    for uid in request.remove:
        world.store[SHARES].remove(f"{image.image_id}/{uid}")
    if request.is_public is not None:
        image.is_public = request.is_public


def _check(image: Image, request: ShareRequest) -> None:
    """What may be done with such an image. fact: ecs-046"""
    if image.status != "Available":
        raise error("IncorrectImageStatus", f"({image.image_id!r} is {image.status})")
    if request.add or request.is_public:
        check_shareable(image)
    if request.add and images.is_community(image):
        raise error("OperationDenied.CommunityImage", f"({image.image_id!r})")
    if request.is_public and image.encryption != "none":
        raise error("OperationDeined.EncryptedSnapshot", f"({image.image_id!r})")


def check_shareable(image: Image) -> None:
    """fact: ecs-008, ecs-045"""
    if image.encryption == "service":
        raise error("OperationDeined.EncryptedSnapshot", f"({image.image_id!r})")
    if image.product_code:
        raise error("OperationDenied.MarketplaceImage", f"({image.image_id!r}, ProductCode {image.product_code})")


def shares_of(world: World, image_id: str) -> list[Share]:
    return sorted(world.store[SHARES].grouped(image_id), key=lambda share: (share.shared_at, share.account_uid))
