"""What artifacts have for services and their instances."""

from computenest_cloud.services.nest_artifacts import artifacts
from computenest_cloud.services.nest_artifacts.artifacts import DRAFT, versions_of
from computenest_cloud.services.nest_artifacts.delivery import Delivery
from computenest_cloud.services.nest_artifacts.errors import MISSING, Refusals, error
from computenest_cloud.services.nest_artifacts.handlers import Handlers
from computenest_cloud.services.nest_artifacts.hub import Hub
from computenest_cloud.services.nest_artifacts.paging import page
from computenest_cloud.services.nest_artifacts.records import ARTIFACTS, Artifact, ArtifactVersion
from computenest_cloud.services.nest_artifacts.tagging import Kind, Tagging
from computenest_cloud.services.nest_artifacts.users import Users

__all__ = [
    "ARTIFACTS",
    "DRAFT",
    "MISSING",
    "Artifact",
    "ArtifactVersion",
    "Delivery",
    "Handlers",
    "Hub",
    "Kind",
    "Refusals",
    "Tagging",
    "Users",
    "artifacts",
    "error",
    "page",
    "versions_of",
]
