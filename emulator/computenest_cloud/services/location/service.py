"""The service that tells where a product answers."""

from collections.abc import Mapping

from computenest_cloud.service import Actions, Product, Service
from computenest_cloud.services import kinds
from computenest_cloud.services.location.behaviour import actions


class Location(Service):
    products = (Product("location", "2015-06-12"),)

    def actions(self) -> Mapping[str, Actions]:
        codes = {code for kind in kinds().values() for code in kind.codes}
        codes |= {code for kind in kinds().values() for product in kind.products for code in product.codes}
        return {"location": actions(frozenset(codes))}


SERVICE = Location
