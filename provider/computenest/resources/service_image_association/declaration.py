"""`ServiceImageAssociation`, as programs see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, model_validator

from computenest.kernel.fields import About, Given, Owner, Resource
from computenest.kernel.lifecycle import Models
from computenest.kernel.names import OwnerId, RegionId
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.kernel.values import Model, Values
from computenest.resources.service_image_association.model import Inputs, State, TemplateFacts


class PackageReference(Model):
    """What stands behind a marker: a package's outputs, or `images` alone for any map of images."""

    model_config = ConfigDict(extra="ignore")

    images: Annotated[
        Maybe[Mapping[str, Maybe[str]]] | None, About("Region -> image id, such as a package's `images`.")
    ]
    artifact_id: Annotated[Maybe[str] | None, About("The package's id; with it, `relation` names the package.")] = None
    version: Annotated[Maybe[str] | None, About("The package's version.")] = None
    kind: Annotated[str | None, About("`package` or `map`; told by the other properties where it is not given.")] = None
    name: Annotated[Maybe[str] | None, About("The package's name, for messages.")] = None
    owner_id: Annotated[Maybe[str] | None, About("The package's identity.")] = None
    generation: Annotated[Maybe[int] | None, About("The package's generation.")] = None
    distribution: Annotated[Maybe[Mapping[str, Maybe[str] | None]] | None, About("The package's `distribution`.")] = (
        None
    )
    edition: Annotated[Maybe[str] | None, About("The package's `edition`.")] = None
    reasons: Annotated[Maybe[Mapping[str, Maybe[str]]] | None, About("The package's `reasons`.")] = None
    reissued: Annotated[Maybe[bool] | None, About("The package's `reissued`.")] = None

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, given: Any) -> Any:
        """In every form that a program has for it; a plain map of images needs no more than itself."""
        if isinstance(given, cls):
            return given
        if given is UNKNOWN:
            return {"kind": "map", "images": UNKNOWN}
        if not isinstance(given, Mapping) or given.get("kind", "map") not in ("package", "map"):
            raise ValueError("give a package, or a map from region to image id")
        if "kind" in given:
            return given
        if "images" not in given or "artifactId" not in given:
            return {"kind": "map", "images": given.get("images", given)}
        images = given["images"]
        regions = {"distribution": dict.fromkeys(images)} if isinstance(images, Mapping) else {}
        return {"kind": "package", "version": UNKNOWN, **regions, **given}


class Arguments(Values):
    """What a program gives; of packages and of the template the state keeps something else."""

    logical_name: str = ""
    owner_id: Owner = OwnerId("")
    packages: Annotated[
        Maybe[Mapping[str, PackageReference]],
        Given(
            "Marker -> what stands behind it. A marker is the whole literal of an image id in the template "
            "(`ecs_image_web`), or the path of one position (`Resources.Web.Properties.ImageId`).",
            is_always_shown=True,
            needed="a map from marker to package is needed, with at least one marker",
        ),
    ]
    regions: Annotated[
        Maybe[tuple[Maybe[RegionId], ...]] | None,
        Given("Where the service may be deployed; every package must be distributed to all of them."),
    ] = None
    template: Annotated[
        Maybe[str | TemplateFacts],  # `ignoreChanges: ["template"]` restores the facts of last time
        Given(
            "The template's text: ROS YAML or JSON, or Terraform. It never enters the state.",
            asked=str,
            is_always_shown=True,
            needed="the template's text or path is needed",
        ),
    ]
    template_name: Annotated[
        Maybe[str] | None,
        Given(
            "What messages call the template; its ending helps to tell the format (`main.tf`).",
            is_shown=False,
            is_compared=False,
        ),
    ] = None


RESOURCE = Resource(
    "ServiceImageAssociation",
    """Which image of a template each package stands for, region by region, before anything is deployed.

It makes no object in the cloud. `relation` is what a Compute Nest service takes as its `ArtifactRelation`.""",
    (Arguments, State),
)
MODELS = Models(Arguments, Inputs[Unknown], Inputs[Known], State[Known], State[Unknown])
