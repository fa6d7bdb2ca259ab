"""The user's API beyond instances: which services there are for him, his settings, zones; and tags as everywhere."""

from collections.abc import Mapping

from computenest_cloud.catalogue import regions, zones
from computenest_cloud.errors import ServiceError, invalid_parameter
from computenest_cloud.services.nest_artifacts.seam import page
from computenest_cloud.services.nest_instances.instances import Instances
from computenest_cloud.services.nest_services.seam import SERVICES, Service, ServiceVersion, filters
from computenest_cloud.services.nest_services.seam import views as service_views
from computenest_cloud.world import Answer, Call, Handler

SERVICE_FILTERS = ("ServiceId", "Name", "ServiceType", "DeployType")


def get_network_available_zones(call: Call) -> Answer:
    """fact: inst-031"""
    region = call.params.text("ServiceRegionId") or call.params.required("NetworkRegionId")
    if region not in regions():
        raise invalid_parameter("ServiceRegionId", f"unknown region {region!r}.")
    return Answer({"Data": {"RegionIdList": [region], "ZoneIdList": zones(region)}})


def get_user_information(call: Call) -> Answer:
    """Nothing is delivered anywhere, as in a new account."""
    call.params.required("RegionId")
    return Answer({"DeliverySettings": {"OssEnabled": False, "ActiontrailDeliveryToOssEnabled": False}})


class UserHandlers:
    def __init__(self, instances: Instances) -> None:
        self._instances = instances

    def actions(self) -> Mapping[str, Handler]:
        return {
            "ListServices": self.list_services,
            "GetUserInformation": get_user_information,
            "GetNetworkAvailableZones": get_network_available_zones,
        }

    def list_services(self, call: Call) -> Answer:
        """Those that the account may deploy, each in its newest such version. fact: inst-030"""
        call.params.required("RegionId")
        wanted, word = filters(call.params, SERVICE_FILTERS), call.params.text("FuzzyKeyword").lower()
        newest_s = call.world.now - call.take_lag_s()
        found = []
        for service in call.world.store[SERVICES]:
            version = self._deployable(call, service)
            if version is None or service.created_at > newest_s:
                continue
            names = [str(info.get("Name", "")) for info in version.infos]
            fields = {
                "ServiceId": (service.service_id,),
                "Name": names,
                "ServiceType": (version.text("ServiceType"),),
                "DeployType": (version.text("DeployType"),),
            }
            is_wanted = all(set(values) & set(fields[name]) for name, values in wanted.values.items() if values)
            if is_wanted and any(word in name.lower() for name in (*names, service.service_id)):
                found.append((service, version))
        shown, body = page(call.params, found, lambda row: row[0].seq)
        return Answer({**body, "Services": [service_views.listed_by_user(*row) for row in shown]})

    def _deployable(self, call: Call, service: Service) -> ServiceVersion | None:
        try:
            reached = self._instances.service(call.account, service.service_id, owner_only=False)
            return self._instances.version(call.account, reached, "")
        except ServiceError:
            return None
