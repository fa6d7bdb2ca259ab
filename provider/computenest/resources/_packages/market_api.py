"""The cloud marketplace.

DescribeProduct names no region: a product's SKUs list versions and image ids, and an id's prefix tells its region
(facts §4.1; source: data_source_alicloud_market_product.go of the Terraform provider).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from computenest.cloud.client import Client
from computenest.cloud.endpoints import Product as Api
from computenest.cloud.wire import objects_in, text
from computenest.kernel.errors import NotFound
from computenest.kernel.names import ImageId, RegionId
from computenest.kernel.regions import region_of_image
from computenest.kernel.values import Json
from computenest.resources._packages.model import Product

_VERSIONS = "package_version"
_IMAGES = "img_id"


class CloudMarket:
    """What is sold, as one account sees it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def product(self, *, code: str) -> Product | None:
        """DescribeProduct; None where there is no such product."""
        try:
            answer = await self._client.call(Api.MARKET, "DescribeProduct", {"Code": code})
        except NotFound:
            return None
        if not text(answer.get("Code")):
            return None
        versions: dict[str, dict[RegionId, ImageId]] = {}
        for sku in objects_in(answer.get("ProductSkus"), "ProductSku"):
            for version, images in _sku(sku).items():
                versions.setdefault(version, {}).update(images)
        sold = {version: MappingProxyType(dict(sorted(images.items()))) for version, images in sorted(versions.items())}
        return Product(code=code, versions=MappingProxyType(sold))


def _sku(sku: Mapping[str, Json]) -> dict[str, dict[RegionId, ImageId]]:
    """version -> region -> image id of one SKU.

    Nothing in the answer ties an image to a version. An image whose label names one version of the SKU belongs to
    that; images without such a label stand in the order of the versions within their region, and the last of them
    serves the versions that are left.
    """
    versions = [value for value, _ in _values(sku, _VERSIONS)]
    found: dict[str, dict[RegionId, ImageId]] = {version: {} for version in versions}
    unlabelled: dict[RegionId, list[ImageId]] = {}
    for value, label in _values(sku, _IMAGES):
        region = region_of_image(ImageId(value))
        if region is None:
            continue
        named = [version for version in versions if version in label.split()]
        if len(named) == 1:
            found[named[0]][region] = ImageId(value)
        else:
            unlabelled.setdefault(region, []).append(ImageId(value))
    for region, images in unlabelled.items():
        for position, version in enumerate(versions):
            found[version].setdefault(region, images[min(position, len(images) - 1)])
    return found


def _values(sku: Mapping[str, Json], code: str) -> Iterator[tuple[str, str]]:
    """Value and label of each entry of the property `code` in the module `code`."""
    for module in objects_in(sku.get("Modules"), "Module"):
        if text(module.get("Code")) != code:
            continue
        for entry in objects_in(module.get("Properties"), "Property"):
            if text(entry.get("Key")) == code:
                for value in objects_in(entry.get("PropertyValues"), "PropertyValue"):
                    if text(value.get("Value")):
                        yield text(value.get("Value")), text(value.get("DisplayName"))
