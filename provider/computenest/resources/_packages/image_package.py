"""A package of ECS images: what a program gives, what is wanted, and what the state has of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Generic

from pydantic import BeforeValidator, Field

from computenest.kernel import identity
from computenest.kernel.arguments import Listed
from computenest.kernel.fields import Computed, Given
from computenest.kernel.names import ImageId, RegionId, VersionId
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, U, Unknown
from computenest.kernel.values import Json, given, given_whole
from computenest.resources._packages.direct_model import DirectSpec
from computenest.resources._packages.model import AnyArguments, AnyState, DraftSpec, Source, Wanted


class Arguments(AnyArguments):
    """What a program gives."""

    source: Annotated[
        Annotated[Source, BeforeValidator(given)] | Unknown,
        Given(
            "Where the image comes from. A built image instead of another kind replaces the package.",
            is_always_shown=True,
            needed="a source is needed: one of CustomImage, MarketplaceImage or BuiltImage",
        ),
    ]
    listed: Annotated[
        Listed,
        Field(alias="regions"),
        Given(
            "Where customers may deploy; order and repetition do not matter. `[all]` is every region where the source "
            "may go.",
            is_needed=True,
            is_shown=False,
            is_compared=False,
            needed="a list of regions is needed, as in [cn-hangzhou, cn-beijing]",
        ),
    ] = None
    release: Annotated[Maybe[bool], Given("Publish, and so distribute, the version; or keep it a draft.")] = True
    direct: Annotated[
        Maybe[DirectSpec] | None,
        BeforeValidator(given_whole),
        Given("Set where the provider itself copies, without Compute Nest."),
    ] = None
    distribution: Maybe[Mapping[RegionId, Maybe[str]]] | None = None
    """Of the inputs of an import, which are checked again."""


class Package(Wanted[U], Generic[U]):
    """One package as it is wanted: checked inputs. `timeout_s` counts seconds of the cloud's clock."""

    source: Source | U
    release: Annotated[bool | U, Given("Publish, and so distribute, the version; or keep it a draft.")] = True
    direct: DirectSpec | U | None = None
    distribution: Annotated[
        Mapping[RegionId, str | U] | U,
        Computed("Region -> what it gets, known in a preview already: `copy of m-bp1…`.", is_compared=True),
    ] = Field(default_factory=dict)

    @property
    def regions(self: Package[Known]) -> tuple[RegionId, ...]:
        """Where it is wanted, sorted."""
        return tuple(sorted(self.distribution))

    @property
    def has_images(self) -> bool:
        return True

    @property
    def wanted_edition(self: Package[Known]) -> str:
        """A digest of what a version is made of; another edition means another version."""
        spec = json.dumps(
            {
                "property": self.source.artifact_property(),
                "build": self.source.build_property(),
                "regions": sorted(self.regions),
                "versionName": self.version_name,
                "description": self.description,
            },
            sort_keys=True,
        )
        return identity.digest(spec, length=12)

    def draft(self: Package[Known]) -> DraftSpec:
        """The draft that makes this package's version."""
        return DraftSpec(
            source=self.source,
            regions=self.regions,
            version_name=self.version_name or f"e-{self.wanted_edition}",
            description=self.description,
        )


class State(Package[U], AnyState[U], Generic[U]):
    """With what the provider finds out."""

    images: Annotated[Mapping[RegionId, ImageId | U] | U, Computed("Region -> image id.")] = Field(default_factory=dict)
    reasons: Annotated[
        Mapping[str, str] | U, Computed("Region -> why it has no image; empty when nothing is missing.")
    ] = Field(default_factory=dict)
    reissued: Annotated[
        bool | U | None,
        Computed("Whether the cloud once gave a region that stayed another image id.", is_internal=True),
    ] = None
    statuses: Annotated[Mapping[RegionId, str] | U, Computed("Region -> Available, or what it is waiting for.")] = (
        Field(default_factory=dict)
    )
    strays: Mapping[ImageId, RegionId] | U | None = None
    """Of direct distribution: images of ours that nothing wants; the next update removes them."""
    version: Annotated[VersionId | U, Computed("The version whose images these are: `draft`, `1`, `2`, …")] = VersionId(
        ""
    )
    visible: Annotated[
        tuple[RegionId, ...] | U, Computed("Regions whose copy this account has seen.", is_internal=True)
    ] = ()

    def deployed_in(self: State[Unknown], region: str) -> Json:
        """Its id there."""
        return UNKNOWN if self.images is UNKNOWN else self.images.get(RegionId(region))

    @property
    def visible_in(self: State[Known]) -> frozenset[RegionId]:
        return frozenset(self.visible)
