"""Which host is asked, and how."""

from __future__ import annotations

import pytest

from computenest.cloud.endpoints import Endpoint, Product, endpoint_of, is_loopback, parse_endpoint


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
