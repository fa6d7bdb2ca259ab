"""ECS: images, their copies and shares, and the machines that others make."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from computenest_cloud.bodies import Body, RegionId
from computenest_cloud.catalogue import golden_images
from computenest_cloud.errors import ControlError
from computenest_cloud.service import Actions, ControlCalls, Product, Service, Site
from computenest_cloud.services.ecs import console, handlers, images
from computenest_cloud.services.ecs.copying import Copier
from computenest_cloud.services.ecs.instances import Machines
from computenest_cloud.services.ecs.records import IMAGES, SHARES, Encryption, Image
from computenest_cloud.store.records import Account


class NewImageBody(Body):
    account: str
    region: RegionId
    name: str
    image_id: str = ""
    size_gib: int = 40
    encrypted: bool | Encryption = False
    in_use: bool = False
    product_code: str = ""


class LostImageBody(Body):
    region: str
    image_id: str


def _rows(found: list[Image]) -> list[dict[str, str]]:
    return [
        {"image_id": image.image_id, "region": image.region, "name": image.name, "status": image.status}
        for image in found
    ]


class Ecs(Service):
    products = (Product("ecs", "2014-05-26", ("ecs",)),)
    tables = (IMAGES, SHARES)
    faults = frozenset({"fail_copy"})

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.copier = site.put(Copier(site.world))
        self.machines = site.put(Machines())

    def actions(self) -> Mapping[str, Actions]:
        return {"ecs": handlers.actions(self.copier, self.machines)}

    def has(self, object_id: str) -> bool | None:
        return True if object_id in self.world.store[IMAGES] else None

    # --- what it shows

    def control(self) -> ControlCalls:
        return {("POST", "images"): self.new_image, ("DELETE", "images"): self.lose_image}

    def new_image(self, body: Any) -> dict[str, Any]:
        """An image that an account has, wherever it got it from."""
        wanted, world = NewImageBody.of(body), self.world
        owner = world.named_account(wanted.account)
        if wanted.image_id in world.store[IMAGES]:
            raise ControlError(409, f"the image {wanted.image_id!r} exists already; give another id", at="image_id")
        encryption: Encryption = "none"
        if wanted.encrypted:
            encryption = "service" if wanted.encrypted is True else wanted.encrypted
        image = images.add(
            world,
            Image(
                image_id=wanted.image_id or images.new_id(world, wanted.region),
                seq=world.mint.count("order"),
                region=wanted.region,
                owner_uid=owner.uid,
                name=wanted.name,
                size_gib=wanted.size_gib,
                created_at=world.now,
                encryption=encryption,
                is_in_use=wanted.in_use,
                product_code=wanted.product_code,
                is_catalogue=True,
            ),
        )
        return {"image_id": image.image_id}

    def lose_image(self, body: Any) -> dict[str, Any]:
        wanted = LostImageBody.of(body)
        image = self.world.store[IMAGES].get(wanted.image_id)
        if image is None or image.region != wanted.region:
            raise ControlError(404, f"there is no image {wanted.image_id!r} in {wanted.region!r}")
        self.copier.lose(image)
        return {}

    def ledger(self, account: Account) -> Mapping[str, Any]:
        store, mint = self.world.store, self.world.mint
        mine = [image for image in store[IMAGES] if image.owner_uid == account.uid]
        made = [image for image in mine if not image.is_catalogue]
        at = {image.image_id: image.region for image in mine}
        return {
            "images_created": mint.total(f"created/{account.name}"),
            "images_deleted": mint.total(f"deleted/{account.name}"),
            "images_outstanding": _rows([image for image in made if image.role != "build"]),
            "build_images_outstanding": _rows([image for image in made if image.role == "build"]),
            "shares_outstanding": [
                {"image_id": share.image_id, "region": at[share.image_id], "account": share.account_uid}
                for share in store[SHARES]
                if share.image_id in at
            ],
        }

    def counts(self) -> Mapping[str, int]:
        return {"images": len(self.world.store[IMAGES]), "shares": len(self.world.store[SHARES])}

    def console(self) -> Mapping[str, Any]:
        return {
            "images": partial(console.images_of, self.world),
            "copies": partial(console.copies, self.world),
            "areas": partial(console.areas, self.world),
            "timeline": console.timeline,
        }

    # --- its life

    def seed(self) -> None:
        world = self.world
        for golden in golden_images():
            world.store[IMAGES].add(
                Image(
                    image_id=golden.image_id,
                    seq=world.mint.count("order"),
                    region=golden.region,
                    owner_uid=world.account("supplier").uid,
                    name=golden.name,
                    size_gib=golden.size_gib,
                    created_at=world.now,
                    is_catalogue=True,
                )
            )

    def resume(self) -> None:
        self.copier.resume()

    def reload(self) -> None:
        self.copier.reload()


SERVICE = Ecs
