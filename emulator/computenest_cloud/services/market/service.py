"""The marketplace."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from computenest_cloud import catalogue
from computenest_cloud.bodies import Body, RegionId, place
from computenest_cloud.catalogue import market_image_id
from computenest_cloud.errors import ControlError
from computenest_cloud.service import Actions, ControlCalls, Product, Service
from computenest_cloud.services.market import behaviour
from computenest_cloud.services.market.records import PRODUCTS, OwnProduct
from computenest_cloud.services.market.seam import products

IMAGE_ID_LENGTH = 22


class NewProductBody(Body):
    """An image product. `images`: version -> region -> image id, where the rule's own (market-004) are not wanted."""

    code: str = Field(pattern=r"^cm[a-z]{2,4}[0-9]{4,12}$", description="a code as cmjj00000077")
    name: str = Field(default="", max_length=128)
    versions: tuple[str, ...] = Field(min_length=1)
    regions: tuple[RegionId, ...] = Field(min_length=1)
    size_gib: int = Field(default=40, ge=1, le=2048)
    images: Mapping[str, Mapping[RegionId, str]] = {}


class Market(Service):
    products = (Product("market", "2015-11-01", ("market",)),)
    tables = (PRODUCTS,)

    def actions(self) -> Mapping[str, Actions]:
        return {"market": behaviour.ACTIONS}

    def control(self) -> ControlCalls:
        return {("POST", "products"): self.new_product}

    def new_product(self, body: Any) -> dict[str, Any]:
        """A product that somebody sells."""
        wanted = NewProductBody.of(body)
        sold = products(self.world)
        if wanted.code in sold:
            raise ControlError(409, f"the product {wanted.code} exists already; give another code", at="code")
        made = catalogue.Product(**{**wanted.model_dump(), "name": wanted.name or wanted.code})
        self._check_images(made)
        taken = {image_id: other.code for other in sold.values() for image_id, _ in _images(other)}
        for image_id, at in _images(made):
            if image_id in taken or self.world.is_there(image_id):
                whose = f"an image of {taken[image_id]}" if image_id in taken else "another image"
                raise ControlError(409, f"{image_id} is {whose} already; name others in `images`", at=at)
            taken[image_id] = "this product"
        self.world.store[PRODUCTS].add(OwnProduct(**{key: getattr(made, key) for key in OwnProduct.model_fields}))
        ids = {
            version: {region: market_image_id(made, version, region) for region in made.regions}
            for version in made.versions
        }
        return {"code": made.code, "images": ids}

    def _check_images(self, made: catalogue.Product) -> None:
        """The region of an image is read from its id alone. fact: market-001"""
        for version, by_region in made.images.items():
            if version not in made.versions:
                said = f"no such version; there are {', '.join(made.versions)}"
                raise ControlError(400, said, at=place("images", version))
            for region, image_id in by_region.items():
                at, head = place("images", version, region), f"m-{catalogue.regions()[region].prefix}"
                if region not in made.regions:
                    raise ControlError(400, "the product is not sold there; add it to `regions`", at=at)
                if not image_id.startswith(head) or len(image_id) != IMAGE_ID_LENGTH:
                    said = f"{image_id!r} is no id of {region}; give {head} and {IMAGE_ID_LENGTH - len(head)} more"
                    raise ControlError(400, said, at=at)


def _images(product: catalogue.Product) -> Iterator[tuple[str, str]]:
    """Each image id, and where a body has the version that makes it."""
    for number, version in enumerate(product.versions):
        for region in product.regions:
            yield market_image_id(product, version, region), place("versions", number)


SERVICE = Market
