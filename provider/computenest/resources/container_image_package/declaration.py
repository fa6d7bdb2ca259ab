"""`ContainerImagePackage`, as programs see it: what it is made of and where it lies; the rest all content has."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from computenest.kernel.fields import About, Given, Resource
from computenest.kernel.values import Model
from computenest.resources._packages.content_declaration import MADE_OF, Content, InRegistry
from computenest.resources._packages.content_model import WHERE_IT_LIES, ContentPackage, Kind, RegistryReference

__all__ = ["CONTENT", "RESOURCE"]


class OciLayout(Model):
    """A folder in the OCI image layout."""

    kind: Annotated[Literal["layout"], About("Tells the kind of source: `layout`.")] = "layout"
    path: Annotated[str, WHERE_IT_LIES, Field(min_length=1)]
    image: Annotated[str | None, About("Which image, by name or digest, where the layout holds several.")] = None


class DockerArchive(Model):
    """What `docker save` and its like wrote, or an OCI layout as a tar; not compressed as a whole."""

    kind: Annotated[Literal["archive"], About("Tells the kind of source: `archive`.")] = "archive"
    path: Annotated[str, WHERE_IT_LIES, Field(min_length=1)]
    image: Annotated[str | None, About("Which image (`web:1.0`, or its digest), where the archive holds several.")] = (
        None
    )


class ContainerImage(InRegistry):
    source: Annotated[Annotated[OciLayout | DockerArchive | RegistryReference, Field(discriminator="kind")], MADE_OF]
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


RESOURCE = Resource(
    "ContainerImagePackage",
    """A container image, pushed with a temporary key to Compute Nest's registry.

Content-addressed: an unchanged image pushes nothing and shows no diff. A tag that was moved, or a layer that was
deleted, is shown by a refresh and repaired by the next update.""",
    (ContentPackage, ContainerImage),
    versioned=frozenset({"description", "platforms", "repository", "source", "tag", "versionName"}),
)
CONTENT = Content(Kind.IMAGE, RESOURCE)
