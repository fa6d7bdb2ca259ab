"""Container images by their owners' marks."""

from __future__ import annotations

from computenest.resources._packages.marks import ArtifactMarks
from computenest.resources.container_image_package.declaration import CONTENT, RESOURCE
from computenest.resources.container_image_package.lifecycle import store_of

MARKS = ArtifactMarks(RESOURCE.type_name, CONTENT.kind.value, store_of, CONTENT.state)
