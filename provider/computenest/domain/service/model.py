"""What a service is: names by locale, templates, the artifacts behind their markers, and who may deploy it.

`Service` is desired (it comes from checked inputs); `Version`, `Content` and `Registration` are observed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import Field

from computenest.domain import identity
from computenest.domain.arguments import Seconds
from computenest.domain.distribution.model import Model
from computenest.domain.names import AccountName, OwnerId, RegionId, VersionId

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
    """One piece of software that a service says it contains."""

    name: str
    version: str


class Agreement(Model):
    """A text that customers agree to."""

    name: str
    url: str


class ServiceInfo(Model):
    """How a service presents itself in one language."""

    name: str = Field(min_length=1)
    short_description: str | None = None
    image: str | None = None
    long_description_url: str | None = None
    agreements: tuple[Agreement, ...] = ()
    softwares: tuple[Software, ...] = ()

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
    """What the state keeps of one template: never its text.

    Args:
        digest, format, size_bytes: of the text; the digest is what makes two templates one.
        regions: where it may be deployed, () for everywhere.
        options: further keys of its entry in TemplateConfigs, in the API's own words.
    """

    digest: str
    format: str = ""
    size_bytes: int = 0
    regions: tuple[RegionId, ...] = ()
    options: Mapping[str, Any] = Field(default_factory=dict)

    @property
    def file_suffix(self) -> str:
        return {"ros-json": "json", "json": "json", "terraform": "tf", "hcl": "tf"}.get(self.format, "yaml")


class RelationTarget(Model):
    """The artifact version behind a marker.

    Args:
        artifact_id, version: what the cloud is told.
        owner_id, generation, edition: whose package it is and what its version is made of: how a preview knows
            whether they will change.
    """

    artifact_id: str
    version: str
    owner_id: str | None = None
    generation: int | None = None
    edition: str | None = None

    def api(self) -> dict[str, str]:
        return {"ArtifactId": self.artifact_id, "ArtifactVersion": self.version}


class Service(Model):
    """One wanted service: checked inputs, as a value.

    Args:
        infos: locale (zh-CN, en-US) -> name and description.
        templates: name -> template.
        relations: marker, byte for byte as in the templates -> artifact version.
        metadata: further keys of DeployMetadata that this resource sets; every other key is left as it is.
        visibility: public: everybody may deploy it; private: the shared accounts; formalRestricted, trialRestricted:
            the shared accounts, for formal or for trial use only; hidden: as private, and not listed.
        share_accounts: account number -> permission; None leaves the list alone.
        publishing: how far a version is taken.
        version_name: free text of the version; None leaves it to the cloud.
        retain_versions: how many superseded published versions to keep beside the live one.
        timeout_s: the longest that one operation may take, in seconds of the cloud's clock.
    """

    owner_id: OwnerId
    generation: int = Field(default=1, ge=1)
    infos: Mapping[str, ServiceInfo]
    templates: Mapping[str, ServiceTemplate] = Field(default_factory=dict)
    relations: Mapping[str, RelationTarget] = Field(default_factory=dict)
    metadata: Mapping[str, Any] = Field(default_factory=dict)
    visibility: Literal["public", "private", "formalRestricted", "trialRestricted", "hidden"] = "private"
    share_accounts: Mapping[str, str] | None = None
    publishing: Publishing = "draft"
    deploy_type: Literal["ros", "terraform", "ack", "spi", "operation", "container", "pkg"] = "ros"
    service_type: Literal["private", "managed", "operation", "poc"] = "private"
    approval_type: Literal["Manual", "AutoPass"] | None = None
    version_name: str | None = None
    tags: Mapping[str, str] = Field(default_factory=dict)
    resource_group_id: str | None = None
    retain_versions: int = Field(default=1, ge=0, le=100)
    timeout_s: Seconds = 3600
    account: AccountName = AccountName("")

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
    tags: Mapping[str, str] = Field(default_factory=dict)
    registration_id: str = ""
    resource_group_id: str = ""


class Registration(Model):
    """One submission to the reviewers."""

    registration_id: str
    version: str = ""
    status: str
    comment: str = ""
    submitted: str = ""
