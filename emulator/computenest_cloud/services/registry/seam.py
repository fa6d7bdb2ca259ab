"""What the registries have for other services: who may pull what, and what lies in them."""

from computenest_cloud.services.registry.contents import Contents, Tag
from computenest_cloud.services.registry.records import (
    NAMESPACES,
    REGISTRIES,
    REPOSITORIES,
    Namespace,
    RegistryInstance,
    Repository,
)
from computenest_cloud.services.registry.registries import NEST_NAMES, PULL, PUSH, Registries

__all__ = [
    "NAMESPACES",
    "NEST_NAMES",
    "PULL",
    "PUSH",
    "REGISTRIES",
    "REPOSITORIES",
    "Contents",
    "Namespace",
    "Registries",
    "RegistryInstance",
    "Repository",
    "Tag",
]
