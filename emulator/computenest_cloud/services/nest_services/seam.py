"""What services have for their instances."""

from computenest_cloud.services.nest_services import views
from computenest_cloud.services.nest_services.errors import error
from computenest_cloud.services.nest_services.parsing import filters
from computenest_cloud.services.nest_services.records import (
    SERVICE_VERSIONS,
    SERVICES,
    SHARED_ACCOUNTS,
    Service,
    ServiceVersion,
)
from computenest_cloud.services.nest_services.relations import (
    IMAGE_RELATION,
    owner_of,
    parse_metadata,
    relations_of,
    resolve,
)
from computenest_cloud.services.nest_services.services import BETA, DRAFT, Services, find_version, versions_of
from computenest_cloud.services.nest_services.views import tags

__all__ = [
    "BETA",
    "DRAFT",
    "IMAGE_RELATION",
    "SERVICES",
    "SERVICE_VERSIONS",
    "SHARED_ACCOUNTS",
    "Service",
    "ServiceVersion",
    "Services",
    "error",
    "filters",
    "find_version",
    "owner_of",
    "parse_metadata",
    "relations_of",
    "resolve",
    "tags",
    "versions_of",
    "views",
]
