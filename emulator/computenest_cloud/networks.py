"""Where a client is: on the internet, or in a region's network. The loopback interface stands for all of them.

Every region has the network 127.(64+n).0.0/16, n being its place in `seed/regions.yaml`; its VPCs are the /24 networks
of it, number 0 being the default one, and 127.(64+n).0.1 is where the region's internal addresses answer. Any other
loopback address is on the internet. A client that can choose its own address (curl --interface, a socket that is bound
before it connects) is where that address lies. One that cannot comes from 127.0.0.1, which is nowhere in particular:
it is taken to be where the address lies that it calls, so that `skopeo` is in a VPC when it calls that VPC's endpoint.
fact: oss-012
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

from computenest_cloud.catalogue import regions
from computenest_cloud.store.database import Store

ANYWHERE = "127.0.0.1"
FIRST = 64
VPC_LIMIT = 254


@dataclass(frozen=True)
class Place:
    """`region` empty: the internet. `calls`: the region whose internal address the client calls, empty: none."""

    address: str
    region: str
    vpc_number: int
    calls: str
    called_vpc_number: int


def _locate(address: str) -> tuple[str, int]:
    try:
        number = ip_address(address)
    except ValueError:
        return "", 0
    if not isinstance(number, IPv4Address) or not number.is_loopback:
        return "", 0
    _, second, third, _ = number.packed
    found = list(regions())
    return (found[second - FIRST], third) if FIRST <= second < FIRST + len(found) else ("", 0)


def place_of(client: str, server: str) -> Place:
    calls, called_vpc_number = _locate(server)
    address = server if client == ANYWHERE and calls else client
    region, vpc_number = _locate(address)
    return Place(address, region, vpc_number, calls, called_vpc_number)


def internal_host(region: str, vpc_number: int = 0) -> str:
    """Where the region's internal addresses answer; with a number: what that VPC's endpoints answer at."""
    return f"127.{FIRST + list(regions()).index(region)}.{vpc_number}.1"


class Vpcs:
    """The VPCs that were named so far: an id gets its network when it is first heard of."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def number(self, region: str, vpc_id: str) -> int:
        known = dict(self._store.setting("vpcs", {}))
        key = f"{region}/{vpc_id}"
        if key not in known:
            taken = sum(name.startswith(f"{region}/") for name in known)
            known[key] = 1 + taken % VPC_LIMIT
            self._store.put_setting("vpcs", known)
        return int(known[key])
