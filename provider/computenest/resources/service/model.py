"""What a service is: names by locale, templates, the artifacts behind their markers, and who may deploy it.

`Service` is desired (it comes from checked inputs), `State` is recorded; what is observed stands in `seen.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Generic, Literal

from pydantic import BeforeValidator, Field

from computenest.kernel import identity
from computenest.kernel.arguments import Seconds, count
from computenest.kernel.fields import About, Computed, Given
from computenest.kernel.names import AccountName, OwnerId, RegionId, VersionId
from computenest.kernel.unknown import UNKNOWN, Known, U, has_unknown
from computenest.kernel.values import Json, Model, Values, as_written
from computenest.resources.service.operating import OperatedService

DRAFT = VersionId("draft")
BETA = VersionId("beta")

SHARE_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "public": "Public",
        "private": "Restricted",
        "formalRestricted": "OnlyFormalRestricted",
        "trialRestricted": "OnlyTrailRestricted",
        "hidden": "Hidden",
    }
)
"""`visibility` -> ShareType. Source: facts §1.6."""

PERMISSIONS = (
    "Accessible",
    "Deployable",
    "AccessibleIncludeBeta",
    "DeployableIncludeBeta",
    "Authorized",
    "Unauthorized",
)
"""What a shared account may do. Source: facts §1.6, UpdateSharedAccountPermission."""

EXPECTED_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "ArtifactRelation": "EcsImage",
        "FileArtifactRelation": "File",
        "AcrImageArtifactRelation": "AcrImage",
        "HelmChartArtifactRelation": "HelmChart",
    }
)
"""Key of SupplierDeployMetadata -> type of the artifacts it names. Source: facts §2.1."""

_PLACEHOLDERS = {
    "file": "FileArtifactRelation",
    "publicfile": "FileArtifactRelation",
    "acrimage": "AcrImageArtifactRelation",
    "helmchart": "HelmChartArtifactRelation",
}


def relation_kind(marker: str) -> str:
    """The relation that a marker belongs to, by its form: a placeholder's kind, or an image's literal (facts §2.2)."""
    inner = marker.strip().removeprefix("{{").strip()
    if marker.strip().startswith("{{") and inner.startswith("computenest::"):
        return _PLACEHOLDERS.get(inner.split("::")[1], "ArtifactRelation")
    return "ArtifactRelation"


def templates_key(service_type: str) -> tuple[str, ...]:
    """Where in DeployMetadata the templates stand: a managed service is deployed by its supplier (facts §2.1)."""
    if service_type == "managed":
        return ("SupplierDeployMetadata", "SupplierTemplateConfigs")
    return ("TemplateConfigs",)


Publishing = Literal["draft", "beta", "online"]
"""How far a version is to be taken. `online` needs a human's review, which is never waited for."""


class Software(Model, Generic[U]):
    """A piece of software that a service contains."""

    name: Annotated[str | U, About("Its name.")]
    version: Annotated[str | U, About("Its version.")]


class Agreement(Model, Generic[U]):
    """A text that customers agree to."""

    name: Annotated[str | U, About("Its title.")]
    url: Annotated[str | U, About("Its address.")]


class ServiceInfo(Model, Generic[U]):
    """How a service presents itself in one language."""

    name: Annotated[Annotated[str, Field(min_length=1)] | U, About("Shown to customers.")]
    short_description: Annotated[str | U | None, About("One paragraph.")] = None
    image: Annotated[str | U | None, About("Address of the icon.")] = None
    long_description_url: Annotated[str | U | None, About("Address of a longer text.")] = None
    agreements: Annotated[tuple[Agreement[U] | U, ...] | U, About("What customers agree to.")] = ()
    softwares: Annotated[tuple[Software[U] | U, ...] | U, About("What software it contains.")] = ()

    def api(self: ServiceInfo[Known], locale: str) -> dict[str, Json]:
        """One entry of `ServiceInfo` (facts §1.6)."""
        return {
            "Locale": locale,
            **as_written(self.wire()),
            "Agreements": [as_written(one.wire()) for one in self.agreements],
            "Softwares": [as_written(one.wire()) for one in self.softwares],
        }


