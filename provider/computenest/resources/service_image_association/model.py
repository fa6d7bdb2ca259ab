"""What an association is: markers of a template, and for each the package (or plain map) that stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from computenest.kernel.fields import About
from computenest.resources._packages.model import Model

__all__ = ["Partner", "TemplateFacts"]


class TemplateFacts(Model):
    """What the state keeps of a template: never its text."""

    digest: Annotated[str, About("A digest of the template's bytes.")]
    format: Annotated[str, About("The template's format.")]
    size_bytes: Annotated[int, About("The template's size, in bytes.")]


class Partner(Model):
    """What the state keeps of the package behind a marker.

    Enough to tell what a change of it will do; another identity means other images.
    """

    kind: Annotated[
        Literal["package", "map"],
        About("`package` for a resource of this provider, `map` for a plain map of images."),
    ]
    owner_id: Annotated[str | None, About("The package's identity.")] = None
    generation: Annotated[int | None, About("The package's generation.")] = None
    origin: Annotated[Any, About("What each region gets.")] = None
    edition: Annotated[Any, About("A digest of what the package's version is made of.")] = None
    artifact_id: Annotated[Any, About("The package's id.")] = None
    version: Annotated[Any, About("The package's version.")] = None
    reissued: Annotated[Any, About("Whether the cloud once gave a region that stayed another image id.")] = None


Substitutions = Mapping[str, Mapping[str, str]]
