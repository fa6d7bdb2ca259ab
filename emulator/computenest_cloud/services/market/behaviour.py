"""DescribeProduct: a product's versions, and its image in each region where it is sold.

The region of an image is said nowhere: it is inferred from the image id's prefix (fact: market-001). Each version has
an SKU of its own, so that ids can be told apart by version (fact: market-003).
"""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.catalogue import Product, market_image_id
from computenest_cloud.services.market.errors import unknown_product
from computenest_cloud.services.market.parsing import product_code
from computenest_cloud.services.market.seam import products
from computenest_cloud.world import Answer, Call, Handler


def _module(number: int, code: str, name: str, values: list[tuple[str, str]]) -> dict[str, Any]:
    listed = [{"Value": value, "DisplayName": label, "Type": "single_string"} for value, label in values]
    prop = {"Key": code, "Name": name, "ShowType": "multi_select", "PropertyValues": {"PropertyValue": listed}}
    return {"Id": str(number), "Code": code, "Name": name, "Properties": {"Property": [prop]}}


def _sku(product: Product, number: int, version: str) -> dict[str, Any]:
    ids = [market_image_id(product, version, region) for region in sorted(product.regions)]
    modules = [
        _module(1, "package_version", "套餐版本", [(version, version)]),
        _module(2, "img_id", "镜像", [(image_id, image_id) for image_id in ids]),
    ]
    return {
        "Code": f"{product.code}-{number:03d}",
        "Name": version,
        "ChargeType": "PREPAY",
        "Hidden": False,
        "Modules": {"Module": modules},
        "OrderPeriods": {"OrderPeriod": [{"Name": "1 Year", "PeriodType": "YEAR"}]},
    }


def describe_product(call: Call) -> Answer:
    code = product_code(call.params)
    product = products(call.world).get(code)
    if product is None:
        raise unknown_product(code)
    skus = [_sku(product, number, version) for number, version in enumerate(product.versions, start=1)]
    return Answer(
        {
            "Code": product.code,
            "Name": product.name,
            "Type": "MIRROR",
            "Status": "ONLINE",
            "AuditStatus": "success",
            "ShortDescription": product.name,
            "Description": product.name,
            "ProductSkus": {"ProductSku": skus},
        }
    )


ACTIONS: Mapping[str, Handler] = {"DescribeProduct": describe_product}
