"""The API of container registries."""

from collections.abc import Mapping

from computenest_cloud.service import Actions, Product, Service
from computenest_cloud.services.cr.handlers import CrHandlers
from computenest_cloud.services.registry.seam import Contents, Registries


class Cr(Service):
    products = (Product("cr", "2018-12-01", ("acr",)),)

    def actions(self) -> Mapping[str, Actions]:
        return {"cr": CrHandlers(self.site.part(Registries), self.site.part(Contents)).actions()}


SERVICE = Cr
