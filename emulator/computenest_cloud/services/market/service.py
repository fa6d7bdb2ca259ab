"""The marketplace."""

from collections.abc import Mapping

from computenest_cloud.service import Actions, Product, Service
from computenest_cloud.services.market import behaviour


class Market(Service):
    products = (Product("market", "2015-11-01", ("market",)),)

    def actions(self) -> Mapping[str, Actions]:
        return {"market": behaviour.ACTIONS}


SERVICE = Market
