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
from typing import Any, Literal

from pydantic import Field

from computenest.domain import identity
from computenest.domain.arguments import Seconds
from computenest.domain.distribution.model import Content, DraftSpec, Model
from computenest.domain.names import AccountName, OwnerId, RegionId

__all__ = [
    "AUTOMATIC",
    "PUBLIC",
    "SOURCES",
    "ChartArchive",
    "ChartDirectory",
    "ContentPackage",
    "Described",
    "DockerArchive",
    "Kind",
    "LocalFile",
    "OciLayout",
    "Placed",
    "RegistryReference",
    "Seen",
    "TextFile",
]

AUTOMATIC, PUBLIC = "Automatic", "Public"
Permission = Literal["Automatic", "Public"]


class Kind(StrEnum):
    """The artifact's type in the API (facts §1.1)."""

    IMAGE = "AcrImage"
    CHART = "HelmChart"
    FILE = "File"

    @property
    def type_name(self) -> str:
        """The resource's."""
        return {"AcrImage": "ContainerImagePackage", "HelmChart": "HelmChartPackage", "File": "FilePackage"}[self]


class OciLayout(Model):
    """A folder in the OCI image layout, `image` being a name or digest where it holds several."""

    kind: Literal["layout"] = "layout"
    path: str = Field(min_length=1)
    image: str | None = None


class DockerArchive(Model):
    """What `docker save` and its like wrote, or an OCI layout as a tar; not compressed as a whole."""

    kind: Literal["archive"] = "archive"
    path: str = Field(min_length=1)
    image: str | None = None


class RegistryReference(Model):
    """An image or chart in another registry: `registry.example.com/team/web:1.0`, or with `@sha256:…`."""

    kind: Literal["reference"] = "reference"
    reference: str = Field(min_length=1)


class ChartDirectory(Model):
    """A chart's folder, which is packaged as it is."""

    kind: Literal["directory"] = "directory"
    path: str = Field(min_length=1)


class ChartArchive(Model):
    """A packaged chart, `.tgz`."""

    kind: Literal["archive"] = "archive"
    path: str = Field(min_length=1)


class LocalFile(Model):
    """A file of this machine."""

    kind: Literal["file"] = "file"
    path: str = Field(min_length=1)


class TextFile(Model):
    """A file whose content the program holds; the state keeps its digest only."""

    kind: Literal["text"] = "text"
    text: str | None = None
    """None once it has been checked."""


SOURCES: Mapping[Kind, Mapping[str, type[Model]]] = {
    Kind.IMAGE: {"layout": OciLayout, "archive": DockerArchive, "reference": RegistryReference},
    Kind.CHART: {"directory": ChartDirectory, "archive": ChartArchive, "reference": RegistryReference},
    Kind.FILE: {"file": LocalFile, "text": TextFile},
}


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

    Args:
        kind: the artifact's type.
        content: digest of what it is made of.
        where: repository and tag, or the file's name: what makes two versions with one content differ.
        properties: `ArtifactProperty`, {} before the content was put anywhere.
        regions: of a file, wanted regions; () leaves it to the cloud.
        retain_content: whether a destroy leaves what was put somewhere.
        permission: `Automatic` follows the services that use the package, `Public` is for ever.
        repairs: how often a file's copies had to be made again, which takes a new version each time.
    """

    kind: Kind
    owner_id: OwnerId
    generation: int = Field(default=1, ge=1)
    name: str
    artifact_name: str
    content: str
    where: str
    properties: Mapping[str, str] = Field(default_factory=dict)
    regions: tuple[RegionId, ...] = ()
    description: str = ""
    version_name: str | None = None
    tags: Mapping[str, str] = Field(default_factory=dict)
    resource_group_id: str | None = None
    release: bool = True
    retain_versions: int = Field(default=1, ge=0, le=100)
    retain_content: bool = False
    timeout_s: Seconds = 7200
    permission: Permission = "Automatic"
    account: AccountName = AccountName("")
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
