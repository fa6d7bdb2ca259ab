"""`ContainerImagePackage`, `HelmChartPackage` and `FilePackage`, as programs see them.

What all three take stands at the fields of `ContentPackage`; what one of them takes or gives stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from computenest.kernel.fields import Computed, Given, Resource
from computenest.kernel.names import ArtifactId, RegionId, VersionId
from computenest.kernel.values import Model
from computenest.resources._packages.content_model import (
    ChartArchive,
    ChartDirectory,
    ContentPackage,
    DockerArchive,
    Kind,
    LocalFile,
    OciLayout,
    Permission,
    RegistryReference,
    TextFile,
)

__all__ = ["RESOURCES"]

_MADE_OF = Given("What the package is made of.", is_always_shown=True, is_compared=False)


class _Outputs(Model):
    """What the provider finds out about a package of any of the three types."""

    artifact_id: Annotated[ArtifactId, Computed("The package's id in Compute Nest.")]
    edition: Annotated[str, Computed("A digest of what the wanted version is made of.")]
    fingerprints: Annotated[
        Mapping[str, str],
        Computed(
            "Place -> the digest of what this package put there; nothing else is overwritten or taken away.",
            is_always_shown=False,  # missing in states of earlier releases
            is_internal=True,
        ),
    ]
    incarnation: Annotated[
        int, Computed("How often a create has taken the artifact over; 0 while nobody has seen it.", is_internal=True)
    ]
    key_expiry: Annotated[
        str, Computed("When the temporary key of the last push expires: epoch milliseconds of the cloud.")
    ]
    places: Annotated[
        tuple[str, ...],
        Computed("Everything that this package has put somewhere and not taken away yet.", is_internal=True),
    ]
    reasons: Annotated[Mapping[str, str], Computed("Why the package is incomplete.")]
    risk: Annotated[
        str,
        Computed(
            "What the security scan found in the version, which is delivered all the same; absent for nothing.",
            is_always_shown=False,
        ),
    ]
    size_bytes: Annotated[int, Computed("The size of the content, in bytes.")]
    status: Annotated[str, Computed("Available, Draft (not to be released) or Incomplete.")]
    version: Annotated[VersionId, Computed("The version that holds this content: `draft`, `1`, `2`, …")]


class _InRegistry(_Outputs):
    """What the provider finds out about what lies in the registry."""

    digest: Annotated[str, Computed("The digest of the manifest in the registry.")]
    reference: Annotated[str, Computed("`registry/namespace/repository:tag`.")]
    registry: Annotated[str, Computed("The registry's host.")]
    repository_id: Annotated[str, Computed("The repository's id.", is_internal=True)]
    repository_type: Annotated[str, Computed("Public or Private.", is_internal=True)]


class _ContainerImage(_InRegistry):
    source: Annotated[Annotated[OciLayout | DockerArchive | RegistryReference, Field(discriminator="kind")], _MADE_OF]
    platforms: Annotated[
        tuple[str, ...] | None,
        Given(
            "Which platforms (`linux/amd64`) of an image of several, by default all that are there. One is pushed by "
            "itself, several with an index of their own.",
            is_compared=False,  # the content is another then
        ),
    ] = None
    repository: Annotated[
        str | None,
        Given("The repository below the supplier's namespace, by default the package's name.", is_always_shown=True),
    ] = None
    tag: Annotated[
        str | None,
        Given(
            "The image's tag, by default derived from its digest, so that no tag in use is ever moved.",
            is_always_shown=True,
        ),
    ] = None


class _HelmChart(_InRegistry):
    source: Annotated[
        Annotated[ChartDirectory | ChartArchive | RegistryReference, Field(discriminator="kind")], _MADE_OF
    ]
    repository: Annotated[str, Computed("The chart's name.", is_compared=True)]
    tag: Annotated[str, Computed("The chart's version, with `_` for `+`.", is_compared=True)]


class _File(_Outputs):
    source: Annotated[Annotated[LocalFile | TextFile, Field(discriminator="kind")], _MADE_OF]
    permission: Annotated[
        Permission,
        Given("`Automatic`, the only one that files have: a file is public while a public service uses it."),
    ] = "Automatic"
    file_name: Annotated[str | None, Given("The name that it is downloaded as, by default the path's last part.")] = (
        None
    )
    regions: Annotated[
        tuple[RegionId, ...] | None,
        Given(
            "Where customers may deploy, or `[all]`; whether the cloud counts them for files is unverified.",
            is_shown=False,
            is_compared=False,
        ),
    ] = None
    addresses: Annotated[
        Mapping[RegionId, str],
        Computed("Region -> the internal address of its copy there: derived and unverified, no API tells it."),
    ]
    checksum: Annotated[str, Computed("CRC-64 (ECMA-182) of the file, in decimal.")]
    distribution: Annotated[
        Mapping[RegionId, str],
        Computed("Region -> the digest of what it gets, known in a preview already.", is_compared=True),
    ] = {}
    repairs: Annotated[int, Computed("How often the regions' copies had to be made again.", is_internal=True)]
    seen_in: Annotated[
        tuple[RegionId, ...],
        Computed(
            "Regions whose copy was seen where it is derived to lie; only these can be told to have drifted.",
            is_internal=True,
        ),
    ]
    url: Annotated[str, Computed("Where it was uploaded to; private.")]


RESOURCES: Mapping[Kind, Resource] = {
    Kind.IMAGE: Resource(
        Kind.IMAGE.type_name,
        """A container image, pushed with a temporary key to Compute Nest's registry.

Content-addressed: an unchanged image pushes nothing and shows no diff. A tag that was moved, or a layer that was
deleted, is shown by a refresh and repaired by the next update.""",
        (ContentPackage, _ContainerImage),
    ),
    Kind.CHART: Resource(
        Kind.CHART.type_name,
        """A Helm chart, checked, packaged and pushed with a temporary key to Compute Nest's registry.

Equal content gives the same package, byte for byte. Repository and tag are the chart's name and version.""",
        (ContentPackage, _HelmChart),
    ),
    Kind.FILE: Resource(
        Kind.FILE.type_name,
        """A file, uploaded with temporary credentials and copied by Compute Nest to every region's bucket.

Large files go in parts; what arrived before an interruption is not sent again, and checksums are compared.""",
        (ContentPackage, _File),
    ),
}
"""Each type by what the API calls it."""