class ServiceTemplate(Values, Generic[U]):
    """What the state keeps of a template: never its text.

    The digest is what makes two templates one.
    """

    digest: Annotated[str | U, About("Of the text.")]
    format: Annotated[str | U, About("What kind of template it is.")] = ""
    size_bytes: Annotated[int | U, About("Of the text.")] = 0
    regions: Annotated[
        tuple[RegionId, ...] | U, About("Where it may be deployed; everywhere where none is named.")
    ] = ()
    options: Annotated[
        Mapping[str, Json], About("Further keys of its entry in TemplateConfigs, in the API's own words.")
    ] = Field(default_factory=dict)

    @property
    def file_suffix(self) -> str:
        return {"ros-json": "json", "json": "json", "terraform": "tf", "hcl": "tf"}.get(str(self.format), "yaml")


class RelationTarget(Values, Generic[U]):
    """The artifact version behind a marker.

    The cloud is told the first two; the others are how a preview knows whether they will change.
    """

    artifact_id: Annotated[str | U, About("The artifact.")]
    version: Annotated[str | U, About("Its version; empty for the cloud's own choice.")]
    owner_id: Annotated[str | U | None, About("The package resource that it is, where it is one.")] = None
    generation: Annotated[int | U | None, About("How often that resource was replaced.")] = None
    edition: Annotated[str | U | None, About("A digest of what the version is made of.")] = None

    def api(self: RelationTarget[Known]) -> dict[str, str]:
        return {"ArtifactId": self.artifact_id, "ArtifactVersion": self.version}


class UploadedTemplate(Values):
    """Where a template's text was put."""

    digest: Annotated[str, About("Of the text.")]
    url: Annotated[str, About("Its address.")]


class Dropped(Values):
    """What a published version still holds, and the program names no more."""

    relations: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()
    metadata: Mapping[str, Json] = Field(default_factory=dict)
    fields: tuple[str, ...] = ()


def _account(value: object) -> str:
    return str(int(value)) if isinstance(value, float) else str(value)


def _shared(value: object) -> object:
    """Account -> permission; a list of accounts may deploy."""
    if not isinstance(value, list | tuple):
        return value
    return UNKNOWN if has_unknown(value) else dict.fromkeys(map(_account, value), "Deployable")


class AnyService(OperatedService[U], Generic[U]):
    """What a service is told by its program as it is wanted.

    Here `metadata` are keys of DeployMetadata that this resource sets, every other one being left as it is;
    `share_accounts` None leaves the list alone; `timeout_s` counts seconds of the cloud's clock. `visibility`: public:
    everybody may deploy it; private: the shared accounts; formalRestricted, trialRestricted: the shared accounts, for
    formal or for trial use only; hidden: as private, and not listed.
    """

    owner_id: Annotated[
        OwnerId,
        Given(
            "The resource's identity, kept for ever; minted where it is not given.",
            is_optional=True,
            is_always_shown=True,
            is_compared=False,
        ),
    ] = OwnerId("")
    metadata: Annotated[
        Mapping[str, Json] | U,
        Given(
            "Further keys of DeployMetadata in the API's own words; keys not named here stay as they are.",
            needed="a map is needed",
        ),
    ] = Field(default_factory=dict)
    visibility: Annotated[
        Literal["public", "private", "formalRestricted", "trialRestricted", "hidden"] | U,
        Given("Who may deploy it, and with it who may launch from the images of its packages."),
    ] = "private"
    share_accounts: Annotated[
        Mapping[str, str | U] | U | None,
        BeforeValidator(_shared),
        Given(
            "Account -> permission. Given, the whitelist is exactly this; otherwise it is left alone.",
            needed="a list of account numbers, or a map from account to permission",
        ),
    ] = None
    publishing: Annotated[
        Publishing | U, Given("How far a version is taken: `online` needs a review by people, which no run waits for.")
    ] = "draft"
    deploy_type: Annotated[
        Literal["ros", "terraform", "ack", "spi", "operation", "container", "pkg"] | U, Given("How it is deployed.")
    ] = "ros"
    service_type: Annotated[
        Literal["private", "managed", "operation", "poc"] | U,
        Given("`private`: runs in the customer's account; `managed`: in the supplier's."),
    ] = "private"
    approval_type: Annotated[
        Literal["Manual", "AutoPass"] | U | None, Given("Whether customers have to apply: `AutoPass` or `Manual`.")
    ] = None
    version_name: Annotated[str | U | None, Given("The version's name; by default the cloud's own.")] = None
    tags: Annotated[Mapping[str, str | U] | U, Given("Tags of the service.")] = Field(default_factory=dict)
    # Only CreateService takes a resource group; another account is another service (facts §1.6).
    resource_group_id: Annotated[str | U | None, Given("Can only be set when the service is made.", replaces=True)] = (
        None
    )
    retain_versions: Annotated[
        Annotated[int, Field(ge=0, le=100), BeforeValidator(count)] | U,
        Given("How many superseded published versions to keep; one that an instance runs always stays."),
    ] = 1
    timeout_s: Annotated[Seconds | U, Given("The longest that one operation may take, in seconds.")] = 3600
    account: Annotated[
        AccountName | U, Given("A key of `computenest:accounts`, for a service of another account.", replaces=True)
    ] = AccountName("")


