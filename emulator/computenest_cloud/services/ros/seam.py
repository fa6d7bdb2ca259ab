"""What ROS has for other services: stacks, and how it reads templates."""

from computenest_cloud.services.ros.estimate import estimate
from computenest_cloud.services.ros.evaluation import NESTED
from computenest_cloud.services.ros.images import DOCUMENTED, IMAGE_PATHS
from computenest_cloud.services.ros.loading import parse_template
from computenest_cloud.services.ros.records import RESOURCES, STACKS, Stack, StackResource
from computenest_cloud.services.ros.stacks import Maker, StackOptions, Stacks, has_succeeded

__all__ = [
    "DOCUMENTED",
    "IMAGE_PATHS",
    "NESTED",
    "RESOURCES",
    "STACKS",
    "Maker",
    "Stack",
    "StackOptions",
    "StackResource",
    "Stacks",
    "estimate",
    "has_succeeded",
    "parse_template",
]
