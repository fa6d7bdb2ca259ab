"""`FilePackage`, as programs see it: what it is made of and where it lies; the rest all content has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from computenest.kernel.fields import About, Computed, Given, Resource
from computenest.kernel.names import RegionId
from computenest.kernel.values import Model
from computenest.resources._packages.content_declaration import MADE_OF, Content, Outputs
from computenest.resources._packages.content_model import WHERE_IT_LIES, ContentPackage, Kind, Permission

__all__ = ["CONTENT", "RESOURCE"]


class LocalFile(Model):
    """A file of this machine."""

    kind: Annotated[Literal["file"], About("Tells the kind of source: `file`.")] = "file"
    path: Annotated[str, WHERE_IT_LIES, Field(min_length=1)]


class TextFile(Model):
    """A file whose content the program holds; the state keeps its digest only."""

    kind: Annotated[Literal["text"], About("Tells the kind of source: `text`.")] = "text"
    text: Annotated[str | None, About("The content.")] = None
    """None once it has been checked."""


class File(Outputs):
    source: Annotated[Annotated[LocalFile | TextFile, Field(discriminator="kind")], MADE_OF]
    permission: Annotated[
        Permission,
        Given("`Automatic`, the only one that files have: a file is public while a public service uses it."),
    ] = "Automatic"
    file_name: Annotated[str | None, Given("The name that it is downloaded as, by default the path's last part.")] = (
        None
    )
    regions: Annotated[
        tuple[RegionId, ...] | None,
        Given(
            "Where customers may deploy, or `[all]`; whether the cloud counts them for files is unverified.",
            is_shown=False,
            is_compared=False,
        ),
    ] = None
    addresses: Annotated[
        Mapping[RegionId, str],
        Computed("Region -> the internal address of its copy there: derived and unverified, no API tells it."),
    ]
    checksum: Annotated[str, Computed("CRC-64 (ECMA-182) of the file, in decimal.")]
    distribution: Annotated[
        Mapping[RegionId, str],
        Computed("Region -> the digest of what it gets, known in a preview already.", is_compared=True),
    ] = {}
    repairs: Annotated[int, Computed("How often the regions' copies had to be made again.", is_internal=True)]
    seen_in: Annotated[
        tuple[RegionId, ...],
        Computed(
            "Regions whose copy was seen where it is derived to lie; only these can be told to have drifted.",
            is_internal=True,
        ),
    ]
    url: Annotated[str, Computed("Where it was uploaded to; private.")]


RESOURCE = Resource(
    "FilePackage",
    """A file, uploaded with temporary credentials and copied by Compute Nest to every region's bucket.

Large files go in parts; what arrived before an interruption is not sent again, and checksums are compared.""",
    (ContentPackage, File),
    versioned=frozenset({"description", "fileName", "regions", "source", "versionName"}),
)
CONTENT = Content(Kind.FILE, RESOURCE)
