"""What packages of every type are: what they are told, what images are made of, and what the cloud says of them.

`AnyPackage` is desired (it comes from checked inputs), `ArtifactVersion` and `Artifact` are observed; the two never
share a field name with different meaning. Property names on the wire are camelCase in every transport.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Generic, Literal, NamedTuple

from pydantic import BeforeValidator, Field, model_validator

from computenest.kernel import identity
from computenest.kernel.arguments import Listed, Seconds, count
from computenest.kernel.fields import About, Computed, Given, Owner
from computenest.kernel.names import AccountName, ArtifactId, ImageId, OwnerId, RegionId, VersionId
from computenest.kernel.unknown import Known, Maybe, U, Unknown
from computenest.kernel.values import Json, Model, Seen, Values, given_whole

DRAFT = VersionId("draft")
_Text = Annotated[str, Field(min_length=1)]


class AnySource(Model):
    """What a package is made of: each kind of it has a model."""

    kind: str

    def model_post_init(self, _: object) -> None:
        """Which kind it is stands in every state, whether or not it was said."""
        self.model_fields_set.add("kind")

    def build_property(self) -> dict[str, Json] | None:
        """`ArtifactBuildProperty` of CreateArtifact, None for what nobody builds."""
        return None


class Original(NamedTuple):
    """An image that copies are made of."""

    region: RegionId
    image_id: ImageId


class CustomImage(AnySource):
    """An image of the supplier's own account. Any region may be a target."""

    kind: Annotated[Literal["custom"], About("Tells the kind of source: `custom`.")] = "custom"
    image_id: Annotated[Maybe[ImageId], About("The image: `m-…`.")]
    region: Annotated[Maybe[RegionId], About("The region that the image lives in.")]

    @property
    def original(self) -> Original:
        """Where it is and which one, in an operation: nothing is unknown there."""
        return Original(RegionId(str(self.region)), ImageId(str(self.image_id)))

    @property
    def origin(self) -> str:
        """What a region gets, in a few words: shown in previews, compared by diffs."""
        return f"copy of {self.image_id}"

    def artifact_property(self) -> dict[str, Json]:
        """`ArtifactProperty` of CreateArtifact. Source: supplier SDK 7.3.2 (facts §1.2)."""
        return {"RegionId": self.region, "ImageId": self.image_id}


class MarketplaceImage(AnySource):
    """An image sold on the cloud marketplace. Nothing is copied.

    A target region is legal only where it is sold.
    """

    kind: Annotated[Literal["marketplace"], About("Tells the kind of source: `marketplace`.")] = "marketplace"
    commodity_code: Annotated[Maybe[_Text], About("The product's code, `cmjj…`, from its address on the marketplace.")]
    commodity_version: Annotated[Maybe[_Text], About("The version's name, `V1.0`.")]

    @property
    def origin(self) -> str:
        return f"{self.commodity_code} {self.commodity_version}"

    def artifact_property(self) -> dict[str, Json]:
        return {"CommodityCode": self.commodity_code, "CommodityVersion": self.commodity_version}


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


