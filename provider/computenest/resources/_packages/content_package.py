"""A package of container images, charts or files: what a program gives, what is wanted, and what the state has of it.

A package of these types is content-addressed: its `content` is the digest of the manifest (images, charts) or of the
bytes (files), known in a preview already, because it is read from the source before anything is sent. Where the source
lies on this machine is no part of the package. Each type adds its own in its folder.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, ClassVar, Generic, Self

from computenest.kernel import identity
from computenest.kernel.arguments import Seconds
from computenest.kernel.fields import Computed, Given
from computenest.kernel.names import RegionId, VersionId
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, U, Unknown
from computenest.kernel.values import Json
from computenest.resources._packages.content_model import ContentSource, Described, Kind, Permission, Seen, place_in
from computenest.resources._packages.model import AnyArguments, AnyPackage, AnyState, Content, DraftSpec, Wanted


class AnyContent(AnyPackage[U], Generic[U]):
    """What packages of all three types are told besides."""

    timeout_s: Annotated[
        Seconds | U, Given("The longest that one operation may take, in seconds, sending the content apart.")
    ] = 7200
    retain_content: Annotated[
        bool | U, Given("Leave tags, repository or uploaded file in place when the package is deleted.")
    ] = False
    permission: Annotated[
        Permission | U,
        Given(
            "`Automatic`: follows the services that use the package. `Public`: everybody, for ever; going back "
            "replaces the package."
        ),
    ] = "Automatic"


class ContentPackage(AnyContent[U], Wanted[U], Generic[U]):
    """One package as it is wanted: checked inputs."""

    kind: ClassVar[Kind]
    address: ClassVar[tuple[str, ...]] = ("repository", "tag")
    """Fields that what stands in templates for it is made of."""
    source: ContentSource | U | None = None
    content: Annotated[
        str | U, Computed("The digest of what the package is made of, known in a preview already.", is_compared=True)
    ] = ""

    @property
    def is_content(self) -> bool:
        return "content" in self.model_fields_set

    def deployed_in(self: ContentPackage[Unknown], region: str) -> Json:
        """A reference to one registry, the same in every region."""
        del region
        if not self.is_content:
            return None
        return {"content": self.content, "account": self.account, **{name: self.held(name) for name in self.address}}

    @property
    @abstractmethod
    def where(self: ContentPackage[Known]) -> str:
        """Repository and tag, or the file's name: what makes two versions with one content differ."""

    @property
    def properties(self: ContentPackage[Known]) -> dict[str, str]:
        """`ArtifactProperty` (facts §1.2); {} before the content was put anywhere."""
        return {}

    @property
    def times_repaired(self: ContentPackage[Known]) -> int:
        """How often a file's copies had to be made again, which takes a new version each time."""
        return 0

    @property
    def readable(self: ContentPackage[Unknown]) -> dict[str, str] | None:
        """What is read, as stores take it; None where that is not known."""
        source = self.source
        if source is None or source is UNKNOWN or source.has_unknown:
            return None
        return {key: str(value) for key, value in source.wire().items()}

    @abstractmethod
    def finished(
        self: ContentPackage[Unknown], described: Described | None, failures: list[Failure]
    ) -> ContentPackage[Unknown]:
        """With what the source holds, and what follows from it; UNKNOWN where it could not be read yet."""

    @abstractmethod
    def moved(self, content: str, place: str) -> Self:
        """The same package of another content, at another place."""

    @property
    def has_images(self) -> bool:
        """Nothing has to appear region by region."""
        return False

    @property
    def wanted_edition(self: ContentPackage[Known]) -> str:
        spec = {
            "kind": self.kind,
            "content": self.content,
            "where": self.where,
            "regions": sorted(self.regions),
            "versionName": self.version_name,
            "description": self.description,
            **({"repairs": self.times_repaired} if self.times_repaired else {}),
        }
        return identity.digest(json.dumps(spec, sort_keys=True), length=12)

    def draft(self: ContentPackage[Known]) -> DraftSpec:
        named, repairs = self.version_name, self.times_repaired
        again = f"-r{repairs}" if repairs else ""
        return DraftSpec(
            source=Content(properties=self.properties),
            regions=self.regions,
            version_name=f"e-{self.wanted_edition}" if named is None else f"{named}{again}",
            description=self.description,
        )


