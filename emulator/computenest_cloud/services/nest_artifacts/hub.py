"""What Compute Nest does with ECS on its own: images of the hub account, and shares on the supplier's images.

All of it goes through the same ECS behaviour that clients get, in the hub account, and is logged as an internal call.
Copies are counted by reference: one that two versions deliver is deleted with the second.
"""

from collections.abc import Iterable

from computenest_cloud.errors import ServiceError
from computenest_cloud.faults import Occasion
from computenest_cloud.services.ecs.seam import (
    IMAGES,
    SHARES,
    Copier,
    CopyRequest,
    Image,
    Purpose,
    Share,
    check_shareable,
)
from computenest_cloud.services.nest_artifacts.records import REMOVALS, VERSIONS, Artifact, ArtifactVersion, Removal
from computenest_cloud.store.records import Account
from computenest_cloud.world import World

REMOVE_COPY = "copy-removed"
LATER_S = 60.0


def images_of(version: ArtifactVersion) -> set[str]:
    named = {version.base_image_id, version.build_image_id, *version.delivery.values(), *version.pending.values()}
    return named - {""}


class Hub:
    def __init__(self, world: World, copier: Copier) -> None:
        self._world = world
        self._copier = copier
        world.timeline.on(REMOVE_COPY, self._remove_due)

    @property
    def account(self) -> Account:
        return self._world.account("hub")

    def resume(self) -> None:
        for removal in self._world.store[REMOVALS]:
            self._world.timeline.schedule(REMOVE_COPY, removal.image_id, removal.due_at)

    def is_live(self, image_id: str) -> bool:
        """An available image of the hub's that is not about to be removed."""
        image = self._world.store[IMAGES].get(image_id)
        is_there = image is not None and image.status == "Available" and image.owner_uid == self.account.uid
        return is_there and image_id not in self._world.store[REMOVALS]

    def share_with_hub(self, supplier_image: Image) -> None:
        """Step 1: the supplier's image is shared with the hub account."""
        check_shareable(supplier_image)
        share = Share(
            image_id=supplier_image.image_id,
            account_uid=self.account.uid,
            shared_at=self._world.now,
            made_by="delivery",
        )
        if share.key not in self._world.store[SHARES]:
            self._world.store[SHARES].add(share)
        self._world.log_internal("ModifyImageSharePermission", supplier_image.region, "OK")

    def copy(self, source: Image, region: str, name: str, purpose: Purpose) -> Image:
        """Steps 2 and 3: one copy by the hub account."""
        occasion = Occasion("ecs", ("CopyImage",), "hub", (region,))
        effect = self._world.faults.take(occasion, frozenset({"error"}))
        if effect is not None:
            code = effect.code or "InternalError"
            self._world.log_internal("CopyImage", region, code)
            raise ServiceError(effect.status or 403, code, effect.message or "Denied.")
        try:
            request = CopyRequest(source.region, source.image_id, region, name=name)
            image = self._copier.copy(self.account, request, purpose)
        except ServiceError as failure:
            self._world.log_internal("CopyImage", region, failure.code)
            raise
        self._world.log_internal("CopyImage", region, "OK")
        return image

    def allow_launch(self, image: Image, uid: str) -> None:
        """Step 5: who may launch from the copy. Whether that shows in ECS is a switch (fact: nest-024)."""
        share = Share(image_id=image.image_id, account_uid=uid, shared_at=self._world.now, made_by="launch")
        self._world.store[SHARES].add(share)
        self._world.log_internal("ModifyImageSharePermission", image.region, "OK")

    def drop(self, image_id: str) -> None:
        image = self._world.store[IMAGES].get(image_id)
        if image is not None and image.owner_uid == self.account.uid:
            self._copier.forget(image)
            self._world.log_internal("DeleteImage", image.region, "OK")

    def drop_unreferenced(self, artifact: Artifact, image_ids: Iterable[str]) -> None:
        """Deletes those that no living version of the artifact names any more: at once, or later (fact: nest-032)."""
        used: set[str] = set()
        for version in self._world.store[VERSIONS].grouped(artifact.artifact_id):
            if version.deleted_at is None:
                used |= images_of(version)
        for image_id in sorted(set(image_ids) - used):
            image = self._world.store[IMAGES].get(image_id)
            if image is None or image.owner_uid != self.account.uid or image_id in self._world.store[REMOVALS]:
                continue
            if self._world.rules.position("artifact.copies_removed") == "at_once" or image.is_copying:
                self.drop(image_id)
            else:
                due_s = self._world.now + LATER_S
                self._world.store[REMOVALS].add(Removal(image_id=image_id, due_at=due_s))
                self._world.timeline.schedule(REMOVE_COPY, image_id, due_s)

    def _remove_due(self, image_id: str, due_s: float) -> None:
        removal = self._world.store[REMOVALS].get(image_id)
        if removal is not None and removal.due_at == due_s:
            self._world.store[REMOVALS].remove(image_id)
            self.drop(image_id)

    def unshare_unused(self, image_id: str) -> None:
        """Takes back the share on a supplier's image that no living version was made from."""
        for version in self._world.store[VERSIONS]:
            if version.deleted_at is None and version.artifact_property.get("ImageId") == image_id:
                return
        share = self._world.store[SHARES].get(f"{image_id}/{self.account.uid}")
        if share is not None and share.made_by == "delivery":
            self._world.store[SHARES].remove(share.key)

    def image(self, image_id: str) -> Image | None:
        return self._world.store[IMAGES].get(image_id)
