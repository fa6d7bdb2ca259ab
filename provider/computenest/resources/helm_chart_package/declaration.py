"""`HelmChartPackage`, as programs see it: what it is made of and where it lies; the rest all content has."""

from __future__ import annotations

from typing import Annotated, ClassVar, Generic, Literal

from pydantic import BeforeValidator, Field

from computenest.cloud.registry.oci import REPOSITORY, TAG
from computenest.kernel.fields import About, Computed, Resource
from computenest.kernel.lifecycle import Models
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, U, Unknown
from computenest.kernel.values import given
from computenest.resources._packages.content_declaration import MADE_OF, Content
from computenest.resources._packages.content_model import (
    ContentSource,
    Described,
    Kind,
    LocalPath,
    RegistryReference,
)
from computenest.resources._packages.content_package import (
    ContentArguments,
    ContentPackage,
    RegistryPackage,
    RegistryState,
)


class ChartDirectory(ContentSource):
    """A chart's folder."""

    kind: Annotated[Literal["directory"], About("Tells the kind of source: `directory`.")] = "directory"
    path: LocalPath


class ChartArchive(ContentSource):
    """A chart that was packaged already, `.tgz`; it is pushed as it is."""

    kind: Annotated[Literal["archive"], About("Tells the kind of source: `archive`.")] = "archive"
    path: LocalPath


Source = Annotated[
    ChartDirectory | ChartArchive | RegistryReference, Field(discriminator="kind"), BeforeValidator(given)
]


class Package(RegistryPackage[U], Generic[U]):
    """A chart as it is wanted."""

    kind: ClassVar[Kind] = Kind.CHART
    source: Source | U | None = None
    repository: Annotated[str | U, Computed("The chart's name.", is_compared=True)] = ""
    tag: Annotated[str | U, Computed("The chart's version, with `_` for `+`.", is_compared=True)] = ""

    def finished(self: Package[Unknown], described: Described | None, failures: list[Failure]) -> Package[Unknown]:
        if described is None:
            return self.made(self, repository=UNKNOWN, tag=UNKNOWN)
        if not (REPOSITORY.fullmatch(described.name) and TAG.fullmatch(described.version)):
            why = f"{described.name}:{described.version} cannot be a repository and tag in a registry"
            failures.append(Failure("source", why))
        return self.made(self, repository=described.name, tag=described.version)


class State(Package[U], RegistryState[U], Generic[U]):
    """With what the provider finds out."""


class Arguments(ContentArguments):
    """What a program gives."""

    source: Annotated[Source | Unknown, MADE_OF]

    def wanted(self, olds: ContentPackage[Known] | None, name: Maybe[str], failures: list[Failure]) -> Package[Unknown]:
        del olds
        self.refuse_regions(failures)
        return Package[Unknown].made(self, name=name)


RESOURCE = Resource(
    "HelmChartPackage",
    """A Helm chart, checked, packaged and pushed with a temporary key to Compute Nest's registry.

Equal content gives the same package, byte for byte. Repository and tag are the chart's name and version.""",
    (ContentPackage, Arguments, State),
    versioned=frozenset({"description", "source", "versionName"}),
)
MODELS = Models(Arguments, Package[Unknown], Package[Known], State[Known], State[Unknown])
CONTENT = Content(Kind.CHART, RESOURCE, MODELS, State[Known], State[Unknown])