class Service(AnyService[U], Generic[U]):
    """One service as it is wanted: checked inputs."""

    generation: Annotated[int, Computed("How often the service was replaced.", is_internal=True), Field(ge=1)] = 1
    infos: Mapping[str, ServiceInfo[U] | U] | U = Field(default_factory=dict)
    templates: Mapping[str, ServiceTemplate[U] | U] | U = Field(default_factory=dict)
    relations: Mapping[str, RelationTarget[U] | U] | U = Field(default_factory=dict)
    due: Annotated[
        Mapping[str, str] | None,
        Computed("Superseded versions that this run deletes.", is_always_shown=False, is_internal=True),
    ] = None
    edition: Annotated[str | U, Computed("A digest of what the wanted version is made of.")] = ""
    permissions: Annotated[
        Mapping[str, str] | U,
        Computed("Marker -> who may launch from the images behind it, as this service decides it.", is_compared=True),
    ] = Field(default_factory=dict)
    review: Annotated[
        str | U | None,
        Computed("How the review of the draft stood when the run began.", is_always_shown=False, is_internal=True),
    ] = None

    @property
    def name(self: Service[Known]) -> str:
        """The first locale's name: for messages."""
        return self.infos[min(self.infos)].name

    @property
    def wanted_edition(self: Service[Known]) -> str:
        """A digest of what a version is made of; another edition means another version."""
        spec = json.dumps(
            {
                "infos": {locale: info.wire() for locale, info in sorted(self.infos.items())},
                "templates": {
                    name: {"digest": t.digest, "regions": sorted(t.regions), "options": t.options}
                    for name, t in sorted(self.templates.items())
                },
                "relations": {marker: target.api() for marker, target in sorted(self.relations.items())},
                "metadata": self.metadata,
                "deployType": self.deploy_type,
                "serviceType": self.service_type,
                "versionName": self.version_name,
                **self.operating,
            },
            sort_keys=True,
            default=str,
        )
        return identity.digest(spec, length=12)

    @property
    def share_type(self: Service[Known]) -> str:
        """`ShareType` of the API."""
        return SHARE_TYPES[self.visibility]

    @property
    def templates_key(self: Service[Known]) -> tuple[str, ...]:
        """Where in DeployMetadata the templates stand."""
        return templates_key(self.service_type)


class State(Service[U], Generic[U]):
    """With what the provider finds out about a service."""

    dropped: Annotated[
        Dropped | U,
        Computed(
            "What the program names no more and a published version still holds.",
            is_internal=True,
            shown=Mapping[str, Json],
        ),
    ] = Dropped()
    incarnation: Annotated[
        int | U | None,
        Computed("How often a create has taken the service over; 0 while nobody has seen it.", is_internal=True),
    ] = None
    reasons: Annotated[Mapping[str, str] | U, Computed("Why the service is incomplete, or was rejected.")] = Field(
        default_factory=dict
    )
    registration_id: Annotated[str | U, Computed("The submission that is under review.", is_internal=True)] = ""
    service_id: Annotated[str | U, Computed("The service's id.")] = ""
    service_version: Annotated[VersionId | U, Computed("The version that an instance is to be made of.")] = VersionId(
        ""
    )
    stage: Annotated[
        str | U, Computed("How far the wanted version has come: draft, beta, submitted, rejected or online.")
    ] = ""
    status: Annotated[str | U, Computed("Draft, Beta, Submitted, Rejected, Online or Incomplete.")] = ""
    submitted: Annotated[str | U, Computed("The edition that is, or was last, under review.", is_internal=True)] = ""
    template_urls: Annotated[
        Mapping[str, UploadedTemplate] | U,
        Computed("Name -> where the template's text was put.", is_internal=True),
    ] = Field(default_factory=dict)
    versions: Annotated[Mapping[str, str] | U, Computed("Every version and its status.")] = Field(default_factory=dict)
