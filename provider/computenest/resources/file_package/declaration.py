"""`FilePackage`, as programs see it: what it is made of and where it lies; the rest all content has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Generic, Literal, Self

from pydantic import BeforeValidator, Field

from computenest.kernel.arguments import Listed, quoted
from computenest.kernel.fields import About, Computed, Given, Resource
from computenest.kernel.lifecycle import Models
from computenest.kernel.names import RegionId
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, U, Unknown
from computenest.kernel.values import Json, given
from computenest.resources._packages.any_check import distribution_of
from computenest.resources._packages.content_declaration import MADE_OF, Content
from computenest.resources._packages.content_model import (
    PUBLIC,
    ContentSource,
    Described,
    Kind,
    LocalPath,
    Permission,
    Seen,
)
from computenest.resources._packages.content_package import ContentArguments, ContentPackage, ContentState

_NO_PERMISSION = (
    "a file cannot be made public by a permission: Compute Nest has one for container images and charts only. A file "
    "is public while a public service uses it; take `permission` out"
)
_FILE_NAME = re.compile(r"[^/\\\x00-\x1f]{1,200}")


class LocalFile(ContentSource):
    """A file of this machine."""

    kind: Annotated[Literal["file"], About("Tells the kind of source: `file`.")] = "file"
    path: LocalPath


class TextFile(ContentSource):
    """A file whose content the program holds; the state keeps its digest only."""

    kind: Annotated[Literal["text"], About("Tells the kind of source: `text`.")] = "text"
    text: Annotated[Maybe[str] | None, About("The content.")] = None
    """None once it has been checked."""


Source = Annotated[LocalFile | TextFile, Field(discriminator="kind"), BeforeValidator(given)]
Allowed = Given("`Automatic`, the only one that files have: a file is public while a public service uses it.")


class Arguments(ContentArguments):
    """What a program gives."""

    source: Annotated[Source | Unknown, MADE_OF]
    permission: Annotated[Maybe[Permission], Allowed] = "Automatic"
    file_name: Annotated[
        Maybe[str] | None, Given("The name that it is downloaded as, by default the path's last part.")
    ] = None
    listed: Annotated[
        Listed,
        Field(alias="regions"),
        Given(
            "Where customers may deploy, or `[all]`; whether the cloud counts them for files is unverified.",
            is_shown=False,
            is_compared=False,
            needed="a list of regions is needed, as in [cn-hangzhou, cn-beijing]",
        ),
    ] = None

    def wanted(self, olds: ContentPackage[Known] | None, name: Maybe[str], failures: list[Failure]) -> Package[Unknown]:
        if self.permission == PUBLIC:
            failures.append(Failure("permission", _NO_PERMISSION))
        if isinstance(self.source, TextFile) and self.source.text is None:
            failures.append(Failure("source.text", "a text is needed"))
        before = olds.distribution if isinstance(olds, Package) else None
        regions = distribution_of(self.listed, before, UNKNOWN, failures, is_needed=False)
        return Package[Unknown].made(self, name=name, file_name=self._file_name(failures), distribution=regions)

    def _file_name(self, failures: list[Failure]) -> Maybe[str]:
        source, name = self.source, self.file_name
        if name is None:
            if isinstance(source, TextFile):
                failures.append(Failure("fileName", "a text needs a file name"))
            path = source.path if isinstance(source, LocalFile) else UNKNOWN
            name = UNKNOWN if path is UNKNOWN else re.split(r"[/\\]", path)[-1]
        if name is not UNKNOWN and (name in (".", "..") or not _FILE_NAME.fullmatch(name)):
            failures.append(Failure("fileName", f"{quoted(name)} cannot be a file's name: one name, without slashes"))
        return name


class Package(ContentPackage[U], Generic[U]):
    """A file as it is wanted."""

    kind: ClassVar[Kind] = Kind.FILE
    source: Source | U | None = None
    permission: Annotated[Permission | U, Allowed] = "Automatic"
    file_name: str | U = ""
    distribution: Annotated[
        Mapping[RegionId, str | U] | U,
        Computed("Region -> the digest of what it gets, known in a preview already.", is_compared=True),
    ] = Field(default_factory=dict)

    def deployed_in(self: Package[Unknown], region: str) -> Json:
        """The region's own copy, under a name made of whose it is and what it holds (facts §1.5)."""
        if not self.is_content:
            return None
        named = {"fileName": self.held("file_name"), "ownerId": self.held("owner_id")}
        facts: dict[str, Json] = {"content": self.content, "account": self.account, **named}
        facts["generation"] = self.held("generation")
        if not self.distribution:  # the cloud's own choice of regions
            return facts
        return facts | {"isThere": UNKNOWN if self.distribution is UNKNOWN else region in self.distribution}

    @property
    def where(self: Package[Known]) -> str:
        return self.file_name

    @property
    def regions(self: Package[Known]) -> tuple[RegionId, ...]:
        return tuple(sorted(self.distribution))

    def moved(self, content: str, place: str) -> Self:
        del place
        return self.made(self, content=content)

    def finished(self: Package[Unknown], described: Described | None, failures: list[Failure]) -> Package[Unknown]:
        del described, failures
        # Like a template's, the text never enters the state.
        source = TextFile() if isinstance(self.source, TextFile) else self.source
        there = self.distribution
        return self.made(
            self,
            source=source,
            distribution=UNKNOWN if there is UNKNOWN else dict.fromkeys(there, self.content),
        )


class State(Package[U], ContentState[U], Generic[U]):
    """With what the provider finds out."""

    addresses: Annotated[
        Mapping[RegionId, str] | U,
        Computed("Region -> the internal address of its copy there: derived and unverified, no API tells it."),
    ] = Field(default_factory=dict)
    checksum: Annotated[str | U, Computed("CRC-64 (ECMA-182) of the file, in decimal.")] = ""
    repairs: Annotated[int | U, Computed("How often the regions' copies had to be made again.", is_internal=True)] = 0
    seen_in: Annotated[
        tuple[RegionId, ...] | U,
        Computed(
            "Regions whose copy was seen where it is derived to lie; only these can be told to have drifted.",
            is_internal=True,
        ),
    ] = ()
    url: Annotated[str | U, Computed("Where it was uploaded to; private.")] = ""

    @property
    def properties(self: State[Known]) -> dict[str, str]:
        return {"Url": self.url} if self.url else {}

    @property
    def has_lost_copies(self: State[Known]) -> bool:
        return any(held != self.content for held in self.distribution.values())

    def drifted(self: State[Known], seen: Seen) -> State[Known]:
        """Where the copies lie is derived: one that was never seen may well be somewhere else."""
        known_there = {region: seen.regions[region] for region in self.seen_in if region in seen.regions}
        drifted = {region: digest or "nothing" for region, digest in known_there.items() if digest != self.content}
        return self.made(self, distribution={r: drifted.get(r, value) for r, value in self.distribution.items()})


RESOURCE = Resource(
    "FilePackage",
    """A file, uploaded with temporary credentials and copied by Compute Nest to every region's bucket.

Large files go in parts; what arrived before an interruption is not sent again, and checksums are compared.""",
    (ContentPackage, Arguments, State),
    versioned=frozenset({"description", "fileName", "regions", "source", "versionName"}),
)
MODELS = Models(Arguments, Package[Unknown], Package[Known], State[Known], State[Unknown])
CONTENT = Content(Kind.FILE, RESOURCE, MODELS, State[Known], State[Unknown])
