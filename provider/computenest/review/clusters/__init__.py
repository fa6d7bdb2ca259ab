"""What clusters have: a page clusters × components, and the facts that it is made of."""

from computenest.review.clusters.html import console_page
from computenest.review.clusters.looks import ClusterLook, followed

__all__ = ["ClusterLook", "console_page", "followed"]
