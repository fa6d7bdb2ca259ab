"""Packages of ECS images by their owners' marks; copies of direct distribution are found by their own."""

from __future__ import annotations

from computenest.resources._packages.marks import ArtifactMarks
from computenest.resources.ecs_image_package.declaration import RESOURCE

MARKS = ArtifactMarks(RESOURCE.type_name, "EcsImage")
