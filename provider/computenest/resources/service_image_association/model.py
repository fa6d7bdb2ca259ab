"""What an association is: markers of a template, and for each the package (or plain map) that stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Generic, Literal

from pydantic import Field

from computenest.kernel.fields import About, Computed
from computenest.kernel.names import OwnerId, RegionId
from computenest.kernel.unknown import U
from computenest.kernel.values import Model, Values


class TemplateFacts(Model):
    """What the state keeps of a template: never its text."""

    digest: Annotated[str, About("A digest of the template's bytes.")]
    format: Annotated[str, About("The template's format.")]
    size_bytes: Annotated[int, About("The template's size, in bytes.")]


class Partner(Values, Generic[U]):
    """What the state keeps of the package behind a marker.

    Enough to tell what a change of it will do; another identity means other images.
    """

    kind: Annotated[
        Literal["package", "map"],
        About("`package` for a resource of this provider, `map` for a plain map of images."),
    ]
    owner_id: Annotated[str | None, About("The package's identity.")] = None
    generation: Annotated[int | None, About("The package's generation.")] = None
    origin: Annotated[str | U | None, About("What each region gets.")] = None
    edition: Annotated[str | U | None, About("A digest of what the package's version is made of.")] = None
    artifact_id: Annotated[str | U | None, About("The package's id.")] = None
    version: Annotated[str | U | None, About("The package's version.")] = None
    reissued: Annotated[
        bool | U | None, About("Whether the cloud once gave a region that stayed another image id.")
    ] = None


class Inputs(Values, Generic[U]):
    """Checked inputs: of the template its facts, of packages what stands behind each marker, and what follows."""

    owner_id: OwnerId = OwnerId("")
    template: TemplateFacts | U | None = None
    packages: Mapping[str, Partner[U]] | U = Field(default_factory=dict)
    regions: tuple[RegionId | U, ...] | U | None = None
    positions: Annotated[
        Mapping[str, tuple[str, ...]] | U, Computed("Marker -> the paths where it stands.", is_compared=True)
    ] = Field(default_factory=dict)
    substitutions: Annotated[
        Mapping[str, Mapping[str, str | U] | U] | U, Computed("Marker -> region -> image id.", is_compared=True)
    ] = Field(default_factory=dict)


class State(Inputs[U], Generic[U]):
    """With what a service takes of it."""

    relation: Annotated[
        Mapping[str, Mapping[str, str | U]] | U,
        Computed("`ArtifactRelation` of the service: marker -> ArtifactId and ArtifactVersion."),
    ] = Field(default_factory=dict)
