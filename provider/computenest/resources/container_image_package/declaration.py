"""`ContainerImagePackage`, as programs see it: what it is made of and where it lies; the rest all content has."""

from __future__ import annotations

from typing import Annotated, ClassVar, Generic, Literal

from pydantic import BeforeValidator, Field

from computenest.cloud.registry.oci import REPOSITORY, TAG
from computenest.cloud.registry.platforms import parse_platform
from computenest.kernel.arguments import quoted
from computenest.kernel.fields import About, Given, Resource
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
from computenest.resources._packages.keys import derived_tag


class OciLayout(ContentSource):
    """A folder in the OCI image layout."""

    kind: Annotated[Literal["layout"], About("Tells the kind of source: `layout`.")] = "layout"
    path: LocalPath
    image: Annotated[Maybe[str] | None, About("Which image, by name or digest, where the layout holds several.")] = None


class DockerArchive(ContentSource):
    """What `docker save` and its like wrote, or an OCI layout as a tar; not compressed as a whole."""

    kind: Annotated[Literal["archive"], About("Tells the kind of source: `archive`.")] = "archive"
    path: LocalPath
    image: Annotated[
        Maybe[str] | None, About("Which image (`web:1.0`, or its digest), where the archive holds several.")
    ] = None


Source = Annotated[OciLayout | DockerArchive | RegistryReference, Field(discriminator="kind"), BeforeValidator(given)]


class Package(RegistryPackage[U], Generic[U]):
    """A container image as it is wanted."""

    kind: ClassVar[Kind] = Kind.IMAGE
    source: Source | U | None = None
    platforms: tuple[str | U, ...] | U | None = None

    @property
    def readable(self: Package[Unknown]) -> dict[str, str] | None:
        """With which platforms of it, as a list with commas."""
        source, platforms = super().readable, self.platforms
        if source is None or platforms is UNKNOWN:
            return None
        known = [one for one in platforms or () if one is not UNKNOWN]
        if len(known) < len(platforms or ()):
            return None
        return {**source, "platforms": ",".join(known)} if known else source

    def finished(self: Package[Unknown], described: Described | None, failures: list[Failure]) -> Package[Unknown]:
        del failures
        if "tag" in self.model_fields_set:
            return self
        return self.made(self, tag=UNKNOWN if described is None else derived_tag(described.digest))


class State(Package[U], RegistryState[U], Generic[U]):
    """With what the provider finds out."""


class Arguments(ContentArguments):
    """What a program gives."""

    source: Annotated[Source | Unknown, MADE_OF]
    platforms: Annotated[
        Maybe[tuple[Maybe[str], ...]] | None,
        Given(
            "Which platforms (`linux/amd64`) of an image of several, by default all that are there. One is pushed by "
            "itself, several with an index of their own.",
            is_compared=False,  # the content is another then
            needed="a list of platforms is needed, as in [linux/amd64, linux/arm64]",
        ),
    ] = None
    repository: Annotated[
        Maybe[str] | None,
        Given("The repository below the supplier's namespace, by default the package's name.", is_always_shown=True),
    ] = None
    tag: Annotated[
        Maybe[str] | None,
        Given(
            "The image's tag, by default derived from its digest, so that no tag in use is ever moved.",
            is_always_shown=True,
        ),
    ] = None

    def wanted(self, olds: ContentPackage[Known] | None, name: Maybe[str], failures: list[Failure]) -> Package[Unknown]:
        del olds
        self.refuse_regions(failures)
        repository, tag = name if self.repository is None else self.repository, self.tag
        if repository is not UNKNOWN and not REPOSITORY.fullmatch(repository):
            named = self.repository is not None
            why = "" if named else ", which is the package's name; give it a `repository` of its own"
            rule = "lower-case letters, digits and single . _ - between them"
            failures.append(Failure("repository", f"{quoted(repository)} cannot be a repository ({rule}){why}"))
        if tag is not None and tag is not UNKNOWN and not TAG.fullmatch(tag):
            failures.append(Failure("tag", f"{quoted(tag)} cannot be a tag: at most 128 letters, digits, . _ -"))
        if self.platforms is not UNKNOWN:
            for index, one in enumerate(self.platforms or ()):
                if one is not UNKNOWN and parse_platform(one) is None:
                    why = f"{one!r} is no platform; write it as linux/amd64 or linux/arm/v7"
                    failures.append(Failure(f"platforms[{index}]", why))
        return Package[Unknown].made(self, name=name, repository=repository, platforms=self.platforms or None)


RESOURCE = Resource(
    "ContainerImagePackage",
    """A container image, pushed with a temporary key to Compute Nest's registry.

Content-addressed: an unchanged image pushes nothing and shows no diff. A tag that was moved, or a layer that was
deleted, is shown by a refresh and repaired by the next update.""",
    (ContentPackage, Arguments, State),
    versioned=frozenset({"description", "platforms", "repository", "source", "tag", "versionName"}),
)
MODELS = Models(Arguments, Package[Unknown], Package[Known], State[Known], State[Unknown])
CONTENT = Content(Kind.IMAGE, RESOURCE, MODELS, State[Known], State[Unknown])
