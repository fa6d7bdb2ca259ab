"""`EcsImagePackage`, as programs see it: what they give stands at the fields of `Package`, what they get here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from computenest.kernel.fields import Computed, Resource
from computenest.kernel.names import ArtifactId, ImageId, RegionId, VersionId
from computenest.kernel.values import Model
from computenest.resources._packages.model import Package

__all__ = ["RESOURCE"]


class PackageOutputs(Model):
    """What the provider finds out about a package."""

    artifact_id: Annotated[ArtifactId, Computed("The package's id in Compute Nest.")]
    distribution: Annotated[
        Mapping[RegionId, str],
        Computed("Region -> what it gets, known in a preview already: `copy of m-bp1…`.", is_compared=True),
    ]
    edition: Annotated[str, Computed("A digest of what the wanted version is made of.")]
    images: Annotated[Mapping[RegionId, ImageId], Computed("Region -> image id.")]
    incarnation: Annotated[
        int, Computed("How often a create has taken the artifact over; 0 while nobody has seen it.", is_internal=True)
    ]
    reasons: Annotated[
        Mapping[RegionId, str], Computed("Region -> why it has no image; empty when nothing is missing.")
    ]
    reissued: Annotated[
        bool, Computed("Whether the cloud once gave a region that stayed another image id.", is_internal=True)
    ]
    risk: Annotated[
        str,
        Computed(
            "What the security scan found in the version, which is delivered all the same; absent for nothing.",
            is_always_shown=False,
        ),
    ]
    status: Annotated[str, Computed("Available, Draft (not to be released) or Incomplete.")]
    statuses: Annotated[Mapping[RegionId, str], Computed("Region -> Available, or what it is waiting for.")]
    version: Annotated[VersionId, Computed("The version whose images these are: `draft`, `1`, `2`, …")]
    visible: Annotated[tuple[RegionId, ...], Computed("Regions whose copy this account has seen.", is_internal=True)]


RESOURCE = Resource(
    "EcsImagePackage",
    """A deployment package of type ECS image: an image, replicated to every region named.

In essence a map from region to image id (`images`). An operation that reaches only some regions keeps what there is and
fails the run, naming each region and why; the next `pulumi up` does only what is missing.""",
    (Package, PackageOutputs),
    versioned=frozenset({"description", "regions", "source", "versionName"}),
)
