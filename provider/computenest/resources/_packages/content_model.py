"""What a container image, chart or file package is: what it is made of, where it is put, and what is found there.

A package of these types is content-addressed: its `content` is the digest of the manifest (images, charts) or of the
bytes (files), known in a preview already, because it is read from the source before anything is sent. Where the source
lies on this machine is no part of the package.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from computenest.kernel import identity
from computenest.kernel.arguments import Count, Seconds
from computenest.kernel.fields import About, Computed, Given
from computenest.kernel.names import AccountName, OwnerId, RegionId
from computenest.kernel.values import Model
from computenest.resources._packages.model import ARTIFACT_NAME, Content, DraftSpec

__all__ = [
    "AUTOMATIC",
    "PUBLIC",
    "WHERE_IT_LIES",
    "ContentPackage",
    "Described",
    "Kind",
    "Placed",
    "RegistryReference",
    "Seen",
]

AUTOMATIC, PUBLIC = "Automatic", "Public"
Permission = Literal["Automatic", "Public"]


class Kind(StrEnum):
    """The artifact's type in the API (facts §1.1)."""

    IMAGE = "AcrImage"
    CHART = "HelmChart"
    FILE = "File"


WHERE_IT_LIES = About(
    "Where it lies, seen from the program's folder. No part of the package: only content makes a difference."
)


class RegistryReference(Model):
    """An image or chart in another registry."""

    kind: Annotated[Literal["reference"], About("Tells the kind of source: `reference`.")] = "reference"
    reference: Annotated[
        str,
        About("`registry.example.com/team/web:1.0`, with `@sha256:…`, or with both: the digest decides."),
        Field(min_length=1),
    ]


@dataclass(frozen=True, slots=True)
class Described:
    """What a source holds, read without sending anything.

    Args:
        digest: of the manifest, or of the file's bytes.
        size_bytes: of everything that would be sent.
        name: a chart's.
        version: a chart's, as a tag.
        checksum: a file's CRC-64 (ECMA-182), as object storage counts it, in decimal.
        notes: what a preview has to say about it.
    """

    digest: str
    size_bytes: int
    name: str = ""
    version: str = ""
    checksum: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """Where content was put: outputs of the state, and the place itself (`repository:tag`, an object's key)."""

    place: str
    outputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is found at a place.

    Args:
        digest: of what is there now, "" for nothing.
        missing: parts that it lacks: digests of blobs.
        regions: of a file, what each region's copy is: "" for nothing; only regions that could be looked at.
        permission: who may use it, "" where it cannot be told.
    """

    digest: str
    missing: tuple[str, ...] = ()
    regions: Mapping[RegionId, str] = field(default_factory=dict)


class ContentPackage(Model):
    """One wanted package: checked inputs, as a value, with the properties of the place that its content was put to.

    `where` is repository and tag, or the file's name: what makes two versions with one content differ. `properties` are
    `ArtifactProperty`, {} before the content was put anywhere. `regions` () leaves them to the cloud. `repairs` counts
    how often a file's copies had to be made again, which takes a new version each time.
    """

    kind: Kind
    owner_id: Annotated[
        OwnerId,
        Given(
            "The resource's identity, minted when it is first named and kept for ever.",
            is_optional=True,
            is_always_shown=True,
            is_compared=False,
        ),
    ]
    generation: Annotated[int, Computed("1, and one more for each replacement.", is_internal=True), Field(ge=1)] = 1
    # Not updatable in the API: Name, ArtifactType, ResourceGroupId (facts §1.9); Public never becomes Automatic again.
    name: Annotated[
        str,
        Given(
            "The package's name in Compute Nest, by default the resource's. Changing it replaces the package.",
            replaces=True,
            is_optional=True,
            is_always_shown=True,
        ),
    ]
    artifact_name: Annotated[str, ARTIFACT_NAME]
    content: Annotated[
        str, Computed("The digest of what the package is made of, known in a preview already.", is_compared=True)
    ]
    where: str
    properties: Mapping[str, str] = Field(default_factory=dict)
    regions: tuple[RegionId, ...] = ()
    description: Annotated[str, Given("Shown in the console. Another description makes a new version.")] = ""
    version_name: Annotated[
        str | None, Given("The version's name; by default derived from what the version is made of.")
    ] = None
    tags: Annotated[Mapping[str, str], Given("Tags of the package.")] = Field(default_factory=dict)
    resource_group_id: Annotated[str | None, Given("Changing it replaces the package.", replaces=True)] = None
    release: Annotated[bool, Given("Publish the version, or keep it a draft.")] = True
    retain_versions: Annotated[
        Count, Given("How many superseded versions to keep beside the live one."), Field(ge=0, le=100)
    ] = 1
    retain_content: Annotated[
        bool, Given("Leave tags, repository or uploaded file in place when the package is deleted.")
    ] = False
    timeout_s: Annotated[
        Seconds, Given("The longest that one operation may take, in seconds, sending the content apart.")
    ] = 7200
    permission: Annotated[
        Permission,
        Given(
            "`Automatic`: follows the services that use the package. `Public`: everybody, for ever; going back "
            "replaces the package."
        ),
    ] = "Automatic"
    account: Annotated[
        AccountName, Given("A key of `computenest:accounts`, for a package of another account.", replaces=True)
    ] = AccountName("")
    repairs: int = Field(default=0, ge=0)

    @property
    def has_images(self) -> bool:
        """Nothing has to appear region by region."""
        return False

    @property
    def edition(self) -> str:
        """A digest of what a version is made of; another edition means another version."""
        spec = {
            "kind": self.kind,
            "content": self.content,
            "where": self.where,
            "regions": sorted(self.regions),
            "versionName": self.version_name,
            "description": self.description,
            **({"repairs": self.repairs} if self.repairs else {}),
        }
        return identity.digest(json.dumps(spec, sort_keys=True), length=12)

    def draft(self) -> DraftSpec:
        """The draft that makes this package's version."""
        return DraftSpec(
            source=Content(properties=self.properties),
            regions=self.regions,
            version_name=self._version_name(),
            description=self.description,
        )

    def _version_name(self) -> str:
        if self.version_name is None:
            return f"e-{self.edition}"
        return f"{self.version_name}-r{self.repairs}" if self.repairs else self.version_name
