"""What ECS has for other services: images and their rows, copies, machines."""

from computenest_cloud.services.ecs import images
from computenest_cloud.services.ecs.copying import Copier, Purpose
from computenest_cloud.services.ecs.instances import Machines
from computenest_cloud.services.ecs.parsing import CopyRequest
from computenest_cloud.services.ecs.records import IMAGES, SHARES, Image, Share
from computenest_cloud.services.ecs.sharing import check_shareable

__all__ = [
    "IMAGES",
    "SHARES",
    "Copier",
    "CopyRequest",
    "Image",
    "Machines",
    "Purpose",
    "Share",
    "check_shareable",
    "images",
]
