"""Which host answers for which product in which region.

Regional rules and the exceptions to them as the official SDKs have them (facts §1.0, §4, §4.1); a stack may override
each product's host, or name one endpoint for all of them (the embedded cloud, a private gateway). Nothing here
resolves names or opens connections.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

# fact §1.0: Compute Nest has two sites; every other region is only a target of distribution.
CONTROL_REGIONS = ("cn-hangzhou", "ap-southeast-1")


class Product(StrEnum):
    """A product's name in endpoint rules, and in `computenest:endpoints`."""

    version: str
    """The API version sent as `x-acs-version` (facts §3)."""

    COMPUTE_NEST = "computenestsupplier", "2021-05-21"
    COMPUTE_NEST_USER = "computenest", "2021-06-01"
    ECS = "ecs", "2014-05-26"
    MARKET = "market", "2015-11-01"
    ROS = "ros", "2019-09-10"
    ECI = "eci", "2018-08-08"
    OSS = "oss", "2019-05-17"
    STS = "sts", "2015-04-01"

    def __new__(cls, name: str, version: str = "") -> Self:
        made = str.__new__(cls, name)
        made._value_, made.version = name, version
        return made


# Source: endpoint maps of the ECS SDK 7.11.8 and the STS SDK 1.2.0; only regions that customers can name, with those
# of the finance and government clouds; all others follow the rule (facts §3.3).
_ECS_HANGZHOU, _ECS = "ecs-cn-hangzhou.aliyuncs.com", "ecs.aliyuncs.com"
_ECS_HOSTS = {
    "cn-hangzhou": _ECS_HANGZHOU,
    "cn-shanghai-finance-1": _ECS_HANGZHOU,
    "cn-shenzhen-finance-1": _ECS_HANGZHOU,
    "cn-beijing-gov-1": _ECS,
    "cn-hangzhou-finance": _ECS,
    "cn-north-2-gov-1": _ECS,
}
_STS = "sts.aliyuncs.com"
_STS_REGIONS = frozenset({"ap-south-1", "ap-southeast-2", "cn-beijing-gov-1"})
# Source: endpoint map of the market SDK 4.3.1: one host for the China site, one for the international site.
_MARKET_CHINA = "market.aliyuncs.com"
_MARKET_INTERNATIONAL = "market.ap-southeast-1.aliyuncs.com"
# One host, the region is a parameter. Sources: the endpoint map of the ROS SDK 3.7; the ECI SDK 2.1.0, which has
# neither rule nor map.
_ONE_HOST = {Product.ROS: "ros.aliyuncs.com", Product.ECI: "eci.aliyuncs.com"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host with its optional port, and whether to speak TLS to it."""

    host: str
    protocol: str = "https"

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)


def parse_endpoint(text: str) -> Endpoint:
    """An endpoint as a user writes it: `host`, `host:port`, or with `http://` or `https://` before it.

    Without a scheme a loopback host is spoken to in plain HTTP and every other host over TLS.

    Raises:
        ValueError: the text names no host, or has a path or user in it.
    """
    scheme, mark, rest = text.strip().partition("://")
    if not mark:
        scheme, rest = "", scheme
    host = rest.rstrip("/")
    if scheme not in ("", "http", "https") or not host or any(sign in host for sign in "/?#@ "):
        raise ValueError("not a host, host:port or http(s)://host:port")
    if not scheme:
        scheme = "http" if is_loopback(host) else "https"
    return Endpoint(host=host, protocol=scheme)


def is_loopback(host: str) -> bool:
    """Whether `host` (with or without a port) is this machine."""
    name = host.rsplit(":", 1)[0] if host.count(":") == 1 else host.strip("[]")
    if host.startswith("["):
        name = host[1:].partition("]")[0]
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def endpoint_of(product: Product, *, region: str, overrides: Mapping[str, str], everything: str | None) -> Endpoint:
    """The endpoint of one product in one region.

    Args:
        product: whose endpoint.
        region: the region the call is about; ECS has an endpoint in each.
        overrides: product -> endpoint from the stack's configuration; `{region}` in it stands for the region.
        everything: one endpoint that serves every product, None for the cloud's own.
    """
    override = overrides.get(product)
    if override is not None:
        return parse_endpoint(override.replace("{region}", region))
    if everything is not None:
        return parse_endpoint(everything)
    if product is Product.MARKET:
        return Endpoint(_MARKET_CHINA if region.startswith("cn-") else _MARKET_INTERNATIONAL)
    if product in _ONE_HOST:
        return Endpoint(_ONE_HOST[product])
    if product is Product.OSS:
        return Endpoint(f"oss-{region}.aliyuncs.com")  # fact §1.5
    if product is Product.STS and region in _STS_REGIONS:
        return Endpoint(_STS)
    if product is Product.ECS and region in _ECS_HOSTS:
        return Endpoint(_ECS_HOSTS[region])
    return Endpoint(f"{product}.{region}.aliyuncs.com")
