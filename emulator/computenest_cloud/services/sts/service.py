"""The service that tells who somebody is."""

from collections.abc import Mapping

from computenest_cloud.service import Actions, Product, Service
from computenest_cloud.services.sts import behaviour


class Sts(Service):
    products = (Product("sts", "2015-04-01", ("sts",)),)

    def actions(self) -> Mapping[str, Actions]:
        return {"sts": behaviour.ACTIONS}


SERVICE = Sts
