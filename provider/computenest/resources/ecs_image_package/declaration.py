"""`EcsImagePackage`, as programs see it: they give what stands in `Arguments`, and get what stands in `State`."""

from __future__ import annotations

from computenest.kernel.fields import Resource
from computenest.kernel.lifecycle import Models
from computenest.kernel.unknown import Known, Unknown
from computenest.resources._packages.image_package import Arguments, Package, State

RESOURCE = Resource(
    "EcsImagePackage",
    """A deployment package of type ECS image: an image, replicated to every region named.

In essence a map from region to image id (`images`). An operation that reaches only some regions keeps what there is and
fails the run, naming each region and why; the next `pulumi up` does only what is missing.""",
    (Arguments, State),
    versioned=frozenset({"description", "regions", "source", "versionName"}),
)
MODELS = Models(Arguments, Package[Unknown], Package[Known], State[Known], State[Unknown])
