"""What a package is: a source, the regions it is wanted in, and what the cloud says of it.

`Package` is desired (it comes from checked inputs), `ArtifactVersion` and `Artifact` are observed; the two never
share a field name with different meaning. Property names on the wire are camelCase in every transport.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field, model_validator

from computenest.kernel import identity
from computenest.kernel.arguments import Count, Seconds
from computenest.kernel.fields import About, Computed, Given
from computenest.kernel.names import AccountName, ArtifactId, ImageId, OwnerId, RegionId, VersionId
from computenest.kernel.values import Model
from computenest.resources._packages.direct_model import DirectSpec

__all__ = [
    "ARTIFACT_NAME",
    "DRAFT",
    "Artifact",
    "ArtifactSummary",
    "ArtifactVersion",
    "BuiltImage",
    "CodeRepo",
    "Content",
    "CustomImage",
    "DraftSpec",
    "Image",
    "MarketplaceImage",
    "Package",
    "Product",
    "Source",
    "Wanted",
]

DRAFT = VersionId("draft")
ARTIFACT_NAME = Computed(
    "The package's name in Compute Nest, with its generation after a replacement that collides.", is_internal=True
)


class CustomImage(Model):
    """An image of the supplier's own account. Any region may be a target."""

    kind: Annotated[Literal["custom"], About("Tells the kind of source: `custom`.")] = "custom"
    image_id: Annotated[ImageId, About("The image: `m-…`.")]
    region: Annotated[RegionId, About("The region that the image lives in.")]

    @property
    def origin(self) -> str:
        """What a region gets, in a few words: shown in previews, compared by diffs."""
        return f"copy of {self.image_id}"

    def artifact_property(self) -> dict[str, Any]:
        """`ArtifactProperty` of CreateArtifact. Source: supplier SDK 7.3.2 (facts §1.2)."""
        return {"RegionId": self.region, "ImageId": self.image_id}

    def build_property(self) -> dict[str, Any] | None:
        return None


class MarketplaceImage(Model):
    """An image sold on the cloud marketplace. Nothing is copied.

    A target region is legal only where it is sold.
    """

    kind: Annotated[Literal["marketplace"], About("Tells the kind of source: `marketplace`.")] = "marketplace"
    commodity_code: Annotated[
        str, About("The product's code, `cmjj…`, from its address on the marketplace."), Field(min_length=1)
    ]
    commodity_version: Annotated[str, About("The version's name, `V1.0`."), Field(min_length=1)]

    @property
    def origin(self) -> str:
        return f"{self.commodity_code} {self.commodity_version}"

    def artifact_property(self) -> dict[str, Any]:
        return {"CommodityCode": self.commodity_code, "CommodityVersion": self.commodity_version}

    def build_property(self) -> dict[str, Any] | None:
        return None


class CodeRepo(Model):
    """A repository that a build runs in.

    Source: facts §1.3.
    """

    platform: Annotated[Literal["github", "gitee", "gitlab", "codeup"], About("Where the repository lives.")]
    owner: Annotated[str, About("As in the repository's address.")]
    repo_name: Annotated[str, About("As in the repository's address.")]
    branch: Annotated[str, About("The branch to build from.")] = "main"
    endpoint: Annotated[str | None, About("Only for platforms that need it.")] = None
    org_id: Annotated[str | None, About("Only for platforms that need it.")] = None
    repo_id: Annotated[int | None, About("Only for platforms that need it.")] = None


class BuiltImage(Model):
    """An image that Compute Nest builds from another one with a command.

    Most real packages are of this kind.

    1. With a `code_repo` the source image may be left out, as most real build definitions do: the cloud then
       takes one of its own.
    """

    kind: Annotated[Literal["built"], About("Tells the kind of source: `built`.")] = "built"
    region: Annotated[RegionId, About("Where it is built.")]
    source_image: Annotated[
        str, About("An image id, a public image or family (`aliyun_3`), or an OOS parameter's name.")
    ] = ""
    command_type: Annotated[
        Literal["RunShellScript", "RunBatScript", "RunPowerShellScript"], About("The language of `command`.")
    ] = "RunShellScript"
    command: Annotated[str, About("The script that is run on the source image.")] = ""
    system_disk_size_gib: Annotated[
        int | None, About("Size of the system disk during the build, in GiB."), Field(ge=20, le=2048)
    ] = None
    enable_gpu: Annotated[bool | None, About("Whether the build machine has a GPU.")] = None
    code_repo: Annotated[CodeRepo | None, About("A repository whose content the command finds.")] = None

    @model_validator(mode="after")
    def _has_something_to_build(self) -> BuiltImage:
        if not self.source_image and self.code_repo is None:
            raise ValueError("give a sourceImage, a codeRepo, or both")
        return self

    @property
    def origin(self) -> str:
        recipe = identity.digest(json.dumps(self.build_property(), sort_keys=True), length=8)
        repo = f"{self.code_repo.owner}/{self.code_repo.repo_name}" if self.code_repo else ""
        return f"build {recipe} of {self.source_image or repo}"

    def artifact_property(self) -> dict[str, Any]:
        return {"RegionId": self.region}

    def build_property(self) -> dict[str, Any] | None:
        """`ArtifactBuildProperty` of CreateArtifact. Source: supplier SDK 7.3.2 (facts §1.3)."""
        built: dict[str, Any] = {
            "RegionId": self.region,
            "CommandType": self.command_type,
            "CommandContent": self.command,
        }
        if self.source_image:
            built["SourceImageId"] = self.source_image
        if self.system_disk_size_gib is not None:
            built["SystemDiskSize"] = self.system_disk_size_gib
        if self.enable_gpu is not None:
            built["EnableGpu"] = self.enable_gpu
        if self.code_repo is not None:
            repo = self.code_repo.model_dump(exclude_none=True)
            built["CodeRepo"] = {_pascal(key): value for key, value in repo.items()}
        return built


