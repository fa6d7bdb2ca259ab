"""What the marketplace has for other services: the products that are sold."""

from collections.abc import Mapping

from computenest_cloud import catalogue
from computenest_cloud.catalogue import Product
from computenest_cloud.services.market.records import PRODUCTS
from computenest_cloud.world import World


def products(world: World) -> Mapping[str, Product]:
    """Code -> product: the seed catalogue's, then those that somebody put in."""
    own = world.store[PRODUCTS]
    if not len(own):
        return catalogue.products()
    return {**catalogue.products(), **{row.code: Product(**row.model_dump()) for row in own}}
