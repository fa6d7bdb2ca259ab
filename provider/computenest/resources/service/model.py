"""What a service is: names by locale, templates, the artifacts behind their markers, and who may deploy it.

`Service` is desired (it comes from checked inputs); `Version`, `Content` and `Registration` are observed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field

from computenest.kernel import identity
from computenest.kernel.arguments import Count, Seconds
from computenest.kernel.fields import About, Computed, Given
from computenest.kernel.names import AccountName, OwnerId, RegionId, VersionId
from computenest.kernel.values import Model
from computenest.resources.service.operating import OperatedService

__all__ = [
    "BETA",
    "DRAFT",
    "EXPECTED_KINDS",
    "PERMISSIONS",
    "SHARE_TYPES",
    "Agreement",
    "Content",
    "Publishing",
    "Registration",
    "RelationTarget",
    "Service",
    "ServiceInfo",
    "ServiceTemplate",
    "Software",
    "Version",
    "relation_kind",
    "templates_key",
]

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


class Software(Model):
    """A piece of software that a service contains."""

    name: Annotated[str, About("Its name.")]
    version: Annotated[str, About("Its version.")]


class Agreement(Model):
    """A text that customers agree to."""

    name: Annotated[str, About("Its title.")]
    url: Annotated[str, About("Its address.")]


class ServiceInfo(Model):
    """How a service presents itself in one language."""

    name: Annotated[str, About("Shown to customers."), Field(min_length=1)]
    short_description: Annotated[str | None, About("One paragraph.")] = None
    image: Annotated[str | None, About("Address of the icon.")] = None
    long_description_url: Annotated[str | None, About("Address of a longer text.")] = None
    agreements: Annotated[tuple[Agreement, ...], About("What customers agree to.")] = ()
    softwares: Annotated[tuple[Software, ...], About("What software it contains.")] = ()

    def api(self, locale: str) -> dict[str, Any]:
        """One entry of `ServiceInfo` (facts §1.6)."""
        return {
            "Locale": locale,
            "Name": self.name,
            "ShortDescription": self.short_description,
            "Image": self.image,
            "LongDescriptionUrl": self.long_description_url,
            "Agreements": [{"Name": a.name, "Url": a.url} for a in self.agreements],
            "Softwares": [{"Name": s.name, "Version": s.version} for s in self.softwares],
        }


class ServiceTemplate(Model):
    """What the state keeps of a template: never its text.

    The digest is what makes two templates one.
    """

    digest: Annotated[str, About("Of the text.")]
    format: Annotated[str, About("What kind of template it is.")] = ""
    size_bytes: Annotated[int, About("Of the text.")] = 0
    regions: Annotated[tuple[RegionId, ...], About("Where it may be deployed; everywhere where none is named.")] = ()
    options: Annotated[
        Mapping[str, Any], About("Further keys of its entry in TemplateConfigs, in the API's own words.")
    ] = Field(default_factory=dict)

    @property
    def file_suffix(self) -> str:
        return {"ros-json": "json", "json": "json", "terraform": "tf", "hcl": "tf"}.get(self.format, "yaml")


class RelationTarget(Model):
    """The artifact version behind a marker.

    The cloud is told the first two; the others are how a preview knows whether they will change.
    """

    artifact_id: Annotated[str, About("The artifact.")]
    version: Annotated[str, About("Its version; empty for the cloud's own choice.")]
    owner_id: Annotated[str | None, About("The package resource that it is, where it is one.")] = None
    generation: Annotated[int | None, About("How often that resource was replaced.")] = None
    edition: Annotated[str | None, About("A digest of what the version is made of.")] = None

    def api(self) -> dict[str, str]:
        return {"ArtifactId": self.artifact_id, "ArtifactVersion": self.version}


class TemplateDeclaration(Model):
    """A template and where it may be deployed."""

    text: Annotated[str | None, About("The template: ROS YAML or JSON, or Terraform.")] = None
    file_name: Annotated[str | None, About("What messages call it; its ending helps to tell the format.")] = None
    digest: Annotated[str | None, About("In place of the text: that of a template that is in place already.")] = None
    regions: Annotated[
        tuple[RegionId, ...] | None, About("Where it may be deployed; everywhere where none is named.")
    ] = None
    options: Annotated[
        Mapping[str, Any] | None, About("Further keys of its entry in TemplateConfigs, in the API's own words.")
    ] = None


class PackageRelation(Model):
    """The artifact version behind a marker: a package's outputs, or an artifact's id and version."""

    artifact_id: Annotated[str, About("The artifact.")]
    version: Annotated[str | None, About("Its version; empty for the cloud's own choice.")] = None
    owner_id: Annotated[str | None, About("The package resource that it is, where it is one.")] = None
    generation: Annotated[int | None, About("How often that resource was replaced.")] = None
    edition: Annotated[str | None, About("A digest of what the version is made of.")] = None
    name: Annotated[str | None, About("The package's name, for messages.")] = None
    distribution: Annotated[
        Mapping[str, str] | None, About("Regions of the package; a template may not be deployed elsewhere.")
    ] = None
    reasons: Annotated[
        Mapping[str, str] | None,
        About("Why the package is incomplete; a service does not move to an incomplete one."),
    ] = None


class Service(OperatedService):
    """One wanted service: checked inputs, as a value.

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
    ]
    generation: Annotated[int, Computed("How often the service was replaced.", is_internal=True), Field(ge=1)] = 1
    infos: Annotated[
        Mapping[str, ServiceInfo],
        Given("Locale (`en-US`, `zh-CN`) -> name and description.", is_always_shown=True),
    ]
    templates: Annotated[
        Mapping[str, ServiceTemplate],
        Given("Name -> template.", asked=Mapping[str, TemplateDeclaration], is_always_shown=True),
    ] = Field(default_factory=dict)
    relations: Annotated[
        Mapping[str, RelationTarget],
        Given(
            "Marker, byte for byte as in a template -> the artifact version behind it.",
            asked=Mapping[str, PackageRelation],
            is_always_shown=True,
        ),
    ] = Field(default_factory=dict)
    metadata: Annotated[
        Mapping[str, Any],
        Given("Further keys of DeployMetadata in the API's own words; keys not named here stay as they are."),
    ] = Field(default_factory=dict)
    visibility: Annotated[
        Literal["public", "private", "formalRestricted", "trialRestricted", "hidden"],
        Given("Who may deploy it, and with it who may launch from the images of its packages."),
    ] = "private"
    share_accounts: Annotated[
        Mapping[str, str] | None,
        Given("Account -> permission. Given, the whitelist is exactly this; otherwise it is left alone."),
    ] = None
    publishing: Annotated[
        Publishing, Given("How far a version is taken: `online` needs a review by people, which no run waits for.")
    ] = "draft"
    deploy_type: Annotated[
        Literal["ros", "terraform", "ack", "spi", "operation", "container", "pkg"], Given("How it is deployed.")
    ] = "ros"
    service_type: Annotated[
        Literal["private", "managed", "operation", "poc"],
        Given("`private`: runs in the customer's account; `managed`: in the supplier's."),
    ] = "private"
    approval_type: Annotated[
        Literal["Manual", "AutoPass"] | None, Given("Whether customers have to apply: `AutoPass` or `Manual`.")
    ] = None
    version_name: Annotated[str | None, Given("The version's name; by default the cloud's own.")] = None
    tags: Annotated[Mapping[str, str], Given("Tags of the service.")] = Field(default_factory=dict)
    # Only CreateService takes a resource group; another account is another service (facts §1.6).
    resource_group_id: Annotated[str | None, Given("Can only be set when the service is made.", replaces=True)] = None
    retain_versions: Annotated[
        Count,
        Given("How many superseded published versions to keep; one that an instance runs always stays."),
        Field(ge=0, le=100),
    ] = 1
    timeout_s: Annotated[Seconds, Given("The longest that one operation may take, in seconds.")] = 3600
    account: Annotated[
        AccountName, Given("A key of `computenest:accounts`, for a service of another account.", replaces=True)
    ] = AccountName("")

    @property
    def display_name(self) -> str:
        """The first locale's name: for messages."""
        return self.infos[min(self.infos)].name

    @property
    def edition(self) -> str:
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
    def share_type(self) -> str:
        """`ShareType` of the API."""
        return SHARE_TYPES[self.visibility]

    @property
    def templates_key(self) -> tuple[str, ...]:
        """Where in DeployMetadata the templates stand."""
        return templates_key(self.service_type)