class BuiltImage(AnySource):
    """An image that Compute Nest builds from another one with a command.

    Most real packages are of this kind.

    1. With a `code_repo` the source image may be left out, as most real build definitions do: the cloud then
       takes one of its own.
    """

    kind: Annotated[Literal["built"], About("Tells the kind of source: `built`.")] = "built"
    region: Annotated[Maybe[RegionId], About("Where it is built.")]
    source_image: Annotated[
        Maybe[str], About("An image id, a public image or family (`aliyun_3`), or an OOS parameter's name.")
    ] = ""
    command_type: Annotated[
        Maybe[Literal["RunShellScript", "RunBatScript", "RunPowerShellScript"]], About("The language of `command`.")
    ] = "RunShellScript"
    command: Annotated[Maybe[str], About("The script that is run on the source image.")] = ""
    system_disk_size_gib: Annotated[
        Maybe[Annotated[int, Field(ge=20, le=2048)]] | None, About("Size of the system disk during the build, in GiB.")
    ] = None
    enable_gpu: Annotated[Maybe[bool] | None, About("Whether the build machine has a GPU.")] = None
    code_repo: Annotated[
        Maybe[CodeRepo] | None,
        BeforeValidator(given_whole),
        About("A repository whose content the command finds."),
    ] = None

    @model_validator(mode="after")
    def _has_something_to_build(self) -> BuiltImage:
        if not self.source_image and self.code_repo is None:
            raise ValueError("give a sourceImage, a codeRepo, or both")
        return self

    @property
    def origin(self) -> str:
        recipe = identity.digest(json.dumps(self.build_property(), sort_keys=True), length=8)
        repo = f"{self.code_repo.owner}/{self.code_repo.repo_name}" if isinstance(self.code_repo, CodeRepo) else ""
        return f"build {recipe} of {self.source_image or repo}"

    def artifact_property(self) -> dict[str, Json]:
        return {"RegionId": self.region}

    def build_property(self) -> dict[str, Json] | None:
        """`ArtifactBuildProperty` of CreateArtifact. Source: supplier SDK 7.3.2 (facts §1.3)."""
        built: dict[str, Json] = {
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
        if isinstance(self.code_repo, CodeRepo):
            repo = self.code_repo.model_dump(exclude_none=True)
            built["CodeRepo"] = {_pascal(key): value for key, value in repo.items()}
        return built


def _pascal(key: str) -> str:
    return "".join(word.capitalize() for word in key.split("_"))


class Content(AnySource):
    """What a package of another type is made of: the properties of its artifact, as they are (facts §1.2)."""

    kind: Literal["content"] = "content"
    properties: Mapping[str, str]

    def artifact_property(self) -> dict[str, Json]:
        return dict(self.properties)


Source = Annotated[CustomImage | MarketplaceImage | BuiltImage, Field(discriminator="kind")]


class DraftSpec(Model):
    """Everything that makes one version differ from another: what a draft is created or updated with."""

    source: Annotated[CustomImage | MarketplaceImage | BuiltImage | Content, Field(discriminator="kind")]
    regions: tuple[RegionId, ...]
    version_name: str
    description: str = ""


class AnyPackage(Values, Generic[U]):
    """What packages of every type are told."""

    owner_id: Owner = OwnerId("")
    generation: Annotated[int, Computed("1, and one more for each replacement.", is_internal=True), Field(ge=1)] = 1
    # Not updatable in the API: Name, ArtifactType, ArtifactBuildType, ResourceGroupId (facts §1.9).
    name: Annotated[
        str | U,
        Given(
            "The package's name in Compute Nest, by default the resource's. Changing it replaces the package.",
            replaces=True,
            is_always_shown=True,
        ),
    ] = ""
    artifact_name: Annotated[
        str | U,
        Computed(
            "The package's name in Compute Nest, with its generation after a replacement that collides.",
            is_internal=True,
        ),
    ] = ""
    description: Annotated[str | U, Given("Shown in the console. Another description makes a new version.")] = ""
    version_name: Annotated[
        str | U | None, Given("The version's name; by default derived from what the version is made of.")
    ] = None
    tags: Annotated[
        Mapping[str, str | U] | U, Given("Tags of the package.", needed="a map from tag key to tag value is needed")
    ] = Field(default_factory=dict)
    resource_group_id: Annotated[str | U | None, Given("Changing it replaces the package.", replaces=True)] = None
    release: Annotated[bool | U, Given("Publish the version, or keep it a draft.")] = True
    retain_versions: Annotated[
        Annotated[int, Field(ge=0, le=100), BeforeValidator(count)] | U,
        Given("How many superseded versions to keep beside the live one."),
    ] = 1
    timeout_s: Annotated[Seconds | U, Given("The longest that one operation may take, in seconds.")] = 7200
    account: Annotated[
        AccountName | U, Given("A key of `computenest:accounts`, for a package of another account.", replaces=True)
    ] = AccountName("")
    superseded: Mapping[VersionId, str] | U | None = None
    """Versions that nobody needs any more -> why they go: found by a refresh, and asked for by no program."""

    @property
    def is_content(self) -> bool:
        """Whether a preview knows what it holds before anything is sent."""
        return False

    def deployed_in(self, region: str) -> Json:
        """What stands in a template for it once it is deployed in a region, and what lies there; None where it says
        nothing of that."""
        del region
        return None


class AnyArguments(AnyPackage[Unknown]):
    """What a program gives for a package of any type."""

    logical_name: str = ""
    former_owners: tuple[OwnerId, ...] = ()
    """Who it may have been under the former names of its resource."""
    listed: Annotated[Listed, Field(alias="regions")] = None


class Wanted(AnyPackage[U], Generic[U]):
    """A package of any type as it is wanted, with all that it takes to bring it about."""

    @property
    @abstractmethod
    def regions(self: Wanted[Known]) -> tuple[RegionId, ...]:
        """Where it is wanted, sorted; () leaves that to the cloud."""

    @property
    @abstractmethod
    def has_images(self) -> bool:
        """Whether every wanted region has to get an image id."""

    @property
    @abstractmethod
    def wanted_edition(self: Wanted[Known]) -> str:
        """A digest of what a version is made of; another edition means another version."""

    @abstractmethod
    def draft(self: Wanted[Known]) -> DraftSpec:
        """The draft that makes this package's version."""


class AnyState(Wanted[U], Generic[U]):
    """What a state has of a package of any type: with what the provider finds out."""

    artifact_id: Annotated[ArtifactId | U, Computed("The package's id in Compute Nest.")] = ArtifactId("")
    edition: Annotated[str | U, Computed("A digest of what the wanted version is made of.")] = ""
    incarnation: Annotated[
        int | U,
        Computed("How often a create has taken the artifact over; 0 while nobody has seen it.", is_internal=True),
    ] = 1
    reasons: Annotated[Mapping[str, str] | U, Computed("Why the package is incomplete.")] = Field(default_factory=dict)
    risk: Annotated[
        str | U | None,
        Computed(
            "What the security scan found in the version, which is delivered all the same; absent for nothing.",
            is_always_shown=False,
        ),
    ] = None
    status: Annotated[str | U, Computed("Available, Draft (not to be released) or Incomplete.")] = ""
    version: Annotated[VersionId | U, Computed("The version that this is: `draft`, `1`, `2`, …")] = VersionId("")

    @property
    def visible_in(self: AnyState[Known]) -> frozenset[RegionId]:
        """Regions whose image was seen: gone is what was seen before."""
        return frozenset()

    @property
    def sentences(self: AnyState[Known]) -> tuple[str, ...]:
        """Why it is incomplete, a sentence a region."""
        return tuple(
            f"{self.name}: {region}: {reason}" if region else f"{self.name}: {reason}"
            for region, reason in sorted(self.reasons.items())
        )


class ArtifactSummary(Seen):
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


class ArtifactVersion(Seen):
    """One line of ListArtifactVersions: the only place where image ids are visible (facts §0)."""

    version: VersionId
    status: str
    status_detail: str = ""
    progress_percent: int | None = None
    version_name: str = ""
    source_property: Mapping[str, Json] = Field(default_factory=dict)
    build_property: Mapping[str, Json] = Field(default_factory=dict)
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


class Image(Seen):
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


class Product(Seen):
    """A marketplace product: for each version, the image id in each region where it is sold."""

    code: str
    versions: Mapping[str, Mapping[RegionId, ImageId]]
