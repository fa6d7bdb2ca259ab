"""Billing, as far as Terraform asks it which registries there are."""

from collections.abc import Mapping

from computenest_cloud.service import Actions, Product, Service
from computenest_cloud.services.bss import behaviour


class Bss(Service):
    products = (Product("bss", "2017-12-14"),)

    def actions(self) -> Mapping[str, Actions]:
        return {"bss": behaviour.ACTIONS}


SERVICE = Bss
