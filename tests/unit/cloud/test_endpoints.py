"""Which host is asked, and how."""

from __future__ import annotations

from typing import Any

import pytest
from alibabacloud_computenest20210601.client import Client as ComputeNestUser
from alibabacloud_ecs20140526.client import Client as Ecs
from alibabacloud_market20151101.client import Client as Market
from alibabacloud_ros20190910.client import Client as Ros
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi.models import Config

from computenest.cloud.endpoints import Endpoint, Product, endpoint_of, is_loopback, parse_endpoint
from computenest.kernel.regions import KNOWN_REGIONS

FINANCE = ("cn-hangzhou-finance", "cn-shanghai-finance-1", "cn-shenzhen-finance-1")


@pytest.mark.parametrize(
    ("product", "region", "host"),
    [
        (Product.COMPUTE_NEST, "cn-hangzhou", "computenestsupplier.cn-hangzhou.aliyuncs.com"),
        (Product.COMPUTE_NEST, "ap-southeast-1", "computenestsupplier.ap-southeast-1.aliyuncs.com"),
        (Product.ECS, "cn-hangzhou", "ecs-cn-hangzhou.aliyuncs.com"),
        (Product.ECS, "cn-beijing", "ecs.cn-beijing.aliyuncs.com"),
        (Product.MARKET, "cn-hangzhou", "market.aliyuncs.com"),
        (Product.MARKET, "ap-southeast-1", "market.ap-southeast-1.aliyuncs.com"),
    ],
)
def test_the_cloud_s_own(product: Product, region: str, host: str) -> None:
    assert endpoint_of(product, region=region, overrides={}, everything=None) == Endpoint(host, "https")


@pytest.mark.parametrize(
    ("product", "client"),
    [
        (Product.COMPUTE_NEST_USER, ComputeNestUser),
        (Product.ECS, Ecs),
        (Product.MARKET, Market),
        (Product.ROS, Ros),
        (Product.STS, Sts),
    ],
)
def test_every_region_that_customers_name_is_where_the_official_sdk_has_it(product: Product, client: Any) -> None:
    """The finance and government clouds among them; the vendor's own sites are not."""
    regions = {*KNOWN_REGIONS, *FINANCE, "cn-north-2-gov-1", "cn-beijing-gov-1"}
    for region in sorted(regions):
        official = client(Config(access_key_id="x", access_key_secret="x", region_id=region))
        exceptions = official._endpoint_map
        if product is Product.MARKET and region not in exceptions:
            continue  # without a rule that holds for all: a host for China, one for everybody else
        wanted = exceptions.get(region) or f"{product}.{region}.aliyuncs.com"
        if product is Product.ROS:
            wanted = "ros.aliyuncs.com"  # in its map for every region that it has
        assert endpoint_of(product, region=region, overrides={}, everything=None).host == wanted, region


def test_an_override_is_stronger_than_one_for_everything() -> None:
    overrides = {"ecs": "ecs-vpc.{region}.aliyuncs.com"}
    found = endpoint_of(Product.ECS, region="cn-beijing", overrides=overrides, everything="127.0.0.1:1")
    assert found == Endpoint("ecs-vpc.cn-beijing.aliyuncs.com", "https")
    other = endpoint_of(Product.MARKET, region="cn-beijing", overrides=overrides, everything="127.0.0.1:1")
    assert other == Endpoint("127.0.0.1:1", "http")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:8080", Endpoint("127.0.0.1:8080", "http")),
        ("localhost:1", Endpoint("localhost:1", "http")),
        ("[::1]:1", Endpoint("[::1]:1", "http")),
        ("https://127.0.0.1:1", Endpoint("127.0.0.1:1", "https")),
        ("gateway.example", Endpoint("gateway.example", "https")),
        ("http://gateway.example:80/", Endpoint("gateway.example:80", "http")),
    ],
)
def test_as_users_write_it(text: str, expected: Endpoint) -> None:
    assert parse_endpoint(text) == expected


@pytest.mark.parametrize("text", ["", "http://", "ftp://h", "h/p", "u:p@h", "h?x", "h h"])
def test_refused(text: str) -> None:
    with pytest.raises(ValueError, match="host"):
        parse_endpoint(text)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9:1", True),
        ("[::1]:80", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("a.b", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
