"""`ServiceImageAssociation`, as programs see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from computenest.kernel.fields import About, Computed, Given, Resource
from computenest.kernel.names import OwnerId, RegionId
from computenest.resources._packages.model import Model
from computenest.resources.service_image_association.model import Partner, Substitutions, TemplateFacts

__all__ = ["ASSOCIATION", "PackageReference"]


class PackageReference(Model):
    """What stands behind a marker: a package's outputs, or `images` alone for any map of images."""

    images: Annotated[Mapping[str, str], About("Region -> image id, such as a package's `images`.")]
    artifact_id: Annotated[str | None, About("The package's id; with it, `relation` names the package.")] = None
    version: Annotated[str | None, About("The package's version.")] = None
    kind: Annotated[str | None, About("`package` or `map`; told by the other properties where it is not given.")] = None
    name: Annotated[str | None, About("The package's name, for messages.")] = None
    owner_id: Annotated[str | None, About("The package's identity.")] = None
    generation: Annotated[int | None, About("The package's generation.")] = None
    distribution: Annotated[Mapping[str, str] | None, About("The package's `distribution`.")] = None
    edition: Annotated[str | None, About("The package's `edition`.")] = None
    reasons: Annotated[Mapping[str, str] | None, About("The package's `reasons`.")] = None
    reissued: Annotated[bool | None, About("The package's `reissued`.")] = None


class Arguments(Model):
    """What a program gives; of packages and of the template the state keeps something else."""

    owner_id: Annotated[
        OwnerId | None,
        Given(
            "The resource's identity, minted when it is first named and kept for ever.",
            is_always_shown=True,
            is_compared=False,
        ),
    ] = None
    packages: Annotated[
        Mapping[str, Partner],
        Given(
            "Marker -> what stands behind it. A marker is the whole literal of an image id in the template "
            "(`ecs_image_web`), or the path of one position (`Resources.Web.Properties.ImageId`).",
            asked=Mapping[str, PackageReference],
            is_always_shown=True,
        ),
    ]
    regions: Annotated[
        tuple[RegionId, ...] | None,
        Given("Where the service may be deployed; every package must be distributed to all of them."),
    ] = None
    template: Annotated[
        TemplateFacts,
        Given(
            "The template's text: ROS YAML or JSON, or Terraform. It never enters the state.",
            asked=str,
            is_always_shown=True,
        ),
    ]
    template_name: Annotated[
        str | None,
        Given(
            "What messages call the template; its ending helps to tell the format (`main.tf`).",
            is_shown=False,
            is_compared=False,
        ),
    ] = None


class Outputs(Model):
    """What follows from packages and template."""

    positions: Annotated[
        Mapping[str, tuple[str, ...]], Computed("Marker -> the paths where it stands.", is_compared=True)
    ]
    relation: Annotated[
        Substitutions, Computed("`ArtifactRelation` of the service: marker -> ArtifactId and ArtifactVersion.")
    ]
    substitutions: Annotated[Substitutions, Computed("Marker -> region -> image id.", is_compared=True)]


ASSOCIATION = Resource(
    "ServiceImageAssociation",
    """Which image of a template each package stands for, region by region, before anything is deployed.

It makes no object in the cloud. `relation` is what a Compute Nest service takes as its `ArtifactRelation`.""",
    (Arguments, Outputs),
)