def _pascal(key: str) -> str:
    return "".join(word.capitalize() for word in key.split("_"))


class Content(Model):
    """What a package of another type is made of: the properties of its artifact, as they are (facts §1.2)."""

    kind: Literal["content"] = "content"
    properties: Mapping[str, str]

    def artifact_property(self) -> dict[str, Any]:
        return dict(self.properties)

    def build_property(self) -> dict[str, Any] | None:
        return None


Source = Annotated[CustomImage | MarketplaceImage | BuiltImage, Field(discriminator="kind")]


class DraftSpec(Model):
    """Everything that makes one version differ from another: what a draft is created or updated with."""

    source: Annotated[CustomImage | MarketplaceImage | BuiltImage | Content, Field(discriminator="kind")]
    regions: tuple[RegionId, ...]
    version_name: str
    description: str = ""


class Wanted(Protocol):
    """What a package of any type has to say to be brought about: the part of `Package` that images have no part in."""

    @property
    def owner_id(self) -> OwnerId: ...
    @property
    def generation(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def artifact_name(self) -> str: ...
    @property
    def regions(self) -> tuple[RegionId, ...]: ...
    @property
    def tags(self) -> Mapping[str, str]: ...
    @property
    def resource_group_id(self) -> str | None: ...
    @property
    def release(self) -> bool: ...
    @property
    def retain_versions(self) -> int: ...
    @property
    def timeout_s(self) -> int: ...
    @property
    def has_images(self) -> bool:
        """Whether every wanted region has to get an image id."""
        ...

    @property
    def edition(self) -> str: ...
    def draft(self) -> DraftSpec: ...


class Package(Model):
    """One wanted EcsImage package: checked inputs, as a value.

    Here `regions` are sorted and without duplicates, and `timeout_s` counts seconds of the cloud's clock.
    """

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
    # Not updatable in the API: Name, ArtifactType, ArtifactBuildType, ResourceGroupId (facts §1.9).
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
    source: Annotated[
        Source,
        Given(
            "Where the image comes from. A built image instead of another kind replaces the package.",
            is_always_shown=True,
        ),
    ]
    regions: Annotated[
        tuple[RegionId, ...],
        Given(
            "Where customers may deploy; order and repetition do not matter. `[all]` is every region where the source "
            "may go.",
            is_shown=False,
            is_compared=False,
        ),
    ]
    description: Annotated[str, Given("Shown in the console. Another description makes a new version.")] = ""
    version_name: Annotated[
        str | None, Given("The version's name; by default derived from what the version is made of.")
    ] = None
    tags: Annotated[Mapping[str, str], Given("Tags of the package.")] = Field(default_factory=dict)
    resource_group_id: Annotated[str | None, Given("Changing it replaces the package.", replaces=True)] = None
    release: Annotated[bool, Given("Publish, and so distribute, the version; or keep it a draft.")] = True
    retain_versions: Annotated[
        Count, Given("How many superseded versions to keep beside the live one."), Field(ge=0, le=100)
    ] = 1
    timeout_s: Annotated[Seconds, Given("The longest that one operation may take, in seconds.")] = 7200
    account: Annotated[
        AccountName, Given("A key of `computenest:accounts`, for a package of another account.", replaces=True)
    ] = AccountName("")
    direct: Annotated[DirectSpec | None, Given("Set where the provider itself copies, without Compute Nest.")] = None

    @property
    def has_images(self) -> bool:
        return True

    @property
    def edition(self) -> str:
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

    def draft(self) -> DraftSpec:
        """The draft that makes this package's version."""
        return DraftSpec(
            source=self.source,
            regions=self.regions,
            version_name=self.version_name or f"e-{self.edition}",
            description=self.description,
        )


class ArtifactSummary(Model):
    """One line of ListArtifacts. `status` is the newest version's; there is no progress and no image here."""

    artifact_id: ArtifactId
    name: str
    artifact_type: str
    status: str
    max_version: int = 0
    tags: Mapping[str, str] = Field(default_factory=dict)
    modified: str = ""


class Artifact(ArtifactSummary):
    """GetArtifact: one version's description and status beside the artifact's own data."""

    version: VersionId = DRAFT
    version_name: str = ""
    description: str = ""
    status_detail: str = ""
    resource_group_id: str = ""


class ArtifactVersion(Model):
    """One line of ListArtifactVersions: the only place where image ids are visible (facts §0)."""

    version: VersionId
    status: str
    status_detail: str = ""
    progress_percent: int | None = None
    version_name: str = ""
    source_property: Mapping[str, Any] = Field(default_factory=dict)
    build_property: Mapping[str, Any] = Field(default_factory=dict)
    regions: tuple[RegionId, ...] = ()
    images: Mapping[RegionId, ImageId] = Field(default_factory=dict)
    audit: str = ""

    @property
    def is_draft(self) -> bool:
        return self.version == DRAFT

    @property
    def number(self) -> int:
        """The version's number, 0 for the draft."""
        return int(self.version) if self.version.isdigit() else 0


class Image(Model):
    """An ECS image as DescribeImages shows it, in one region."""

    image_id: ImageId
    name: str = ""
    status: str
    progress_percent: int | None = None
    size_gib: int = 0
    is_encrypted: bool = False
    owner_alias: str = ""
    product_code: str = ""  # of the marketplace product that it is, or was made from
    is_public: bool = False
    tags: Mapping[str, str] = Field(default_factory=dict)


class Product(Model):
    """A marketplace product: for each version, the image id in each region where it is sold."""

    code: str
    versions: Mapping[str, Mapping[RegionId, ImageId]]