class ContentArguments(AnyContent[Unknown], AnyArguments):
    """What a program gives."""

    source: Maybe[ContentSource]

    def refuse_regions(self, failures: list[Failure]) -> None:
        """What lies in the registry is not asked for by region."""
        if self.listed is not None:
            failures.append(Failure("regions", "images and charts lie in one registry for all regions; take it out"))

    @abstractmethod
    def wanted(
        self, olds: ContentPackage[Known] | None, name: Maybe[str], failures: list[Failure]
    ) -> ContentPackage[Unknown]:
        """What is wanted, but for its content and what follows from it; `source` is still whole."""


class ContentState(ContentPackage[U], AnyState[U], Generic[U]):
    """With what the provider finds out."""

    fingerprints: Annotated[
        Mapping[str, str] | U | None,
        Computed(
            "Place -> the digest of what this package put there; nothing else is overwritten or taken away.",
            is_always_shown=False,  # missing in states of earlier releases
            is_internal=True,
        ),
    ] = None
    key_expiry: Annotated[
        str | U, Computed("When the temporary key of the last push expires: epoch milliseconds of the cloud.")
    ] = ""
    places: Annotated[
        tuple[str, ...] | U,
        Computed("Everything that this package has put somewhere and not taken away yet.", is_internal=True),
    ] = ()
    repairs: int | U = 0
    size_bytes: Annotated[int | U, Computed("The size of the content, in bytes.")] = 0
    version: Annotated[VersionId | U, Computed("The version that holds this content: `draft`, `1`, `2`, …")] = (
        VersionId("")
    )

    @property
    def times_repaired(self: ContentState[Known]) -> int:
        return self.repairs

    @property
    def place(self: ContentState[Known]) -> str:
        """Where the content lies: `repository:tag`, or a file's address; "" before it was put anywhere."""
        return place_in(self.kind, self.properties)

    @property
    def content_there(self: ContentState[Known]) -> str:
        """The digest of what was last known to lie there."""
        return self.content

    @property
    def has_lost_copies(self: ContentState[Known]) -> bool:
        """Whether a refresh found a region's copy of a file gone or replaced."""
        return False

    @abstractmethod
    def drifted(self: ContentState[Known], seen: Seen) -> ContentState[Known]:
        """With what was found at the place, beside the content itself."""


class RegistryPackage(ContentPackage[U], Generic[U]):
    """What lies in the registry, for all regions at once."""

    repository: str | U = ""
    tag: str | U = ""

    @property
    def where(self: RegistryPackage[Known]) -> str:
        return f"{self.repository}:{self.tag}"

    @property
    def regions(self) -> tuple[RegionId, ...]:
        return ()

    def moved(self, content: str, place: str) -> Self:
        repository, _, tag = place.rpartition(":")
        return self.made(self, content=content, repository=repository, tag=tag)


class RegistryState(RegistryPackage[U], ContentState[U], Generic[U]):
    """With what the provider finds out about what lies in the registry."""

    digest: Annotated[str | U, Computed("The digest of the manifest in the registry.")] = ""
    reference: Annotated[str | U, Computed("`registry/namespace/repository:tag`.")] = ""
    registry: Annotated[str | U, Computed("The registry's host.")] = ""
    repository_id: Annotated[str | U, Computed("The repository's id.", is_internal=True)] = ""
    repository_type: Annotated[str | U, Computed("Public or Private.", is_internal=True)] = ""

    @property
    def properties(self: RegistryState[Known]) -> dict[str, str]:
        if not self.repository_id:
            return {}
        return {
            "RepoId": self.repository_id,
            "RepoName": self.repository,
            "Tag": self.tag,
            "RepoType": self.repository_type or "Private",
        }

    @property
    def content_there(self: RegistryState[Known]) -> str:
        return self.digest or self.content

    def drifted(self: RegistryState[Known], seen: Seen) -> ContentState[Known]:
        return self if seen.digest == self.content and not seen.missing else self.made(self, digest=seen.digest)
