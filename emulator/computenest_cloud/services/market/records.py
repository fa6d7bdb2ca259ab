"""The products that somebody put in; those of the seed catalogue are computed."""

from collections.abc import Mapping

from computenest_cloud.store.records import Record
from computenest_cloud.store.tables import TableKind


class OwnProduct(Record):
    code: str
    name: str
    versions: tuple[str, ...]
    regions: tuple[str, ...]
    size_gib: int
    images: Mapping[str, Mapping[str, str]] = {}

    @property
    def key(self) -> str:
        return self.code


PRODUCTS = TableKind("products", OwnProduct)
