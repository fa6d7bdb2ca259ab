"""CopyImage: the two-step rule, the queue of running copies, and how long a copy takes.

A copy is `Waiting` until one of its region's slots is free, then `Creating` for as long as its size takes, then
`Available` or `CreateFailed`. Whoever waits for copies (a delivery) registers with `on_copied`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from computenest_cloud.faults import Occasion
from computenest_cloud.services.ecs import images
from computenest_cloud.services.ecs.errors import error
from computenest_cloud.services.ecs.parsing import CopyRequest
from computenest_cloud.services.ecs.records import IMAGES, Encryption, Image, ImageRole
from computenest_cloud.store.records import Account
from computenest_cloud.world import World

FINISH_COPY = "image-copied"
SPREAD = 0.1  # copies of one size differ by up to ten percent, so that regions do not end in step (fact: ecs-020)


@dataclass(frozen=True)
class Purpose:
    """What a copy is made for: nothing in particular, or a version's delivery."""

    role: ImageRole = "own"
    version_key: str = ""


class Copier:
    def __init__(self, world: World) -> None:
        self._world = world
        self._copying: dict[str, Image] = {}  # derived from the store: those that run or wait
        self._on_copied: list[Callable[[Image], None]] = []
        world.timeline.on(FINISH_COPY, self._finish)
        world.timeline.on(images.FINISH_CREATION, lambda key, due: images.finish_creation(world, key, due))

    def on_copied(self, listener: Callable[[Image], None]) -> None:
        self._on_copied.append(listener)

    def resume(self) -> None:
        """After a restart or a reset: what was running goes on."""
        self.reload()
        for image in self._world.store[IMAGES]:
            if image.due_at is not None:
                kind = FINISH_COPY if image.is_copying else images.FINISH_CREATION
                self._world.timeline.schedule(kind, image.image_id, image.due_at)

    def reload(self) -> None:
        self._copying = {image.image_id: image for image in self._world.store[IMAGES] if image.is_copying}

    def copy(self, account: Account, request: CopyRequest, purpose: Purpose) -> Image:
        """Starts a copy and returns it at once: `Waiting` or `Creating`."""
        world = self._world
        source = self._source(account, request)
        images.check_name_and_quota(world, account.uid, request.destination_region, request.name)
        if request.is_dry_run:
            raise error("DryRunOperation")
        image_id = images.new_id(world, request.destination_region)
        image = images.add(
            world,
            Image(
                image_id=image_id,
                seq=world.mint.count("order"),
                region=request.destination_region,
                owner_uid=account.uid,
                name=request.name or image_id,
                size_gib=source.size_gib,
                created_at=world.now,
                status="Waiting",
                description=request.description,
                family=source.family,
                product_code=source.product_code,
                encryption=self._encryption(source, request),
                tags=request.tags,
                resource_group_id=request.resource_group_id,
                source_image_id=source.image_id,
                source_region=request.source_region,
                failure=self._planned_failure(account, request),
                role=purpose.role,
                version_key=purpose.version_key,
            ),
        )
        self._copying[image_id] = image
        self._start_waiting()
        return image

    def _source(self, account: Account, request: CopyRequest) -> Image:
        world = self._world
        source = world.store[IMAGES].get(request.image_id)
        if source is None:
            self._refuse_foreign(request)
        if source is None or source.region != request.source_region or not images.can_see(world, account.uid, source):
            raise error("InvalidImageId.NotFound", f"({request.image_id!r} in {request.source_region})")
        if source.status != "Available":
            raise error("IncorrectImageStatus", f"({request.image_id!r} is {source.status})")
        if source.owner_uid != account.uid and images.is_community(source):
            raise error("OperationDenied.CommunityImage", f"({request.image_id!r})")  # fact: ecs-046
        if source.owner_uid != account.uid and request.destination_region != request.source_region:
            raise error("OperationDenied.SameRegionOnly", f"({request.image_id!r})")  # fact: ecs-003
        return source

    def _refuse_foreign(self, request: CopyRequest) -> None:
        """Images of the cloud or the marketplace are already everywhere they are meant to be."""
        if images.public_image(self._world, request.image_id, request.source_region) is not None:
            raise error("OperationDenied.NotPublished", f"({request.image_id!r} in {request.destination_region})")

    @staticmethod
    def _encryption(source: Image, request: CopyRequest) -> Encryption:
        if request.kms_key_id:
            return "cmk"
        return "service" if request.encrypted else source.encryption

    def _planned_failure(self, account: Account, request: CopyRequest) -> str:
        occasion = Occasion("ecs", ("CopyImage",), account.name, (request.destination_region,))
        effect = self._world.faults.take(occasion, frozenset({"fail_copy"}))
        if effect is None:
            return ""
        return f"{effect.code or 'InternalError'}: {effect.message or 'The copy task failed.'}"

    def _slot_region(self, image: Image) -> str:
        """fact: ecs-004: which region's limit a copy counts against is not documented."""
        counts_source = self._world.rules.position("ecs.copy_limit_counts") == "source"
        return image.source_region if counts_source else image.region

    def _start_waiting(self) -> None:
        """Fills free slots, first come, first served, in each account and region."""
        limit = int(self._world.rules.number("ecs.copies_per_region"))
        copying = sorted(self._copying.values(), key=lambda image: image.seq)
        running: dict[tuple[str, str], int] = {}
        for image in copying:
            if image.status == "Creating":
                slot = (image.owner_uid, self._slot_region(image))
                running[slot] = running.get(slot, 0) + 1
        for image in copying:
            slot = (image.owner_uid, self._slot_region(image))
            if image.status == "Waiting" and running.get(slot, 0) < limit:
                running[slot] = running.get(slot, 0) + 1
                self._start(image)

    def _start(self, image: Image) -> None:
        world = self._world
        spread = 1 + SPREAD * (2 * world.mint.fraction("copy", image.image_id) - 1)
        duration_s = image.size_gib * world.rules.number("ecs.copy_s_per_gib") * spread
        image.status = "Creating"
        image.started_at = world.now
        image.due_at = world.now + duration_s
        world.timeline.schedule(FINISH_COPY, image.image_id, image.due_at)

    def _finish(self, image_id: str, due_s: float) -> None:
        image = self._world.store[IMAGES].get(image_id)
        if image is None or image.due_at != due_s or not image.is_copying:
            return  # cancelled meanwhile
        del self._copying[image_id]
        image.due_at, image.ended_at = None, due_s
        image.status = "CreateFailed" if image.failure else "Available"
        self._start_waiting()
        self._tell(image)

    def _tell(self, image: Image) -> None:
        for listener in self._on_copied:
            listener(image)

    def lose(self, image: Image) -> None:
        """Removes an image that somebody may be waiting for: they learn that its copying failed."""
        was_copying = image.is_copying
        self.forget(image)
        if was_copying:
            image.status, image.failure = "CreateFailed", "InvalidImageId.NotFound: The copy was deleted."
            self._tell(image)

    def forget(self, image: Image) -> None:
        """Removes a copy whatever its state, and lets the next one start."""
        images.remove(self._world, image)
        if self._copying.pop(image.image_id, None) is not None:
            self._start_waiting()

    def cancel(self, account: Account, region: str, image_id: str) -> None:
        """fact: ecs-005: `region` is the destination's; the half-copied image is gone afterwards."""
        image = images.owned(self._world, account.uid, region, image_id)
        if not image.source_image_id:
            raise error("ImageCreatedNotFromCopy", f"({image_id!r})")
        if not image.is_copying:
            raise error("IncorrectImageStatus", f"({image_id!r} is {image.status})")
        self.lose(image)
