"""QueryAvailableInstances: Terraform asks here whether a container registry was bought. fact: cr-025"""

from collections.abc import Mapping

from computenest_cloud.clock import format_time
from computenest_cloud.services.registry.seam import REGISTRIES
from computenest_cloud.world import Answer, Call, Handler

YEAR_S = 365 * 24 * 3600


def query_available_instances(call: Call) -> Answer:
    """The account's registries; of other products there is nothing."""
    params = call.params
    wanted, region, product = params.text("InstanceIDs"), params.text("Region"), params.text("ProductCode")
    number = params.number("PageNum", default=1, low=1, high=10**6)
    size = params.number("PageSize", default=20, low=1, high=300)
    found = [
        {
            "InstanceID": entry.instance_id,
            "OwnerId": int(entry.owner_uid),
            "Region": entry.region,
            "ProductCode": "acr",
            "ProductType": "acr_ee_public_cn",
            "SubscriptionType": "Subscription",
            "Status": "Normal",
            "CreateTime": format_time(entry.created_at),
            "EndTime": format_time(entry.created_at + YEAR_S),
            "RenewStatus": "ManualRenewal",
        }
        for entry in call.world.store[REGISTRIES]
        if entry.owner_uid == call.account.uid
        and (not wanted or entry.instance_id in wanted.split(","))
        and region in {"", entry.region}
        and product in {"", "acr"}
    ]
    data = {
        "InstanceList": found[(number - 1) * size : number * size],
        "TotalCount": len(found),
        "PageNum": number,
        "PageSize": size,
    }
    return Answer({"Success": True, "Code": "Success", "Message": "Successful!", "Data": data})


ACTIONS: Mapping[str, Handler] = {"QueryAvailableInstances": query_available_instances}
