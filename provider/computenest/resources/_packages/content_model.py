"""What container images, charts and files are made of, where that is put, and what is found there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from computenest.kernel.fields import About
from computenest.kernel.names import RegionId
from computenest.kernel.unknown import Maybe
from computenest.kernel.values import Json
from computenest.resources._packages.model import AnySource, ArtifactVersion

AUTOMATIC, PUBLIC = "Automatic", "Public"
Permission = Literal["Automatic", "Public"]


class Kind(StrEnum):
    """The artifact's type in the API (facts §1.1)."""

    IMAGE = "AcrImage"
    CHART = "HelmChart"
    FILE = "File"


LocalPath = Annotated[
    Maybe[Annotated[str, Field(min_length=1)]],
    About("Where it lies, seen from the program's folder. No part of the package: only content makes a difference."),
]


class ContentSource(AnySource):
    """Where content is to be had."""


class RegistryReference(ContentSource):
    """An image or chart in another registry."""

    kind: Annotated[Literal["reference"], About("Tells the kind of source: `reference`.")] = "reference"
    reference: Annotated[
        Maybe[Annotated[str, Field(min_length=1)]],
        About("`registry.example.com/team/web:1.0`, with `@sha256:…`, or with both: the digest decides."),
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
        platforms: what an image is for, `linux/amd64`; () where nothing says that.
    """

    digest: str
    size_bytes: int
    name: str = ""
    version: str = ""
    checksum: str = ""
    notes: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()


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


def place_in(kind: Kind, properties: Mapping[str, Json]) -> str:
    """The place that an artifact's properties name: `repository:tag`, or a file's address; "" for none."""
    if kind is Kind.FILE:
        return str(properties.get("Url") or "").partition("?")[0]  # a signature may be attached (facts §1.2)
    name, tag = properties.get("RepoName"), properties.get("Tag")
    return f"{name}:{tag}" if name and tag else ""


def places_in(kind: Kind, versions: Iterable[ArtifactVersion]) -> frozenset[str]:
    """The places that versions name."""
    named = (place_in(kind, version.source_property) for version in versions)
    return frozenset(place for place in named if place)
