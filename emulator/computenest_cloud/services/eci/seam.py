"""What ECI has for other services: container groups, made as a request would make them."""

from computenest_cloud.services.eci.groups import Groups
from computenest_cloud.services.eci.parsing import flat, group_request, name_of
from computenest_cloud.services.eci.records import GROUPS, ContainerGroup

__all__ = ["GROUPS", "ContainerGroup", "Groups", "flat", "group_request", "name_of"]
