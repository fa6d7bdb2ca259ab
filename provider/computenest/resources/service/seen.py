"""What the cloud says of a service: its versions, what each holds, and its reviews."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from computenest.kernel.names import VersionId
from computenest.kernel.unknown import Known
from computenest.kernel.values import Json, Model
from computenest.resources.service.model import ServiceInfo


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
    infos: Mapping[str, ServiceInfo[Known]] = Field(default_factory=dict)
    metadata: Mapping[str, Json] = Field(default_factory=dict)
    fields: Mapping[str, Json] = Field(default_factory=dict)
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
