"""`HelmChartPackage`, as programs see it: what it is made of and where it lies; the rest all content has."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from computenest.kernel.fields import About, Computed, Resource
from computenest.kernel.values import Model
from computenest.resources._packages.content_declaration import MADE_OF, Content, InRegistry
from computenest.resources._packages.content_model import WHERE_IT_LIES, ContentPackage, Kind, RegistryReference

__all__ = ["CONTENT", "RESOURCE"]


class ChartDirectory(Model):
    """A chart's folder."""

    kind: Annotated[Literal["directory"], About("Tells the kind of source: `directory`.")] = "directory"
    path: Annotated[str, WHERE_IT_LIES, Field(min_length=1)]


class ChartArchive(Model):
    """A chart that was packaged already, `.tgz`; it is pushed as it is."""

    kind: Annotated[Literal["archive"], About("Tells the kind of source: `archive`.")] = "archive"
    path: Annotated[str, WHERE_IT_LIES, Field(min_length=1)]


class HelmChart(InRegistry):
    source: Annotated[
        Annotated[ChartDirectory | ChartArchive | RegistryReference, Field(discriminator="kind")], MADE_OF
    ]
    repository: Annotated[str, Computed("The chart's name.", is_compared=True)]
    tag: Annotated[str, Computed("The chart's version, with `_` for `+`.", is_compared=True)]


RESOURCE = Resource(
    "HelmChartPackage",
    """A Helm chart, checked, packaged and pushed with a temporary key to Compute Nest's registry.

Equal content gives the same package, byte for byte. Repository and tag are the chart's name and version.""",
    (ContentPackage, HelmChart),
    versioned=frozenset({"description", "source", "versionName"}),
)
CONTENT = Content(Kind.CHART, RESOURCE)