class Version(Model):
    """One line of ListServices with all versions: no content."""

    version: VersionId
    status: str
    version_name: str = ""
    share_type: str = ""
    modified: str = ""

    @property
    def number(self) -> int:
        """The version's number, 0 for draft and beta."""
        return int(self.version) if self.version.isdigit() else 0


class Content(Model):
    """GetService: one version in full."""

    service_id: str
    version: VersionId
    status: str
    status_detail: str = ""
    version_name: str = ""
    deploy_type: str = ""
    service_type: str = ""
    share_type: str = ""
    approval_type: str = ""
    infos: Mapping[str, ServiceInfo] = Field(default_factory=dict)
    metadata: Mapping[str, Any] = Field(default_factory=dict)
    fields: Mapping[str, Any] = Field(default_factory=dict)
    tags: Mapping[str, str] = Field(default_factory=dict)
    registration_id: str = ""
    resource_group_id: str = ""


class Findings(Model):
    """What reviewers found beside their comment.

    Args:
        reports: what their reports say, as it comes: its form is documented nowhere.
        differences: where the differences of the template can be seen.
    """

    is_at_risk: bool = False
    reports: str = ""
    differences: str = ""


class Registration(Model):
    """One submission to the reviewers."""

    registration_id: str
    version: str = ""
    status: str
    comment: str = ""
    submitted: str = ""
    findings: Findings = Findings()

    @property
    def said(self) -> str:
        """What the reviewers say, in one sentence."""
        found, said = self.findings, [" ".join(self.comment.split()) or "no comment"]
        said += ["they see a risk in it"] if found.is_at_risk else []
        said += [f"their reports say: {found.reports}"] if found.reports else []
        said += [f"the differences of its template: {found.differences}"] if found.differences else []
        return "; ".join(said)
