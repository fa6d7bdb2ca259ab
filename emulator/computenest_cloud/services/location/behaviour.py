"""Where a product is in a region: here, at the address that the client has asked at. fact: wire-035

The SDKs that are not told an endpoint ask this one first.
"""

from collections.abc import Mapping

from computenest_cloud.catalogue import regions
from computenest_cloud.errors import invalid_parameter
from computenest_cloud.world import Answer, Call, Handler


def describe_endpoints(call: Call, codes: frozenset[str]) -> Answer:
    """Of a product that is not emulated there is none."""
    params = call.params
    region, code, kind = params.required("Id"), params.required("ServiceCode"), params.text("Type") or "openAPI"
    if region not in regions():
        raise invalid_parameter("Id", f"unknown region {region!r}.")
    listed = [
        {
            "Id": region,
            "SerivceCode": code,  # spelt so
            "Type": kind,
            "Namespace": "",
            "Endpoint": call.host,
            "Protocols": {"Protocols": ["HTTP"]},
        }
    ]
    found = listed if code.lower() in codes else []
    return Answer({"Endpoints": {"Endpoint": found}, "Success": True})


def describe_regions(call: Call) -> Answer:
    call.params.required("ServiceCode")
    return Answer({"RegionIds": {"RegionIds": sorted(regions())}, "TotalCount": len(regions())})


def actions(codes: frozenset[str]) -> Mapping[str, Handler]:
    """`codes`: what clients call the products that are served."""
    return {"DescribeEndpoints": lambda call: describe_endpoints(call, codes), "DescribeRegions": describe_regions}
